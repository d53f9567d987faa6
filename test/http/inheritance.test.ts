// What authority a child carries forward from its parent: every case of the contract's paragraph on inheritance.
import { expect } from 'chai';
import { World, type Answered, type CallOptions } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

const NOT_ACTIVE = [409, 'inherit_parent_edge_not_active'];
/** The member that clients of 1.0 send; clients of July send none. */
const INHERIT = { parent_authority: 'inherit' };
const AMBIGUOUS = [409, 'inherit_parent_edge_ambiguous'];

describe('a child of a session', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const start = (parent: string, fields: object = {}, options?: CallOptions): Promise<Answered> =>
    world.call('POST', '/zones/z1/agents', { application_id: 'app-a', parent_id: parent, ...fields }, options);
  /** The child's id, with the edge it says that it has and those that lead to it. */
  const startedWith = async (parent: string, fields: object = {}, options?: CallOptions) => {
    const { status, body, text } = await start(parent, fields, options);
    expect(status, text).to.equal(201);
    const id = String(body['agent_session_id']);
    return { id, edge: body['delegation_edge_id'], inbound: await graph.inbound(id) };
  };
  const expectNoEdge = async (parent: string, fields: object = {}, options?: CallOptions) => {
    const child = await startedWith(parent, fields, options);
    expect([child.edge, child.inbound]).to.deep.equal([null, []]);
    expect((await graph.callers.session(child.id))['delegation_edge_id']).to.equal(null);
  };

  it('gets no edge where its parent never held one', async () => {
    const [parent, target] = await graph.sessions();
    await graph.edge(parent, target);
    await expectNoEdge(parent);
    await expectNoEdge(parent, INHERIT);
  });

  for (const mode of [{}, INHERIT]) {
    it(`has the only edge of its parent mirrored, with ${JSON.stringify(mode)}`, async () => {
      const [source, parent] = await graph.sessions();
      const constraints = { max_hops: 3, budget: 9, resources: ['r-2', 'r-1'], ttl_seconds: 600 };
      const terms = { scopes: ['write', 'read'], resource_id: 'r-1', constraints, ttl_seconds: 600 };
      const held = await graph.edge(source, parent, terms);
      const row = await graph.row(held);
      world.clock.advance(1_000);
      const child = await startedWith(parent, mode);
      expect(child.inbound).to.deep.equal([
        {
          ...row,
          id: child.edge,
          source_session_id: parent,
          target_session_id: child.id,
          issuer_application_id: 'app-a',
          receiver_application_id: 'app-a',
          parent_edge_id: held,
          created_at: new Date(world.clock.now()).toISOString(),
          edge_version: 1,
        },
      ]);
      expect(child.edge).to.be.a('string').and.not.equal(held);
      expect((await graph.callers.session(child.id))['delegation_edge_id']).to.equal(child.edge);
      // The parent's own answer is as it was: what it holds came later than its start.
      expect((await graph.callers.session(parent))['delegation_edge_id']).to.equal(null);
    });
  }

  it('may do what its parent may, and so may a child of its own', async () => {
    const [source, parent] = await graph.sessions();
    const held = await graph.edge(source, parent, { scopes: ['b', 'a'] });
    const child = await startedWith(parent);
    const grandchild = await startedWith(child.id);
    expect(grandchild.inbound[0]).to.include({ source_session_id: child.id, parent_edge_id: child.edge });
    const { agent_session_id: _, inbound_edges: own, ...authority } = (await graph.authority(parent)).body;
    expect(own).to.deep.equal([held]);
    for (const { id, edge } of [child, grandchild]) {
      const { agent_session_id, inbound_edges, ...carried } = (await graph.authority(id)).body;
      expect([agent_session_id, inbound_edges]).to.deep.equal([id, [edge]]);
      expect(carried).to.deep.equal(authority);
    }
    expect(authority['effective_scopes']).to.deep.equal(['a', 'b']);
  });

  it('is found by whoever traces what its parent holds, and ends with it', async () => {
    const [source, parent] = await graph.sessions();
    const held = await graph.edge(source, parent);
    const child = await startedWith(parent);
    const grandchild = await startedWith(child.id);
    const { body } = await graph.get(`${held}/impact`);
    expect(body['affected_agents']).to.deep.equal([parent, child.id, grandchild.id]);
    expect((await graph.revoke(held)).body).to.include({ revoked_edges: 3, terminated_agents: 3 });
  });

  it('keeps its parent when only its own edge is revoked', async () => {
    const [source, parent] = await graph.sessions();
    const held = await graph.edge(source, parent);
    const child = await startedWith(parent);
    await graph.revoke(String(child.edge));
    expect(await graph.fatesOf(parent, child.id)).to.deep.equal([
      ['active', null],
      ['terminated', 'delegation_revoked'],
    ]);
    expect(await graph.statusesOf(held)).to.deep.equal(['active']);
    expect((await startedWith(parent)).inbound[0]).to.include({ parent_edge_id: held });
  });

  it('lapses with its parent: its edge expires at the same instant, and it goes on', async () => {
    const [source, parent] = await graph.sessions();
    await graph.edge(source, parent, { ttl_seconds: 20 });
    world.clock.advance(7_500);
    const child = await startedWith(parent);
    world.clock.advance(12_499);
    expect((await graph.inbound(child.id)).map(({ status }) => status)).to.deep.equal(['active']);
    world.clock.advance(1);
    expect((await graph.inbound(child.id)).map(({ status }) => status)).to.deep.equal(['expired']);
    expect((await graph.callers.session(child.id))['status']).to.equal('active');
    expect(refusalOf(await start(child.id, INHERIT))).to.deep.equal(NOT_ACTIVE);
  });

  it('gets no edge with parent_authority none, however many its parent holds or held', async () => {
    const [one, two, parent] = await graph.sessions();
    await graph.edge(one, parent, { ttl_seconds: 5 });
    await expectNoEdge(parent, { parent_authority: 'none' });
    await graph.edge(two, parent, { ttl_seconds: 5 });
    await expectNoEdge(parent, { parent_authority: 'none' });
    world.clock.advance(5_000);
    await expectNoEdge(parent, { parent_authority: 'none' });
  });

  it('of another application gets no edge', async () => {
    const [source, parent] = await graph.sessions();
    const held = await graph.edge(source, parent);
    const options = await graph.as('app-b', 'coordinator.spawn_under:app-a');
    await expectNoEdge(parent, { application_id: 'app-b' }, options);
    const named = { application_id: 'app-b', inherit_parent_edge_id: held };
    expect(refusalOf(await start(parent, named, options))).to.deep.equal(NOT_ACTIVE);
  });

  it('under a parent of another application than the issuer carries on what that handed over', async () => {
    const source = await world.session();
    const parent = await graph.sessionOf('app-b');
    const to = await graph.as('app-a', 'coordinator.delegate_to:app-b');
    const held = await graph.edge(source, parent, { receiver_application_id: 'app-b' }, to);
    const { id, inbound } = await startedWith(parent, { application_id: 'app-b' }, await graph.as('app-b'));
    expect(inbound[0]).to.include({
      target_session_id: id,
      issuer_application_id: 'app-b',
      receiver_application_id: 'app-b',
      parent_edge_id: held,
    });
  });

  it('names one of several edges, and carries that', async () => {
    const [one, two, parent] = await graph.sessions();
    const first = await graph.edge(one, parent, { scopes: ['read'] });
    const second = await graph.edge(two, parent, { scopes: ['write'] });
    expect(refusalOf(await start(parent, INHERIT))).to.deep.equal(AMBIGUOUS);
    for (const [named, scopes] of [[first, ['read']] as const, [second, ['write']] as const]) {
      const { inbound } = await startedWith(parent, { inherit_parent_edge_id: named });
      expect(inbound).to.have.length(1);
      expect(inbound[0]).to.deep.include({ parent_edge_id: named, scopes });
    }
  });

  it('may name the only one as well', async () => {
    const [source, parent] = await graph.sessions();
    const held = await graph.edge(source, parent);
    const { inbound } = await startedWith(parent, { inherit_parent_edge_id: held });
    expect(inbound[0]).to.include({ parent_edge_id: held });
  });

  it('names no edge that its parent does not hold', async () => {
    const [source, parent, other, bare] = await graph.sessions();
    const held = await graph.edge(source, parent, { hops: 2 });
    const outbound = await graph.edge(parent, other);
    for (const named of ['nobody', outbound, parent])
      expect(refusalOf(await start(parent, { inherit_parent_edge_id: named }))).to.deep.equal(NOT_ACTIVE);
    for (const where of [other, bare])
      expect(refusalOf(await start(where, { inherit_parent_edge_id: held }))).to.deep.equal(NOT_ACTIVE);
  });

  const lapses: readonly [string, (source: string) => Promise<unknown> | void][] = [
    ['expired', () => world.clock.advance(5_000)],
    ['was revoked because its issuer ended', (source) => graph.callers.end(source)],
  ];
  for (const [how, lapse] of lapses) {
    it(`is refused where the only edge of its parent ${how}, also after a restart`, async () => {
      const [source, parent] = await graph.sessions();
      const held = await graph.edge(source, parent, { ttl_seconds: 5 });
      await lapse(source);
      for (const again of [false, true]) {
        if (again) await world.restart();
        expect(refusalOf(await start(parent, INHERIT))).to.deep.equal(NOT_ACTIVE);
        expect(refusalOf(await start(parent, { inherit_parent_edge_id: held }))).to.deep.equal(NOT_ACTIVE);
        await expectNoEdge(parent, { parent_authority: 'none' });
      }
    });
  }

  it('carries the one edge that is left of several, and none that has lapsed', async () => {
    const [one, two, parent] = await graph.sessions();
    const brief = await graph.edge(one, parent, { ttl_seconds: 5 });
    const long = await graph.edge(two, parent);
    world.clock.advance(5_000);
    expect((await startedWith(parent)).inbound[0]).to.include({ parent_edge_id: long });
    expect(refusalOf(await start(parent, { inherit_parent_edge_id: brief }))).to.deep.equal(NOT_ACTIVE);
  });

  it('that is refused is not there, nor an edge to it', async () => {
    const [one, two, parent] = await graph.sessions();
    const edges = [await graph.edge(one, parent), await graph.edge(two, parent)];
    expect(refusalOf(await start(parent, INHERIT))).to.deep.equal(AMBIGUOUS);
    expect((await graph.callers.session(parent))['child_count']).to.equal(0);
    expect(itemsOf(await graph.get(`outbound/${parent}`, OPERATOR))).to.deep.equal([]);
    expect(await graph.statusesOf(...edges)).to.deep.equal(['active', 'active']);
  });

  it('is answered again, with the same edge, under the same key', async () => {
    const [source, parent] = await graph.sessions();
    await graph.edge(source, parent);
    const options = { headers: { 'Idempotency-Key': `child-of-${parent}` } };
    const [first, second] = [await start(parent, {}, options), await start(parent, {}, options)];
    expect(second.body).to.deep.equal(first.body);
    expect(itemsOf(await graph.get(`outbound/${parent}`, OPERATOR)).map(({ id }) => id)).to.deep.equal([
      first.body['delegation_edge_id'],
    ]);
  });
});
