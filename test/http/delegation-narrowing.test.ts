// What is handed on narrows: which edge it stands on, every dimension in which it might grant more than that, alone and
// all together, and no way round in a circle.
import { expect } from 'chai';
import { isoInstant } from '../../src/clock.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const EXCEEDS = [403, 'delegation_exceeds_parent_authority'];
const NOT_ACTIVE = [403, 'parent_delegation_not_active'];
const PARENT_SECONDS = 1_000;
const BROAD = 'coordinator.delegate_broad';

describe('what is handed on', () => {
  let world: World;
  let delegators: Delegators;
  let source: string;
  let target: string;
  let parent: string;
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    [source, target] = await delegators.pair();
    parent = await delegators.edge(await delegators.session(), source, {
      scopes: ['read', 'write'],
      resource_id: null,
      ttl_seconds: PARENT_SECONDS,
      constraints: { resources: ['one', 'two'], max_hops: 3, budget: 4 },
    });
  });
  after(() => world.destroy());

  const inMs = (ms: number) => isoInstant(world.clock.now() + ms);

  /** A part of the parent, except for what is said. */
  const part = ({ constraints = {}, ...fields }: { constraints?: object; [name: string]: unknown }) => ({
    resource_id: null,
    scopes: ['read'],
    ttl_seconds: PARENT_SECONDS,
    constraints: { resources: ['one'], max_hops: 2, ...constraints },
    ...fields,
  });

  describe('fits', () => {
    for (const [what, fields] of [
      [
        'in every dimension to the brim',
        { scopes: ['write', 'read'], constraints: { resources: ['two', 'one'], budget: 4 } },
      ],
      ['with no scope', { scopes: [] }],
      ['with less of each', { ttl_seconds: 1, constraints: { max_hops: 1, budget: 1 } }],
      ['with one of the resources as its id', { resource_id: 'two', constraints: { resources: null } }],
      ['with no hops of its own, which is one', { constraints: { max_hops: null } }],
      ['with a scope named more often than the budget', { scopes: Array(5).fill('read') }],
    ] as const) {
      it(what, async () => {
        const { status, body } = await delegators.look(source, target, part(fields));
        expect([status, body['parent_edge_id']]).to.deep.equal([200, parent]);
      });
    }

    it('up to the very end of its parent', async () => {
      const expiresAt = inMs(PARENT_SECONDS * 1_000);
      const { body } = await delegators.look(source, target, part({ expires_at: expiresAt }));
      expect(body['expires_at']).to.equal(expiresAt);
    });
  });

  describe('exceeds its parent', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    for (const [what, fields, exceeds] of [
      ['by one scope among others', { scopes: ['read', 'delete'] }, ['scopes']],
      ['by a scope in other letters', { scopes: ['Read'] }, ['scopes']],
      ['by one resource among others', { constraints: { resources: ['one', 'three'] } }, ['resources']],
      ['by a resource as its id', { resource_id: 'three', constraints: { resources: null } }, ['resources']],
      ['by as many hops as the parent has', { constraints: { max_hops: 3 } }, ['max_hops']],
      ['by as many hops, under the other name', { constraints: { max_hops: null, max_depth: 3 } }, ['max_hops']],
      ['by one more of the budget', { constraints: { budget: 5 } }, ['budget']],
      ['by more scopes than the budget', { scopes: five }, ['scopes', 'budget']],
    ] as const) {
      it(what, async () => {
        const answer = await delegators.delegate(source, target, part(fields));
        expect(refusalOf(answer)).to.deep.equal(EXCEEDS);
        expect(answer.body['details']).to.deep.equal({ exceeds });
      });
    }

    it('by a millisecond', async () => {
      const answer = await delegators.delegate(source, target, part({ expires_at: inMs(PARENT_SECONDS * 1_000 + 1) }));
      expect(answer.body['details']).to.deep.equal({ exceeds: ['expires_at'] });
    });

    it('by a second of its time to live, or by none', async () => {
      for (const seconds of [PARENT_SECONDS + 1, null]) {
        const fields = part({ ttl_seconds: seconds, expires_at: inMs(1_000) });
        const answer = await delegators.delegate(source, target, fields);
        expect(answer.body['details']).to.deep.equal({ exceeds: ['ttl_seconds'] });
      }
    });

    it('by being of no resource', async () => {
      const options = await delegators.as('app-a', BROAD);
      const fields = part({ constraints: { resources: null } });
      const answer = await delegators.delegate(source, target, fields, options);
      expect(answer.body['details']).to.deep.equal({ exceeds: ['resources'] });
    });

    it('in every dimension at once', async () => {
      const constraints = { resources: ['three'], max_hops: 10, budget: 1_024 };
      const fields = part({ scopes: ['delete'], ttl_seconds: 86_400, constraints });
      const answer = await delegators.delegate(source, target, fields);
      expect(refusalOf(answer)).to.deep.equal(EXCEEDS);
      const exceeds = ['scopes', 'expires_at', 'resources', 'max_hops', 'ttl_seconds', 'budget'];
      expect(answer.body['details']).to.deep.equal({ exceeds });
    });

    it('in any way, and leaves nothing behind', async () => {
      const held = await delegators.inbound(target);
      await delegators.delegate(source, target, part({ scopes: ['delete'] }));
      expect(await delegators.inbound(target)).to.deep.equal(held);
    });
  });

  describe('from a parent that says less', () => {
    const under = async (above: object, fields: object, scope = '') => {
      const [first, middle, last] = [...(await delegators.pair()), await delegators.session()];
      const options = await delegators.as('app-a', scope);
      await delegators.edge(first, middle, { constraints: { max_hops: 2 }, ...above }, options);
      return delegators.look(middle, last, { ...fields }, options);
    };

    it('goes no further where the parent says no hops, or one', async () => {
      for (const constraints of [{}, { max_hops: 1 }, { max_depth: 1 }]) {
        const answer = await under({ constraints }, {});
        expect(answer.body['details']).to.deep.equal({ exceeds: ['max_hops'] });
      }
    });

    it('may have any time to live where the parent has none', async () => {
      const above = { ttl_seconds: null, expires_at: inMs(5_000) };
      const ends = { expires_at: inMs(4_000) };
      for (const seconds of [86_400, null]) {
        expect((await under(above, { ttl_seconds: seconds, ...ends })).status).to.equal(200);
      }
    });

    it('has the number of its scopes for a budget where the parent says none', async () => {
      const above = { scopes: ['a', 'b'] };
      const at = async (budget: number) =>
        (await under(above, { scopes: ['a'], constraints: { budget } })).body['details'];
      expect(await at(2)).to.equal(undefined);
      expect(await at(3)).to.deep.equal({ exceeds: ['budget'] });
    });

    it('may be of any resource where the parent is of none', async () => {
      const answer = await under({ resource_id: null }, { resource_id: 'any' }, BROAD);
      expect([answer.status, answer.body['warnings']]).to.deep.equal([200, []]);
    });
  });

  it('goes nine edges further from ten hops, and no tenth', async () => {
    let from = await delegators.session();
    let parents: unknown[] = [];
    for (let hops = 10; hops >= 1; hops -= 1) {
      const next = await delegators.session();
      const { status, body } = await delegators.delegate(from, next, { constraints: { max_hops: hops } });
      expect([status, hops]).to.deep.equal([201, hops]);
      expect(body['effective_authority']).to.deep.include({ max_hops: hops, parent_edges_considered: parents });
      parents = [body['delegation_edge_id']];
      from = next;
    }
    const beyond = await delegators.delegate(from, await delegators.session());
    expect(beyond.body['details']).to.deep.equal({ exceeds: ['max_hops'] });
  });

  describe('stands on a parent', () => {
    const constraints = { max_hops: 2 };

    it('that has to be named where there are several', async () => {
      const [middle, last] = await delegators.pair();
      const edges: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        edges.push(
          await delegators.edge(await delegators.session(), middle, { constraints, ttl_seconds: 60 * (3 - n) }),
        );
      }
      const on = (fields: object = {}) => delegators.look(middle, last, { ttl_seconds: 10, ...fields });
      const ambiguous = [409, 'parent_delegation_ambiguous'];
      expect(refusalOf(await on())).to.deep.equal(ambiguous);
      expect(refusalOf(await on({ parent_edge_id: null }))).to.deep.equal(ambiguous);
      for (const id of edges) {
        expect((await on({ parent_edge_id: id })).body['parent_edge_id']).to.equal(id);
      }
      world.clock.advance(60_000);
      expect(refusalOf(await on({ parent_edge_id: edges[2] }))).to.deep.equal(NOT_ACTIVE);
      expect(refusalOf(await on())).to.deep.equal(ambiguous);
      world.clock.advance(60_000);
      expect((await on()).body['parent_edge_id']).to.equal(edges[0]);
    });

    it('and never on an edge that its source does not hold', async () => {
      const [first, middle, last] = [...(await delegators.pair()), await delegators.session()];
      const held = await delegators.edge(first, middle, { constraints });
      const outward = await delegators.edge(middle, last);
      const of = async (from: string, id: string) =>
        refusalOf(await delegators.delegate(from, await delegators.session(), { parent_edge_id: id }));
      expect(await of(middle, 'nothing')).to.deep.equal(NOT_ACTIVE);
      expect(await of(middle, outward)).to.deep.equal(NOT_ACTIVE);
      expect(await of(middle, parent)).to.deep.equal(NOT_ACTIVE);
      expect(await of(middle, first)).to.deep.equal(NOT_ACTIVE);
      expect(await of(first, held)).to.deep.equal(NOT_ACTIVE);
    });
  });
});
