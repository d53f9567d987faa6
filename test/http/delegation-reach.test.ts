// How far an edge reaches: what traverse walks, in which order, and that impact says beforehand exactly what a revocation
// then does, subtrees, other edges and invocations included.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR, rowsOf } from './graph-callers.ts';

describe('the reach of an edge', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const walked = async (id: string) =>
    rowsOf(await graph.get(`${id}/traverse`)).map((step) => [step['id'], step['depth']]);

  it('begins with itself, at depth 1, and names both ends of every step', async () => {
    const [a, b, c] = await graph.sessions();
    const first = await graph.edge(a, b, { hops: 2 });
    const second = await graph.edge(b, c);
    expect(rowsOf(await graph.get(`${first}/traverse`))).to.deep.equal([
      { id: first, source_session_id: a, target_session_id: b, depth: 1 },
      { id: second, source_session_id: b, target_session_id: c, depth: 2 },
    ]);
    expect(rowsOf(await graph.get(`${second}/traverse`))).to.deep.equal([
      { id: second, source_session_id: b, target_session_id: c, depth: 1 },
    ]);
  });

  it('goes through a diamond by depth, then by id, and visits what both sides reach once', async () => {
    const [top, root, left, right, bottom, last] = await graph.sessions();
    const start = await graph.edge(top, root, { hops: 5 });
    const toLeft = await graph.edge(root, left, { hops: 4 });
    const toRight = await graph.edge(root, right, { hops: 4 });
    // The left side is met first, and has the greater id: a walk in the order of meeting would give them the other way round.
    const fromRight = await graph.edge(right, bottom, { hops: 3 });
    const fromLeft = await graph.edge(left, bottom, { hops: 3 });
    const onward = await graph.edge(bottom, last, { parent_edge_id: fromRight, hops: 2 });
    expect([toLeft, toRight, fromRight, fromLeft]).to.deep.equal([toLeft, toRight, fromRight, fromLeft].toSorted());
    expect(await walked(start)).to.deep.equal([
      [start, 1],
      [toLeft, 2],
      [toRight, 2],
      [fromRight, 3],
      [fromLeft, 3],
      [onward, 4],
    ]);
    expect(await walked(toLeft)).to.deep.equal([
      [toLeft, 1],
      [fromLeft, 2],
      [onward, 3],
    ]);
  });

  it('counts the shortest of several ways', async () => {
    const [a, b, c, d, e] = await graph.sessions();
    const first = await graph.edge(a, b, { hops: 6 });
    const long = await graph.edge(b, c, { hops: 5 });
    const longer = await graph.edge(c, d, { hops: 4 });
    const short = await graph.edge(b, d, { hops: 4 });
    const onward = await graph.edge(d, e, { parent_edge_id: longer });
    expect(await walked(first)).to.deep.equal([
      [first, 1],
      [long, 2],
      [short, 2],
      [longer, 3],
      [onward, 3],
    ]);
  });

  it('goes on from a session over every edge from it, also those that stand on a parallel one', async () => {
    const [a, b, c] = await graph.sessions();
    const one = await graph.edge(a, b, { hops: 3 });
    const two = await graph.edge(a, b, { hops: 3 });
    const onOne = await graph.edge(b, c, { parent_edge_id: one });
    const onTwo = await graph.edge(b, c, { parent_edge_id: two });
    for (const start of [one, two])
      expect(await walked(start)).to.deep.equal([
        [start, 1],
        [onOne, 2],
        [onTwo, 2],
      ]);
  });

  it('ends at an edge that has lapsed', async () => {
    const [a, b, c, d] = await graph.sessions();
    const first = await graph.edge(a, b, { hops: 3 });
    const brief = await graph.edge(b, c, { hops: 2, ttl_seconds: 10 });
    const onward = await graph.edge(c, d, { ttl_seconds: 5 });
    world.clock.advance(5_000);
    expect(await walked(first)).to.deep.equal([
      [first, 1],
      [brief, 2],
    ]);
    world.clock.advance(5_000);
    expect(await walked(first)).to.deep.equal([[first, 1]]);
    for (const lapsed of [brief, onward])
      expect(refusalOf(await graph.get(`${lapsed}/traverse`))).to.deep.equal([404, 'delegation_not_found']);
  });
});

describe('the impact of a revocation', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const below = (parent: string, fields: object = {}) =>
    world.session({ parent_id: parent, parent_authority: 'none', ...fields });

  it('is of one edge what it is alone', async () => {
    const [source, target] = await graph.sessions();
    const id = await graph.edge(source, target);
    expect((await graph.get(`${id}/impact`)).body).to.deep.equal({
      edge_id: id,
      affected_edges: [{ id, source_session_id: source, target_session_id: target, depth: 1 }],
      also_revoked_edges: [],
      affected_agents: [target],
      affected_sessions: [target],
      affected_subject_sessions: ['user-1'],
      affected_authority_records: ['user-1'],
      terminated_agents: [target],
      terminated_sessions: [target],
      cancelled_invocations: [],
      next_cursor: null,
    });
  });

  it('is what revoking then does, with subtrees, edges that lie aside, and invocations', async () => {
    const [source, other, far] = await graph.sessions();
    const target = await world.session({ subject_session_id: 'user-2' });
    const child = await below(target, { subject_session_id: 'user-3' });
    const grandchild = await below(child);
    const leaf = await below(far);
    const fromBelow = await graph.edge(grandchild, other);
    const first = await graph.edge(source, target, { hops: 3 });
    const parallel = await graph.edge(source, target);
    const onward = await graph.edge(target, far, { hops: 2, parent_edge_id: first });
    const intoBelow = await graph.edge(source, child);
    const apart = await graph.edge(source, other);
    const service = await graph.callers.service();
    const call = (session: string) => graph.callers.invocation({ service_id: service, source_session_id: session });
    const [waiting, running, untouched] = [await call(grandchild), await call(far), await call(other)];
    await graph.callers.move(running, 'start');

    const { body: impact } = await graph.get(`${first}/impact`);
    const dry = await graph.dryRevoke(first);
    expect((impact['affected_edges'] as { id: string }[]).map(({ id }) => id)).to.deep.equal([first, onward]);
    expect(impact['also_revoked_edges']).to.have.members([parallel, fromBelow, intoBelow]);
    expect(impact['affected_agents']).to.deep.equal([target, far].toSorted());
    expect(impact['affected_subject_sessions']).to.have.members(['user-2', 'user-1']);
    expect(impact['terminated_agents']).to.have.members([target, far, child, grandchild, leaf]);
    expect(impact['cancelled_invocations']).to.have.members([waiting, running]);
    expect(dry['delegation_edge_ids']).to.have.members([first, onward, parallel, fromBelow, intoBelow]);
    expect(dry['agent_session_ids']).to.have.members(impact['terminated_agents'] as string[]);
    expect(dry['subject_session_ids']).to.have.members(impact['affected_subject_sessions'] as string[]);

    expect((await graph.revoke(first)).body).to.deep.include({
      revoked_edges: 2,
      also_revoked_edges: 3,
      affected_sessions: 2,
      terminated_agents: 5,
      terminated_sessions: 5,
    });
    expect(await graph.statusesOf(...(dry['delegation_edge_ids'] as string[]))).to.deep.equal(
      Array.from({ length: 5 }, () => 'revoked'),
    );
    expect(await graph.statusesOf(apart)).to.deep.equal(['active']);
    const ended = await graph.fatesOf(...(impact['terminated_agents'] as string[]));
    expect(ended.map(([status]) => status)).to.deep.equal(ended.map(() => 'terminated'));
    for (const id of [source, other]) expect((await graph.callers.session(id))['status']).to.equal('active');
    const calls = [waiting, running, untouched].map(async (id) => (await graph.callers.get(id)).body['status']);
    expect(await Promise.all(calls)).to.deep.equal(['canceled', 'cancel_requested', 'pending']);
  });

  it('has every session once where a target stands below another target', async () => {
    const source = await world.session();
    const target = await world.session();
    const child = await below(target);
    const first = await graph.edge(source, target, { hops: 2 });
    await graph.edge(target, child);
    const { body } = await graph.get(`${first}/impact`);
    expect(body['terminated_agents']).to.have.members([target, child]);
    expect(body['affected_subject_sessions']).to.deep.equal(['user-1']);
    await graph.revoke(first);
    // The child is a target itself, so that is why it ended.
    expect(await graph.fatesOf(target, child)).to.deep.equal([
      ['terminated', 'delegation_revoked'],
      ['terminated', 'delegation_revoked'],
    ]);
  });

  it('has every session once where an edge leads from a child to its own parent', async () => {
    const [source, parent] = await graph.sessions();
    const child = await below(parent);
    const first = await graph.edge(source, child, { hops: 2 });
    await graph.edge(child, parent);
    const { body } = await graph.get(`${first}/impact`);
    expect(body['affected_agents']).to.deep.equal([child, parent].toSorted());
    expect(body['terminated_agents']).to.have.members([child, parent]);
    expect((await graph.revoke(first)).body).to.include({ revoked_edges: 2, terminated_agents: 2 });
    expect(await graph.fatesOf(parent, child)).to.deep.equal([
      ['terminated', 'delegation_revoked'],
      ['terminated', 'delegation_revoked'],
    ]);
  });
});

describe('whoever traces an edge', () => {
  let world: World;
  let graph: GraphCallers;
  let id: string;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    const receiver = await graph.sessionOf('app-b');
    const fields = { receiver_application_id: 'app-b' };
    id = await graph.edge(
      await world.session(),
      receiver,
      fields,
      await graph.as('app-a', 'coordinator.delegate_to:app-b'),
    );
  });
  after(() => world.destroy());

  const FORBIDDEN = [403, 'issuer_ownership_required'];
  const callers: readonly [string, string, string, readonly unknown[]][] = [
    ['the issuer', 'app-a', '', [200, undefined]],
    ['an admin', 'app-c', 'coordinator.admin', [200, undefined]],
    ['the receiver', 'app-b', '', FORBIDDEN],
    ['another application', 'app-c', '', FORBIDDEN],
    ['one that may delegate for the issuer', 'app-c', 'coordinator.delegate_from:app-a', FORBIDDEN],
  ];
  for (const look of ['traverse', 'impact']) {
    for (const [who, app, scope, expected] of callers) {
      it(`is answered ${String(expected[0])} to ${look}: ${who}`, async () => {
        expect(refusalOf(await graph.get(`${id}/${look}`, await graph.as(app, scope)))).to.deep.equal(expected);
      });
    }

    it(`may be the operator, to ${look}, and needs a token of the zone otherwise`, async () => {
      expect((await graph.get(`${id}/${look}`, OPERATOR)).status).to.equal(200);
      const elsewhere = { token: await world.token({ zone: 'z2' }) };
      expect(refusalOf(await graph.get(`${id}/${look}`, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
      expect(refusalOf(await graph.get(`${id}/${look}`, { token: null }))).to.deep.equal([401, 'missing_token']);
    });

    it(`finds no edge to ${look} that is not there`, async () => {
      expect(refusalOf(await graph.get(`nobody/${look}`))).to.deep.equal([404, 'delegation_not_found']);
      expect(refusalOf(await graph.get(`nobody/${look}`, OPERATOR))).to.deep.equal([404, 'delegation_not_found']);
    });
  }
});
