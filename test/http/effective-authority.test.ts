// What a session may do by all the edges it holds together: none, one, several; and never by one that is past its instant.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

const NONE = {
  inbound_edges: [],
  effective_scopes: [],
  effective_resource_ids: [],
  effective_resources: [],
  effective_resource_constrained: false,
  effective_max_hops: 0,
  effective_ttl_seconds: null,
  earliest_expires_at: null,
};

describe('the effective authority of a session', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const of = async (session: string) => (await graph.authority(session)).body;
  const isoIn = (ms: number) => new Date(world.clock.now() + ms).toISOString();

  it('is none without an edge to it', async () => {
    const [session, target] = await graph.sessions();
    await graph.edge(session, target);
    const { graph_epoch, ...authority } = await of(session);
    expect(authority).to.deep.equal({
      agent_session_id: session,
      ...NONE,
      authority: 'own',
      session_state: 'active',
      usable: true,
    });
    expect(graph_epoch).to.be.a('number');
  });

  it('is that of the only edge', async () => {
    const [source, session] = await graph.sessions();
    const terms = {
      scopes: ['write', 'read', 'write', 'audit'],
      constraints: { max_hops: 3, resources: ['r-2', 'r-1'] },
    };
    const id = await graph.edge(source, session, { ...terms, resource_id: 'r-1', ttl_seconds: 90 });
    expect(await of(session)).to.deep.include({
      inbound_edges: [id],
      effective_scopes: ['audit', 'read', 'write'],
      effective_resource_ids: ['r-1'],
      effective_resources: ['r-1', 'r-2'],
      effective_resource_constrained: true,
      effective_max_hops: 3,
      effective_ttl_seconds: 90,
      earliest_expires_at: isoIn(90_000),
    });
  });

  it('has no time to live where the edge has an instant only, and one hop where it says nothing', async () => {
    const [source, session] = await graph.sessions();
    const expires_at = isoIn(5_000);
    await graph.edge(source, session, { constraints: {}, ttl_seconds: null, expires_at });
    expect(await of(session)).to.include({
      effective_max_hops: 1,
      effective_ttl_seconds: null,
      earliest_expires_at: expires_at,
    });
  });

  it('has the common scopes, the smallest bounds and all resources of its edges', async () => {
    const [one, two, three, session] = await graph.sessions();
    const edges = [
      await graph.edge(one, session, {
        scopes: ['c', 'b', 'a'],
        constraints: { max_hops: 4, resources: ['r-3', 'r-2', 'r-1'] },
        resource_id: 'r-3',
        ttl_seconds: 600,
      }),
      await graph.edge(two, session, {
        scopes: ['d', 'a', 'c'],
        constraints: { max_hops: 2, resources: ['r-2', 'r-3'] },
        resource_id: 'r-2',
        ttl_seconds: 900,
      }),
      await graph.edge(three, session, {
        scopes: ['a', 'c', 'e'],
        constraints: { max_hops: 3, resources: ['r-4', 'r-3', 'r-2'] },
        resource_id: 'r-3',
        ttl_seconds: 500,
        expires_at: isoIn(400_000),
      }),
    ];
    expect(await of(session)).to.deep.include({
      inbound_edges: edges,
      effective_scopes: ['a', 'c'],
      effective_resource_ids: ['r-2', 'r-3'],
      effective_resources: ['r-1', 'r-2', 'r-3', 'r-4'],
      effective_resource_constrained: true,
      effective_max_hops: 2,
      effective_ttl_seconds: 500,
      earliest_expires_at: isoIn(400_000),
    });
  });

  it('has no scopes if its edges share none, and all their resources', async () => {
    const [one, two, session] = await graph.sessions();
    await graph.edge(one, session, { scopes: ['read'], resource_id: 'r-1' });
    await graph.edge(two, session, { scopes: ['write'], resource_id: 'r-2' });
    expect(await of(session)).to.deep.include({
      effective_scopes: [],
      effective_resource_ids: ['r-1', 'r-2'],
      effective_resources: ['r-1', 'r-2'],
      effective_resource_constrained: true,
    });
  });

  it('is bounded to no resource by an edge that names none, and by another to what that names', async () => {
    const [one, two, session] = await graph.sessions();
    const admin = await graph.as('app-a', 'coordinator.admin');
    await graph.edge(one, session, { resource_id: null, scopes: ['read', 'write'] }, admin);
    expect(await of(session)).to.deep.include({
      effective_resource_ids: [],
      effective_resources: [],
      effective_resource_constrained: false,
    });
    await graph.edge(two, session, { resource_id: 'r-1' });
    expect(await of(session)).to.deep.include({
      effective_scopes: ['read'],
      effective_resource_ids: ['r-1'],
      effective_resources: ['r-1'],
      effective_resource_constrained: true,
    });
  });

  it('is not usable while the session is held, by itself or from above, and is told all the same', async () => {
    const [source, parent] = await graph.sessions();
    const session = await world.session({ parent_id: parent });
    const id = await graph.edge(source, session);
    for (const held of [session, parent]) {
      await graph.callers.patchSession(held, 'suspend');
      expect(await of(session)).to.deep.include({ inbound_edges: [id], session_state: 'suspended', usable: false });
      await graph.callers.patchSession(held, 'resume');
      expect(await of(session)).to.deep.include({ inbound_edges: [id], session_state: 'active', usable: true });
    }
  });

  const ends: readonly [string, (id: string) => Promise<unknown> | void][] = [
    ['was terminated', (id) => graph.callers.end(id)],
    ['ran out of time', () => world.clock.advance(120_000)],
  ];
  for (const [how, end] of ends) {
    it(`is none once the session ${how}`, async () => {
      const source = await world.session();
      const session = await world.session({ ttl_seconds: 120 });
      await graph.edge(source, session);
      await end(session);
      expect(await of(session)).to.deep.include({ ...NONE, session_state: 'terminated', usable: false });
    });
  }

  it('is asked with any token of the zone, and of a session that is there', async () => {
    const session = await world.session();
    for (const options of [await graph.as('app-z'), OPERATOR])
      expect((await graph.authority(session, options)).status).to.equal(200);
    const elsewhere = { token: await world.token({ zone: 'z2' }) };
    expect(refusalOf(await graph.authority(session, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    expect(refusalOf(await graph.authority(session, { token: null }))).to.deep.equal([401, 'missing_token']);
    expect(refusalOf(await graph.authority('nobody'))).to.deep.equal([404, 'agent_not_found']);
  });
});

describe('an edge that passes its instant', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  /** Whether the edge counts, asked of everything that could say so. */
  const heardOf = async (id: string, source: string, target: string) => {
    const activeIds = itemsOf(await graph.get('active', OPERATOR)).map((row) => row['id']);
    const [inbound] = await graph.inbound(target);
    const [outbound] = itemsOf(await graph.get(`outbound/${source}`));
    const { body } = await graph.authority(target);
    return {
      listed: activeIds.includes(id),
      shown: [inbound?.['status'], outbound?.['status']],
      held: (body['inbound_edges'] as string[]).includes(id),
      scopes: body['effective_scopes'],
      traversed: (await graph.get(`${id}/traverse`)).status,
      traced: (await graph.get(`${id}/impact`)).status,
    };
  };
  const COUNTS = {
    listed: true,
    shown: ['active', 'active'],
    held: true,
    scopes: ['read'],
    traversed: 200,
    traced: 200,
  };
  const LAPSED = { listed: false, shown: ['expired', 'expired'], held: false, scopes: [], traversed: 404, traced: 404 };

  it('counts a millisecond before, and on that millisecond no more, whoever asks', async () => {
    const [source, target] = await graph.sessions();
    const id = await graph.edge(source, target, { ttl_seconds: 60 });
    world.clock.advance(59_999);
    expect(await heardOf(id, source, target)).to.deep.equal(COUNTS);
    world.clock.advance(1);
    expect(await heardOf(id, source, target)).to.deep.equal(LAPSED);
    expect(refusalOf(await graph.revoke(id))).to.deep.equal([404, 'delegation_not_found']);
    expect(await graph.row(id)).to.include({ edge_version: 1, revoked_at: null });
  });

  it('ends no session: whoever held it goes on without', async () => {
    const [source, target] = await graph.sessions();
    await graph.edge(source, target, { ttl_seconds: 10 });
    world.clock.advance(10_000);
    for (const id of [source, target]) expect((await graph.callers.session(id))['status']).to.equal('active');
    expect((await graph.authority(target)).body).to.deep.include({ ...NONE, usable: true });
  });

  it('leaves the other edges of its target as they are', async () => {
    const [source, target] = await graph.sessions();
    const brief = await graph.edge(source, target, { ttl_seconds: 10, scopes: ['read'], constraints: { max_hops: 1 } });
    const long = await graph.edge(source, target, { ttl_seconds: 50, scopes: ['read', 'write'], hops: 5 });
    world.clock.advance(10_000);
    expect(await graph.statusesOf(brief, long)).to.deep.equal(['expired', 'active']);
    expect((await graph.authority(target)).body).to.deep.include({
      inbound_edges: [long],
      effective_scopes: ['read', 'write'],
      effective_max_hops: 5,
      effective_ttl_seconds: 50,
    });
  });

  it('is no parent from that millisecond on', async () => {
    const [source, target, last] = await graph.sessions();
    const id = await graph.edge(source, target, { ttl_seconds: 10, hops: 2 });
    const wish = { parent_edge_id: id, ttl_seconds: 1 };
    world.clock.advance(9_000);
    expect((await graph.callers.delegate(target, last, wish)).status).to.equal(201);
    world.clock.advance(1_000);
    const late = await graph.callers.delegate(target, last, wish);
    expect(refusalOf(late)).to.deep.equal([403, 'parent_delegation_not_active']);
  });

  it('leaves its target nothing to hand on, and closes no cycle, from that millisecond on', async () => {
    const [source, target, other] = await graph.sessions();
    await graph.edge(source, target, { ttl_seconds: 10, hops: 2 });
    const back = () => graph.callers.delegate(target, source, { scopes: ['delete'] });
    world.clock.advance(9_999);
    expect(refusalOf(await back())).to.deep.equal([403, 'delegation_exceeds_parent_authority']);
    world.clock.advance(1);
    expect(refusalOf(await back())).to.deep.equal([403, 'parent_delegation_not_active']);
    const parent = await graph.edge(other, target, { scopes: ['delete'], hops: 2 });
    const { status, body } = await back();
    expect([status, body['parent_edge_id']]).to.deep.equal([201, parent]);
  });

  it('stays expired after a restart, and expires on time while nothing runs', async () => {
    const [source, before, meanwhile, later] = await graph.sessions();
    const edges = [
      await graph.edge(source, before, { ttl_seconds: 10 }),
      await graph.edge(source, meanwhile, { ttl_seconds: 20 }),
      await graph.edge(source, later, { ttl_seconds: 30 }),
    ];
    world.clock.advance(15_000);
    await world.stop();
    world.clock.advance(5_000);
    await world.start();
    expect(await graph.statusesOf(...edges)).to.deep.equal(['expired', 'expired', 'active']);
    world.clock.advance(10_000);
    expect(await graph.statusesOf(...edges)).to.deep.equal(['expired', 'expired', 'expired']);
  });
});
