// What the end of a session does to delegated authority: every edge that touches a session that ends is revoked, with every
// edge that stands on one of those; and a dry run names them beforehand.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { GraphCallers } from './graph-callers.ts';

const AGENTS = '/zones/z1/agents';

describe('the edges of a session that ends', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create({ MAX_AGENT_CHILDREN: '50' });
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const dryEnd = async (id: string) => (await world.call('DELETE', `${AGENTS}/${id}?dry_run=true`)).body;
  const below = (parent: string) => world.session({ parent_id: parent, parent_authority: 'none' });

  /** grantor → (root, with a child below it) → receiver → last; the child hands on to `beside`, which nobody else reaches. */
  const town = async () => {
    const [grantor, root, receiver, last, beside] = await graph.sessions();
    const child = await below(root);
    const aside = await graph.edge(child, beside);
    const into = await graph.edge(grantor, root, { hops: 4 });
    const out = await graph.edge(root, receiver, { hops: 3 });
    const onward = await graph.edge(receiver, last, { hops: 2 });
    const apart = await graph.edge(grantor, last);
    return { grantor, root, child, receiver, last, beside, into, out, onward, aside, apart };
  };

  it('are revoked with those that stand on them, on either side, and with those of its subtree', async () => {
    const { root, child, receiver, last, beside, grantor, into, out, onward, aside, apart } = await town();
    const revokedAt = new Date(world.clock.now()).toISOString();
    await graph.callers.end(root);
    const edges = [into, out, onward, aside];
    expect(await graph.statusesOf(...edges, apart)).to.deep.equal([...edges.map(() => 'revoked'), 'active']);
    for (const id of edges) expect(await graph.row(id)).to.include({ edge_version: 2, revoked_at: revokedAt });
    expect(await graph.row(apart)).to.include({ edge_version: 1, revoked_at: null });
    expect(await graph.fatesOf(root, child)).to.deep.equal([
      ['terminated', 'requested'],
      ['terminated', 'parent_terminated'],
    ]);
    // Whoever only held what was lost goes on.
    for (const id of [grantor, receiver, last, beside])
      expect((await graph.callers.session(id))['status']).to.equal('active');
  });

  it('are no longer walked, traced or held', async () => {
    const { root, receiver, last, into, out, onward, apart } = await town();
    await graph.callers.end(root);
    for (const id of [into, out, onward])
      for (const look of ['traverse', 'impact'])
        expect(refusalOf(await graph.get(`${id}/${look}`))).to.deep.equal([404, 'delegation_not_found']);
    expect((await graph.authority(receiver)).body['inbound_edges']).to.deep.equal([]);
    expect((await graph.authority(last)).body['inbound_edges']).to.deep.equal([apart]);
  });

  it('are revoked at the instant at which its time runs out', async () => {
    const [source, target, last] = await graph.sessions();
    const brief = await world.session({ ttl_seconds: 60 });
    const into = await graph.edge(source, brief, { hops: 3 });
    const out = await graph.edge(brief, target, { hops: 2 });
    const onward = await graph.edge(target, last);
    const due = new Date(world.clock.now() + 60_000).toISOString();
    world.clock.advance(59_999);
    expect(await graph.statusesOf(into, out, onward)).to.deep.equal(['active', 'active', 'active']);
    world.clock.advance(500_001);
    for (const id of [into, out, onward])
      expect(await graph.row(id)).to.include({ status: 'revoked', edge_version: 2, revoked_at: due });
  });

  it('stay as they are when it is suspended and resumed', async () => {
    const { root, into, out, onward, aside } = await town();
    await graph.callers.patchSession(root, 'suspend');
    expect(await graph.statusesOf(into, out, onward, aside)).to.deep.equal(['active', 'active', 'active', 'active']);
    await graph.callers.patchSession(root, 'resume');
    expect((await graph.authority(root)).body['inbound_edges']).to.deep.equal([into]);
  });

  it('are named by a dry run, which changes nothing', async () => {
    const { root, child, into, out, onward, aside } = await town();
    const { headers } = await world.call('GET', AGENTS);
    const { delegation_edge_ids, ...counts } = await dryEnd(root);
    expect(counts).to.deep.equal({
      dry_run: true,
      terminated: 2,
      agent_session_ids: [root, child],
      revoked_edges: 4,
    });
    expect(delegation_edge_ids).to.have.members([into, out, onward, aside]);
    expect(await graph.statusesOf(into, out, onward, aside)).to.deep.equal(['active', 'active', 'active', 'active']);
    const after = await world.call('GET', AGENTS);
    expect(after.headers.get('coordinator-seq')).to.equal(headers.get('coordinator-seq'));
  });

  it('are not counted by the dry run of a suspend, which revokes none', async () => {
    const { root, child } = await town();
    const { body } = await world.call('PATCH', `${AGENTS}/${root}/suspend?dry_run=true`);
    expect(body).to.deep.equal({ dry_run: true, suspended: 2, agent_session_ids: [root, child] });
  });

  it('are counted on where a dry run names no more of them', async () => {
    const [source, target] = await graph.sessions();
    const made: string[] = [];
    while (made.length < 1_001)
      made.push(...(await Promise.all(Array.from({ length: 77 }, () => graph.edge(source, target)))));
    for (const answer of [await dryEnd(target), await graph.dryRevoke(made[0] ?? '')]) {
      const { revoked_edges: first, also_revoked_edges: others = 0 } = answer;
      expect(Number(first) + Number(others)).to.equal(1_001);
      const named = new Set(answer['delegation_edge_ids'] as string[]);
      expect(named.size).to.equal(1_000);
      expect(made).to.include.members([...named]);
    }
  });
});
