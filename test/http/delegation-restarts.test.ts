// Delegated authority over restarts: every answer about it is the same afterwards, and so is what a revocation then does. And
// the epoch of the graph, which rises with every change of an edge and with nothing else.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

describe('the graph of edges over a restart', () => {
  let world: World;
  let graph: GraphCallers;
  let sessions: string[];
  let active: string[];
  let lapsed: string[];

  const below = (parent: string, parent_authority = 'none') => world.session({ parent_id: parent, parent_authority });

  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    const [a, b, c, d, e, f] = await graph.sessions();
    const child = await below(c);
    const fromBelow = await graph.edge(child, d);
    const first = await graph.edge(a, b, {
      hops: 5,
      scopes: ['write', 'read'],
      constraints: { max_hops: 5, budget: 9 },
    });
    const parallel = await graph.edge(a, b, { hops: 2 });
    const onward = await graph.edge(b, c, { hops: 4, parent_edge_id: first });
    const heir = await below(c, 'inherit');
    const inherited = String((await graph.callers.session(heir))['delegation_edge_id']);
    const expired = await graph.edge(a, e, { ttl_seconds: 5 });
    const revoked = await graph.edge(a, f);
    await graph.revoke(revoked);
    world.clock.advance(5_000);
    const held = await below(e);
    await graph.callers.patchSession(held, 'suspend');
    active = [first, parallel, onward, fromBelow, inherited];
    lapsed = [expired, revoked];
    sessions = [a, b, c, d, e, f, child, heir, held];
  });
  after(() => world.destroy());

  const told = async (method: string, path: string) => {
    const { status, headers, body, text } = await world.call(method, `/zones/z1/${path}`, undefined, OPERATOR);
    return { status, answer: status < 300 ? text : body['error'], seq: headers.get('coordinator-seq') };
  };

  /** Every answer there is about the graph, with the sequence that it reflects. */
  const answers = async () => {
    const paths = [
      'delegations/active',
      ...sessions.flatMap((id) => [
        `delegations/inbound/${id}`,
        `delegations/outbound/${id}`,
        `agents/${id}/effective-authority`,
      ]),
      ...[...active, ...lapsed].flatMap((id) =>
        ['traverse', 'impact', 'history'].map((look) => `delegations/${id}/${look}`),
      ),
    ];
    const heard = paths.map(async (path) => [path, await told('GET', path)] as const);
    const dryRuns = active
      .map((id) => `delegations/${id}/revoke?dry_run=true`)
      .map(async (path) => [path, await told('PATCH', path)] as const);
    return Object.fromEntries(await Promise.all([...heard, ...dryRuns]));
  };

  it('answers the same, once and again', async () => {
    const known = await answers();
    for (const id of active) expect(known[`delegations/${id}/impact`]).to.include({ status: 200 });
    for (const id of lapsed) expect(known[`delegations/${id}/impact`]).to.include({ status: 404 });
    for (let round = 0; round < 2; round += 1) {
      await world.restart();
      expect(await answers()).to.deep.equal(known);
    }
  });

  it('revokes afterwards what it said before', async () => {
    const [first = ''] = active;
    const dry = await graph.dryRevoke(first);
    expect(dry['delegation_edge_ids']).to.have.members(active);
    await world.restart();
    expect((await graph.revoke(first)).body).to.deep.include({
      revoked_edges: dry['revoked_edges'],
      affected_sessions: dry['affected_sessions'],
      terminated_agents: dry['terminated_agents'],
    });
    const known = await answers();
    await world.restart();
    expect(await answers()).to.deep.equal(known);
    const fates = await graph.fatesOf(...(dry['agent_session_ids'] as string[]));
    expect(fates.map(([status]) => status)).to.deep.equal(fates.map(() => 'terminated'));
  });
});

describe('the epoch of the graph', () => {
  let world: World;
  let graph: GraphCallers;
  let watcher: string;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    watcher = await world.session();
  });
  after(() => world.destroy());

  const look = async () => {
    const { headers, body } = await graph.authority(watcher);
    return { epoch: Number(body['graph_epoch']), seq: Number(headers.get('coordinator-seq')) };
  };

  it('is 0 before there was an edge', async () => {
    expect((await look()).epoch).to.equal(0);
  });

  it('becomes the sequence of every change of an edge', async () => {
    const [a, b, c, d] = await graph.sessions();
    const changes: readonly (() => Promise<unknown> | void)[] = [
      () => graph.edge(a, b),
      () => graph.edge(a, c, { ttl_seconds: 5 }),
      () => graph.edge(a, d),
      () => world.session({ parent_id: b }),
      () => world.clock.advance(5_000),
      () => graph.callers.end(d),
      async () => graph.revoke(String((await graph.inbound(b))[0]?.['id'])),
    ];
    for (const change of changes) {
      const before = await look();
      await change();
      const { epoch, seq } = await look();
      expect(epoch).to.equal(seq);
      expect(epoch).to.be.above(before.epoch);
    }
  });

  it('stays where no edge changes, over a restart too', async () => {
    const [session, edgeless] = await graph.sessions();
    const other = await world.session();
    await graph.edge(session, other);
    const before = await look();
    await graph.callers.patchSession(session, 'suspend');
    await graph.callers.patchSession(session, 'resume');
    await graph.callers.end(edgeless);
    await graph.dryRevoke(String((await graph.inbound(other))[0]?.['id']));
    await world.restart();
    const { epoch, seq } = await look();
    expect(epoch).to.equal(before.epoch);
    expect(seq).to.be.above(before.seq);
  });
});
