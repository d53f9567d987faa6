// The authority of a session (own, received, none), what it can delegate, and the authority of its children: every row of
// the rule in `src/authority/session-authority.ts`, through each of the interfaces.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { sdkDoors, zoneDoor, type Door } from './doors.ts';
import { GraphCallers } from './graph-callers.ts';

const NOTHING_TO_HAND_ON = [403, 'parent_delegation_not_active'];
const NOT_ACTIVE = [409, 'inherit_parent_edge_not_active'];
const AMBIGUOUS = [409, 'inherit_parent_edge_ambiguous'];
const TERMS = {
  issuer_application_id: 'app-a',
  receiver_application_id: 'app-a',
  resource_id: 'resource-1',
  scopes: ['read'],
  ttl_seconds: 3_600,
};
const APP = { application_id: 'app-a' };

const interfaces: readonly [string, (world: World) => Door][] = [
  ['the routes of a zone', zoneDoor],
  ['/v1 with exchange', sdkDoors.exchange],
  ['/v1 with delegate-to-existing-agent', sdkDoors.delegateToExistingAgent],
];

for (const [name, doorOf] of interfaces) {
  describe(`the authority of a session through ${name}`, () => {
    let world: World;
    let door: Door;
    let graph: GraphCallers;
    before(async () => {
      world = await World.create();
      door = doorOf(world);
      graph = new GraphCallers(world);
    });
    after(() => world.destroy());

    const idOf = ({ status, body, text }: Answered, field = 'agent_session_id'): string => {
      expect(status, text).to.equal(201);
      return String(body[field]);
    };
    const root = async () => idOf(await door.start(APP));
    const child = async (parent: string, fields: object = {}) => idOf(await door.child(parent, { ...APP, ...fields }));
    const delegate = async (source: string, target: string, fields: object = {}) =>
      idOf(await door.delegate(source, target, { ...TERMS, ...fields }), 'delegation_edge_id');
    const authorityOf = async (id: string): Promise<unknown> => (await graph.callers.session(id))['authority'];
    const handOn = async (source: string, fields: object = {}) =>
      refusalOf(await door.delegate(source, await root(), { ...TERMS, ...fields }));
    /** A session that received one edge for five seconds, which have passed. */
    const lapsed = async (): Promise<string> => {
      const [issuer, session] = [await root(), await root()];
      await delegate(issuer, session, { ttl_seconds: 5 });
      world.clock.advance(5_000);
      return session;
    };

    it('is own for a root and for a child under it, and in every answer', async () => {
      const started = await door.start(APP);
      const parent = idOf(started);
      const below = await door.child(parent, APP);
      const id = idOf(below);
      expect([started.body['authority'], below.body['authority']]).to.deep.equal(['own', 'own']);
      expect((await graph.authority(id)).body).to.include({ authority: 'own', session_state: 'active', usable: true });
      const lists = [`/zones/z1/agents?limit=500`, `/zones/z1/agents/${parent}/children`];
      for (const path of lists) {
        const row = itemsOf(await world.call('GET', path)).find((each) => each['agent_session_id'] === id);
        expect(row).to.include({ authority: 'own' });
      }
      for (const source of [parent, id]) await delegate(source, await root());
    });

    it('is own for a child that inherits nothing from an own parent', async () => {
      const id = await child(await root(), { parent_authority: 'none' });
      expect(await authorityOf(id)).to.equal('own');
      await delegate(id, await root());
    });

    it('is received from the first edge on, and its edges bound what it delegates', async () => {
      const [issuer, session] = [await root(), await root()];
      await delegate(issuer, session, { constraints: { max_hops: 2 } });
      expect(await authorityOf(session)).to.equal('received');
      expect(await handOn(session, { scopes: ['write'] })).to.deep.equal([403, 'delegation_exceeds_parent_authority']);
      await delegate(session, await root());
    });

    it('is received and nothing once the only edge has lapsed, also after a restart', async () => {
      const session = await lapsed();
      for (const again of [false, true]) {
        if (again) await world.restart();
        expect(await authorityOf(session)).to.equal('received');
        expect(await handOn(session)).to.deep.equal(NOTHING_TO_HAND_ON);
        const { body } = await graph.authority(session);
        expect(body).to.deep.include({ authority: 'received', inbound_edges: [], effective_scopes: [] });
      }
    });

    it('delegates again once it received another edge, and only within that edge', async () => {
      const session = await lapsed();
      const parent = await delegate(await root(), session, { constraints: { max_hops: 2 } });
      const answer = await door.delegate(session, await root(), TERMS);
      expect([answer.status, answer.body['parent_edge_id']]).to.deep.equal([201, parent]);
    });

    it('needs a name where it holds several edges, and takes no name that it does not hold', async () => {
      const [one, two, session] = [await root(), await root(), await root()];
      const first = await delegate(one, session, { constraints: { max_hops: 2 } });
      const second = await delegate(two, session, { constraints: { max_hops: 2 } });
      expect(await handOn(session)).to.deep.equal([409, 'parent_delegation_ambiguous']);
      for (const parent of [first, second]) await delegate(session, await root(), { parent_edge_id: parent });
      expect(await handOn(session, { parent_edge_id: 'nothing' })).to.deep.equal(NOTHING_TO_HAND_ON);
      expect(await handOn(one, { parent_edge_id: first })).to.deep.equal(NOTHING_TO_HAND_ON);
    });

    it('is received for a child with a mirrored edge, and for its child', async () => {
      const [issuer, parent] = [await root(), await root()];
      await delegate(issuer, parent, { ttl_seconds: 5 });
      const below = await child(parent);
      const lowest = await child(below);
      expect(await Promise.all([below, lowest].map(authorityOf))).to.deep.equal(['received', 'received']);
      world.clock.advance(5_000);
      expect(await handOn(lowest)).to.deep.equal(NOTHING_TO_HAND_ON);
      expect(await authorityOf(lowest)).to.equal('received');
    });

    it('is none for a child that inherits nothing from a parent that received, and below it', async () => {
      const [issuer, parent] = [await root(), await root()];
      await delegate(issuer, parent);
      const bare = await child(parent, { parent_authority: 'none' });
      const below = await child(bare);
      const asked = await child(bare, { parent_authority: 'inherit' });
      for (const id of [bare, below, asked]) {
        expect(await authorityOf(id)).to.equal('none');
        expect(await handOn(id)).to.deep.equal(NOTHING_TO_HAND_ON);
        expect((await graph.authority(id)).body).to.include({ authority: 'none', usable: true });
      }
      await delegate(issuer, below, { constraints: { max_hops: 2 } });
      expect(await authorityOf(below)).to.equal('received');
      await delegate(below, await root());
    });

    it('is none for a child of another application under a parent that received', async () => {
      const [issuer, parent] = [await root(), await root()];
      await delegate(issuer, parent);
      const options = await graph.as('app-b', 'coordinator.spawn_under:app-a');
      const answer = await door.child(parent, { application_id: 'app-b' }, options);
      expect([answer.status, answer.body['authority']]).to.deep.equal([201, 'none']);
      const own = await door.child(issuer, { application_id: 'app-b' }, options);
      expect([own.status, own.body['authority']]).to.deep.equal([201, 'own']);
    });

    it('becomes none when a session above receives an edge, until the session receives one itself', async () => {
      const [issuer, top] = [await root(), await root()];
      const middle = await child(top);
      const lowest = await child(middle);
      await world.call('PATCH', `/zones/z1/agents/${lowest}/suspend`);
      await delegate(issuer, middle);
      expect(await Promise.all([top, middle, lowest].map(authorityOf))).to.deep.equal(['own', 'received', 'none']);
      await world.call('PATCH', `/zones/z1/agents/${lowest}/resume`);
      expect(await handOn(lowest)).to.deep.equal(NOTHING_TO_HAND_ON);
      await delegate(top, await root());
      await delegate(issuer, lowest);
      await world.restart();
      expect(await Promise.all([top, middle, lowest].map(authorityOf))).to.deep.equal(['own', 'received', 'received']);
    });

    it('shows the authority of a session at its end, although sessions above receive edges afterwards', async () => {
      const [issuer, parent] = [await root(), await root()];
      const ended = await child(parent);
      await door.end(ended);
      await delegate(issuer, parent);
      const { body, headers } = await world.call('GET', `/zones/z1/agents/${ended}`);
      expect(body).to.include({ authority: 'own', state: 'terminated' });
      await world.restart();
      const again = await world.call('GET', `/zones/z1/agents/${ended}`);
      expect([again.body, again.headers.get('etag')]).to.deep.equal([body, headers.get('etag')]);
    });

    it('changes the entity tag of every session that it changes', async () => {
      const [issuer, parent] = [await root(), await root()];
      const below = await child(parent);
      const tag = async () => (await world.call('GET', `/zones/z1/agents/${below}`)).headers.get('etag');
      const before = await tag();
      await delegate(issuer, parent);
      expect(await tag()).not.to.equal(before);
      const history = itemsOf(await world.call('GET', `/zones/z1/agents/${below}/history`));
      expect(history.map(({ event }) => event)).to.deep.equal(['session.started', 'edge.created']);
      const path = await world.call('GET', `/inspector/path?zone=z1&kind=session&id=${below}`, undefined, {
        token: OPERATOR_TOKEN,
      });
      const steps = path.body['steps'] as readonly { event: unknown }[];
      expect(steps.map(({ event }) => event)).to.deep.equal([null, 'ancestor.received']);
    });

    describe('at the start of a child whose body does not mention inheritance', () => {
      it('is none where the edges of its parent have lapsed; a body that asks is refused', async () => {
        const parent = await lapsed();
        const answer = await door.child(parent, APP);
        expect([answer.status, answer.body['authority']]).to.deep.equal([201, 'none']);
        expect(answer.body['delegation_edge_id']).to.equal(null);
        const asked = await door.child(parent, { ...APP, parent_authority: 'inherit' });
        expect(refusalOf(asked)).to.deep.equal(NOT_ACTIVE);
      });

      it('is none where its parent holds several edges; a body that asks has to name one', async () => {
        const [one, two, parent] = [await root(), await root(), await root()];
        const named = await delegate(one, parent);
        await delegate(two, parent);
        const answer = await door.child(parent, APP);
        expect([answer.status, answer.body['authority']]).to.deep.equal([201, 'none']);
        const asked = await door.child(parent, { ...APP, parent_authority: 'inherit' });
        expect(refusalOf(asked)).to.deep.equal(AMBIGUOUS);
        const chosen = await door.child(parent, { ...APP, inherit_parent_edge_id: named });
        expect([chosen.status, chosen.body['authority']]).to.deep.equal([201, 'received']);
        const missing = await door.child(parent, { ...APP, inherit_parent_edge_id: 'nothing' });
        expect(refusalOf(missing)).to.deep.equal(NOT_ACTIVE);
      });
    });

    it('is answered as it was at the start under the same key', async () => {
      const options = { headers: { 'Idempotency-Key': 'first-of-its-name' } };
      const first = await door.start(APP, options);
      await delegate(await root(), idOf(first));
      const again = await door.start(APP, options);
      expect([again.status, again.body]).to.deep.equal([200, first.body]);
      expect(await authorityOf(String(first.body['agent_session_id']))).to.equal('received');
    });
  });
}
