// What is answered when authority is handed on: every field, the reasons, the warnings, when the edge ends, and what it is
// under a parent.
import { expect } from 'chai';
import { isoInstant } from '../../src/clock.ts';
import { PARENT_EDGES_NAMED_MAX } from '../../src/limits.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const MS = 1_000;
const BROAD = 'coordinator.delegate_broad';
const WARNING = 'resource_null_delegation_broadens_resource_matching';

describe('a new delegation', () => {
  let world: World;
  let delegators: Delegators;
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
    await delegators.resource('files', { scopes: ['read', 'write'] });
    await delegators.resource('mail', { scopes: ['send'] });
  });
  after(() => world.destroy());

  const inSeconds = (seconds: number) => isoInstant(world.clock.now() + seconds * MS);
  const effectiveOf = ({ body }: { body: Readonly<Record<string, unknown>> }) =>
    body['effective_authority'] as Readonly<Record<string, unknown>>;

  it('answers with all that it is', async () => {
    const [source, target] = [await delegators.session(), await delegators.session('app-b')];
    const options = await delegators.as('app-a', 'coordinator.delegate_to:app-b');
    const constraints = { max_hops: 3, budget: 7, policy_approved: false };
    const terms = { receiver_application_id: 'app-b', resource_id: 'files', constraints, ttl_seconds: 60 };
    const { status, body } = await delegators.delegate(source, target, terms, options);
    expect(status).to.equal(201);
    expect(body['delegation_edge_id']).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(body).to.deep.include({
      zone_id: 'z1',
      source_session_id: source,
      target_session_id: target,
      issuer_application_id: 'app-a',
      receiver_application_id: 'app-b',
      parent_edge_id: null,
      resource_id: 'files',
      scopes: ['read'],
      status: 'active',
      expires_at: inSeconds(60),
      edge_version: 1,
      revoked_at: null,
      created_at: inSeconds(0),
      warnings: [],
      allow_reason: [
        'same_zone_endpoints_active',
        'resource_scope_checked',
        'source_authority_root',
        'typed_constraints_validated',
      ],
    });
    expect(body['constraints_json']).to.deep.include(constraints);
    expect(body['effective_authority']).to.deep.include({
      source_session_id: source,
      target_session_id: target,
      parent_edge_id: null,
      resource_id: 'files',
      resources: ['urn:files'],
      scopes: ['read'],
      expires_at: inSeconds(60),
      max_hops: 3,
      ttl_seconds: 60,
      broad: false,
      parent_edges_considered: [],
    });
  });

  it('is the next entry of the journal, and the same in the lists, also after a restart', async () => {
    const [source, target] = await delegators.pair();
    const before = await world.call('GET', '/zones/z1/delegations/active');
    const made = await delegators.delegate(source, target, { scopes: ['b', 'a'], constraints: { max_depth: 2 } });
    const seq = Number(before.headers.get('coordinator-seq'));
    expect(Number(made.headers.get('coordinator-seq'))).to.equal(seq + 1);
    const { delegation_edge_id: id, warnings: _, allow_reason: __, effective_authority: ___, ...terms } = made.body;
    const listed = await delegators.inbound(target);
    expect(listed).to.deep.equal([{ id, ...terms, broad_reason: null }]);
    await world.restart();
    expect(await delegators.inbound(target)).to.deep.equal(listed);
  });

  it('grants nothing more than its ends, one hop and no scope where nothing else is said', async () => {
    const [source, target] = await delegators.pair();
    const { status, body } = await delegators.delegate(source, target, { scopes: undefined });
    expect([status, body['scopes'], body['constraints_json']]).to.deep.equal([201, [], { ttl_seconds: 3_600 }]);
    expect(body['effective_authority']).to.deep.include({ scopes: [], max_hops: 1 });
  });

  it('keeps the order of its scopes, and each once', async () => {
    const [source, target] = await delegators.pair();
    const { body } = await delegators.delegate(source, target, { scopes: ['b', 'a', 'b', 'B'] });
    expect(body['scopes']).to.deep.equal(['b', 'a', 'B']);
  });

  describe('of resources', () => {
    for (const [what, terms, resources] of [
      ['its id', { resource_id: 'files' }, ['urn:files']],
      ['its identifier', { resource_id: 'urn:files' }, ['urn:files']],
      ['a name that is not registered', { resource_id: 'else' }, ['else']],
      [
        'constraints alone',
        { resource_id: null, constraints: { resources: ['mail', 'files'] } },
        ['urn:mail', 'urn:files'],
      ],
      ['both', { resource_id: 'urn:files', constraints: { resources: ['mail', 'files'] } }, ['urn:mail', 'urn:files']],
      ['two names of one', { resource_id: null, constraints: { resources: ['files', 'urn:files'] } }, ['urn:files']],
      ['an empty list beside the id', { resource_id: 'files', constraints: { resources: [] } }, ['urn:files']],
    ] as const) {
      it(`names them by their identifiers, given ${what}`, async () => {
        const answer = await delegators.delegate(...(await delegators.pair()), terms);
        // A resource that was named by its identifier is stored under its id.
        const id = terms.resource_id === 'urn:files' ? 'files' : terms.resource_id;
        expect(answer.body).to.deep.include({ resource_id: id, warnings: [] });
        expect(effectiveOf(answer)).to.deep.include({ resource_id: id, resources, broad: false });
      });
    }

    it('may grant the scopes of all of them together', async () => {
      const scopes = ['send', 'write', 'read'];
      const constraints = { resources: ['files', 'mail'] };
      const fields = { resource_id: null, scopes, constraints };
      expect((await delegators.delegate(...(await delegators.pair()), fields)).body['scopes']).to.deep.equal(scopes);
    });
  });

  describe('of no resource', () => {
    const broad = async (fields: object = {}) => {
      const options = await delegators.as('app-a', BROAD);
      return delegators.delegate(...(await delegators.pair()), { resource_id: null, ...fields }, options);
    };

    it('warns, and notes that it was approved and why', async () => {
      const answer = await broad();
      expect(answer.body).to.deep.include({ resource_id: null, warnings: [WARNING] });
      expect(answer.body['allow_reason'])
        .to.include('broad_delegation_elevated')
        .and.not.include('resource_scope_checked');
      const noted = answer.body['constraints_json'] as Readonly<Record<string, unknown>>;
      expect(noted['policy_approved']).to.equal(true);
      expect(noted['broad_reason']).to.be.a('string').and.not.equal('');
      expect(effectiveOf(answer)).to.deep.include({ broad: true, resources: [], resource_id: null });
      const [listed] = await delegators.inbound(String(answer.body['target_session_id']));
      expect(listed?.['broad_reason']).to.equal(noted['broad_reason']);
    });

    it('keeps the reason that was given, and is approved whatever was', async () => {
      const { body } = await broad({ constraints: { broad_reason: 'night shift', policy_approved: false } });
      expect(body['constraints_json']).to.deep.include({ broad_reason: 'night shift', policy_approved: true });
    });

    it('is what an empty list of resources comes to', async () => {
      expect((await broad({ constraints: { resources: [] } })).body['warnings']).to.deep.equal([WARNING]);
    });
  });

  describe('in time', () => {
    for (const [what, terms, seconds] of [
      ['ttl_seconds', { ttl_seconds: 40 }, 40],
      ['constraints.ttl_seconds', { constraints: { ttl_seconds: 30 } }, 30],
      ['constraints.expires_at before ttl_seconds', { ttl_seconds: 40, constraints: { expires_at: 20 } }, 20],
      [
        'expires_at before all',
        { expires_at: 10, ttl_seconds: 40, constraints: { expires_at: 20, ttl_seconds: 30 } },
        10,
      ],
      ['a later expires_at before all', { expires_at: 50, constraints: { expires_at: 20, ttl_seconds: 30 } }, 50],
      [
        'constraints.expires_at before constraints.ttl_seconds',
        { constraints: { expires_at: 35, ttl_seconds: 30 } },
        35,
      ],
      [
        'ttl_seconds where the instants are null',
        { expires_at: null, constraints: { expires_at: null }, ttl_seconds: 40 },
        40,
      ],
    ] as const) {
      it(`ends by ${what}`, async () => {
        // Instants stand in the table as seconds from now.
        const dated = <T extends { readonly expires_at?: number | null }>(given: T) =>
          typeof given.expires_at === 'number' ? { ...given, expires_at: inSeconds(given.expires_at) } : given;
        const constraints = 'constraints' in terms ? dated(terms.constraints) : undefined;
        const asked = { ttl_seconds: undefined, ...dated(terms), constraints };
        const answer = await delegators.delegate(...(await delegators.pair()), asked);
        expect(answer.body['expires_at']).to.equal(inSeconds(seconds));
        expect(effectiveOf(answer)['expires_at']).to.equal(inSeconds(seconds));
      });
    }

    it('ends on the instant, and not before', async () => {
      const [source, target] = await delegators.pair();
      await delegators.edge(source, target, { expires_at: isoInstant(world.clock.now() + 2) });
      const status = async () => (await delegators.inbound(target))[0]?.['status'];
      world.clock.advance(1);
      expect(await status()).to.equal('active');
      world.clock.advance(1);
      expect(await status()).to.equal('expired');
    });

    it('may end a millisecond ahead, and not now', async () => {
      const [source, target] = await delegators.pair();
      const until = (ms: number) =>
        delegators.delegate(source, target, { expires_at: isoInstant(world.clock.now() + ms) });
      expect(refusalOf(await until(0))).to.deep.equal([400, 'delegation_expired']);
      expect((await until(1)).status).to.equal(201);
    });
  });

  describe('under a parent', () => {
    const constraints = { max_hops: 2 };

    it('stands on the only edge that its source holds, named or not', async () => {
      const [first, source] = await delegators.pair();
      const parent = await delegators.edge(first, source, { resource_id: 'files', constraints });
      for (const named of [{}, { parent_edge_id: null }, { parent_edge_id: parent }]) {
        const answer = await delegators.delegate(source, await delegators.session(), {
          resource_id: 'files',
          ...named,
        });
        expect(answer.body['parent_edge_id']).to.equal(parent);
        expect(answer.body['allow_reason'])
          .to.include('parent_authority_narrowed')
          .and.not.include('source_authority_root');
        expect(effectiveOf(answer)).to.deep.include({
          parent_edge_id: parent,
          parent_edges_considered: [parent],
          max_hops: 1,
        });
      }
    });

    it('uses the named parent edge and lists it first', async () => {
      const source = await delegators.session();
      const parents = [
        await delegators.edge(await delegators.session(), source, { scopes: ['read'], constraints }),
        await delegators.edge(await delegators.session(), source, { scopes: ['write'], constraints }),
      ];
      const terms = { parent_edge_id: parents[1], scopes: ['write'] };
      const answer = await delegators.delegate(source, await delegators.session(), terms);
      expect(effectiveOf(answer)).to.deep.include({
        parent_edge_id: parents[1],
        parent_edges_considered: [parents[1], parents[0]],
      });
    });

    it(`lists at most ${PARENT_EDGES_NAMED_MAX} of the edges that its source holds`, async () => {
      const source = await delegators.session();
      const parents: string[] = [];
      for (let n = 0; n < PARENT_EDGES_NAMED_MAX + 4; n += 1)
        parents.push(await delegators.edge(await delegators.session(), source, { constraints }));
      const newest = parents.at(-1);
      const answer = await delegators.delegate(source, await delegators.session(), { parent_edge_id: newest });
      const considered = [newest, ...parents.slice(0, PARENT_EDGES_NAMED_MAX - 1)];
      expect(effectiveOf(answer)).to.deep.include({ parent_edges_considered: considered });
    });

    it('is refused once its source holds nothing more of what it received', async () => {
      const [first, source] = await delegators.pair();
      await delegators.edge(first, source, { ttl_seconds: 1 });
      world.clock.advance(MS);
      const answer = await delegators.delegate(source, await delegators.session());
      expect(refusalOf(answer)).to.deep.equal([403, 'parent_delegation_not_active']);
    });

    it('may be of no resource where the parent is too', async () => {
      const options = await delegators.as('app-a', BROAD);
      const [first, source] = await delegators.pair();
      const broad = { resource_id: null, constraints };
      const parent = await delegators.edge(first, source, broad, options);
      const target = await delegators.session();
      const { body } = await delegators.delegate(source, target, { resource_id: null }, options);
      expect([body['parent_edge_id'], body['allow_reason']]).to.deep.equal([
        parent,
        [
          'same_zone_endpoints_active',
          'broad_delegation_elevated',
          'parent_authority_narrowed',
          'typed_constraints_validated',
        ],
      ]);
    });
  });
});
