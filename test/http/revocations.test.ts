// Taking delegated authority back: what a revocation answers, whom it ends and for which reason, who may, and that a dry run
// says it all and changes nothing.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

const NOT_FOUND = [404, 'delegation_not_found'];

describe('a revocation', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  const below = (parent: string, fields: object = {}) =>
    world.session({ parent_id: parent, parent_authority: 'none', ...fields });
  const historyOf = async (kind: 'agents' | 'delegations', id: string) =>
    itemsOf(await world.call('GET', `/zones/z1/${kind}/${id}/history`, undefined, OPERATOR)).map(
      (each) => each['event'],
    );

  it('of a single edge ends the session it led to, and tells so', async () => {
    const [source, target] = await graph.sessions();
    const id = await graph.edge(source, target);
    world.clock.advance(1_000);
    const { status, headers, body } = await graph.revoke(id);
    const { graph_epoch, ...counts } = body;
    expect([status, counts]).to.deep.equal([
      200,
      {
        revoked_edges: 1,
        also_revoked_edges: 0,
        affected_sessions: 1,
        terminated_agents: 1,
        terminated_sessions: 1,
      },
    ]);
    expect(String(graph_epoch)).to.equal(headers.get('coordinator-seq'));
    const revoked_at = new Date(world.clock.now()).toISOString();
    expect(await graph.row(id)).to.include({ status: 'revoked', edge_version: 2, revoked_at });
    expect(await graph.callers.session(target)).to.include({
      status: 'terminated',
      state: 'terminated',
      termination_reason: 'delegation_revoked',
      terminated_at: revoked_at,
    });
    expect((await graph.callers.session(source))['status']).to.equal('active');
  });

  it('goes down a chain, and through the subtree of every session of it', async () => {
    const [top, first, second, third, aside] = await graph.sessions();
    const child = await below(second);
    const grandchild = await below(child);
    const fromBelow = await graph.edge(grandchild, aside);
    const kept = await graph.edge(top, first, { hops: 4 });
    const middle = await graph.edge(first, second, { hops: 3 });
    const last = await graph.edge(second, third, { hops: 2 });
    expect((await graph.revoke(middle)).body).to.deep.include({
      revoked_edges: 2,
      also_revoked_edges: 1,
      affected_sessions: 1,
      terminated_agents: 4,
    });
    expect(await graph.statusesOf(kept, middle, last, fromBelow)).to.deep.equal([
      'active',
      'revoked',
      'revoked',
      'revoked',
    ]);
    for (const id of [middle, last, fromBelow]) expect((await graph.row(id))['edge_version']).to.equal(2);
    expect(await graph.fatesOf(top, first, aside)).to.deep.equal([
      ['active', null],
      ['active', null],
      ['active', null],
    ]);
    expect(await graph.fatesOf(second, third, child, grandchild)).to.deep.equal([
      ['terminated', 'delegation_revoked'],
      ['terminated', 'delegation_revoked'],
      ['terminated', 'parent_terminated'],
      ['terminated', 'parent_terminated'],
    ]);
  });

  it('lowers the count of children above a session that it ends', async () => {
    const [source, parent] = await graph.sessions();
    const target = await below(parent);
    const id = await graph.edge(source, target);
    expect((await graph.callers.session(parent))['child_count']).to.equal(1);
    await graph.revoke(id);
    expect(await graph.callers.session(parent)).to.include({ child_count: 0, status: 'active' });
  });

  it('ends a session that is suspended too', async () => {
    const [source, target] = await graph.sessions();
    const id = await graph.edge(source, target);
    await graph.callers.patchSession(target, 'suspend');
    expect((await graph.revoke(id)).body).to.include({ revoked_edges: 1, terminated_agents: 1 });
    expect(await graph.fatesOf(target)).to.deep.equal([['terminated', 'delegation_revoked']]);
  });

  it('cancels what the sessions it ends wait for, and asks what runs to stop, in subtrees too', async () => {
    const [source, target, receiver] = await graph.sessions();
    const child = await below(target);
    const service = await graph.callers.service();
    const call = (session: string) => graph.callers.invocation({ service_id: service, source_session_id: session });
    const calls = [await call(target), await call(child), await call(child), await call(receiver), await call(source)];
    await graph.callers.move(calls[2] ?? '', 'start');
    await graph.callers.move(calls[3] ?? '', 'start');
    const id = await graph.edge(source, target, { hops: 2 });
    await graph.edge(target, receiver);
    await graph.revoke(id);
    const statuses = calls.map(async (each) => (await graph.callers.get(each)).body['status']);
    expect(await Promise.all(statuses)).to.deep.equal([
      'canceled',
      'canceled',
      'cancel_requested',
      'cancel_requested',
      'pending',
    ]);
  });

  it('counts the subject sessions of those it leads to, each once, and of no subtree', async () => {
    const [source] = await graph.sessions();
    const subjects = ['user-2', 'user-3', 'user-2'];
    const chain = await Promise.all(subjects.map((subject_session_id) => world.session({ subject_session_id })));
    const [first = '', second = '', third = ''] = chain;
    await below(third, { subject_session_id: 'user-5' });
    const id = await graph.edge(source, first, { hops: 3 });
    await graph.edge(first, second, { hops: 2 });
    await graph.edge(second, third);
    expect((await graph.dryRevoke(id))['subject_session_ids']).to.deep.equal(['user-2', 'user-3']);
    expect((await graph.revoke(id)).body).to.include({ affected_sessions: 2, terminated_agents: 4, revoked_edges: 3 });
  });

  it('is one entry, which is in the history of everything it reached', async () => {
    const [source, target, last] = await graph.sessions();
    const child = await below(target);
    const id = await graph.edge(source, target, { hops: 2 });
    const onward = await graph.edge(target, last);
    const { headers } = await graph.revoke(id);
    expect((await world.call('GET', '/zones/z1/agents')).headers.get('coordinator-seq')).to.equal(
      headers.get('coordinator-seq'),
    );
    for (const session of [target, child, last])
      expect((await historyOf('agents', session)).at(-1)).to.equal('edge.revoked');
    for (const edge of [id, onward])
      expect(await historyOf('delegations', edge)).to.deep.equal(['edge.created', 'edge.revoked']);
    expect(await historyOf('agents', source)).to.deep.equal(['session.started']);
  });

  it('happens once: an edge that has lapsed in whatever way is not found', async () => {
    const [source, target, last, brief] = await graph.sessions();
    const id = await graph.edge(source, target, { hops: 2 });
    const onward = await graph.edge(target, last);
    const expiring = await graph.edge(source, brief, { ttl_seconds: 5 });
    world.clock.advance(5_000);
    await graph.revoke(id);
    for (const gone of [id, onward, expiring, 'nobody', source])
      for (const query of ['', '?dry_run=true'])
        expect(refusalOf(await graph.revoke(gone, {}, query))).to.deep.equal(NOT_FOUND);
    expect((await graph.row(id))['edge_version']).to.equal(2);
  });

  it('happens once however many ask at the same time', async () => {
    const [source, target, last] = await graph.sessions();
    const id = await graph.edge(source, target, { hops: 2 });
    await graph.edge(target, last);
    const answers = await Promise.all(Array.from({ length: 8 }, () => graph.revoke(id)));
    const carriedOut = answers.filter(({ status }) => status === 200);
    expect(carriedOut.map(({ body }) => [body['revoked_edges'], body['terminated_agents']])).to.deep.equal([[2, 2]]);
    expect(answers.filter(({ status }) => status === 404)).to.have.length(7);
  });

  it('says in a dry run which, and changes nothing', async () => {
    const [source, target, last] = await graph.sessions();
    const child = await below(target);
    const id = await graph.edge(source, target, { hops: 2 });
    const onward = await graph.edge(target, last);
    const { headers } = await world.call('GET', '/zones/z1/agents');
    const { status, body } = await graph.revoke(id, {}, '?dry_run=true');
    expect([status, body]).to.deep.equal([
      200,
      {
        dry_run: true,
        revoked_edges: 2,
        also_revoked_edges: 0,
        affected_sessions: 1,
        terminated_agents: 3,
        terminated_sessions: 3,
        delegation_edge_ids: [id, onward],
        subject_session_ids: ['user-1'],
        agent_session_ids: [target, child, last],
      },
    ]);
    expect(await graph.statusesOf(id, onward)).to.deep.equal(['active', 'active']);
    for (const each of [target, child, last]) expect((await graph.callers.session(each))['status']).to.equal('active');
    const after = await world.call('GET', '/zones/z1/agents');
    expect(after.headers.get('coordinator-seq')).to.equal(headers.get('coordinator-seq'));
    expect(refusalOf(await graph.revoke(id, {}, '?dry_run=perhaps'))).to.deep.equal([400, 'invalid_query']);
  });
});

describe('whoever revokes an edge', () => {
  let world: World;
  let graph: GraphCallers;
  let source: string;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    source = await world.session();
  });
  after(() => world.destroy());

  const handed = async () =>
    graph.edge(
      source,
      await graph.sessionOf('app-b'),
      { receiver_application_id: 'app-b' },
      await graph.as('app-a', 'coordinator.delegate_to:app-b'),
    );

  const callers: readonly [string, string, string, boolean][] = [
    ['the issuer', 'app-a', '', true],
    ['an admin', 'app-c', 'coordinator.admin', true],
    ['one that may delegate for the issuer', 'app-c', 'coordinator.delegate_from:app-a', true],
    ['one that may delegate for another', 'app-c', 'coordinator.delegate_from:app-b', false],
    ['one that may delegate to the receiver', 'app-c', 'coordinator.delegate_to:app-b', false],
    ['one that may start sessions for the issuer', 'app-c', 'coordinator.spawn_for:app-a', false],
    ['the receiver', 'app-b', '', false],
    ['another application', 'app-c', '', false],
  ];
  for (const [who, app, scope, may] of callers) {
    it(`${may ? 'may be' : 'is not'} ${who}, in a dry run too`, async () => {
      const id = await handed();
      const options = await graph.as(app, scope);
      for (const query of ['?dry_run=true', '']) {
        const expected = may ? [200, undefined] : [403, 'issuer_ownership_required'];
        expect(refusalOf(await graph.revoke(id, options, query))).to.deep.equal(expected);
      }
      expect(await graph.statusesOf(id)).to.deep.equal([may ? 'revoked' : 'active']);
    });
  }

  it('may hold the operator token, in whatever zone', async () => {
    const id = await handed();
    expect((await graph.revoke(id, OPERATOR)).body).to.include({ revoked_edges: 1, terminated_agents: 1 });
    expect(refusalOf(await graph.revoke(id, OPERATOR))).to.deep.equal(NOT_FOUND);
  });

  it('needs a token of the zone', async () => {
    const id = await handed();
    const elsewhere = { token: await world.token({ zone: 'z2', scope: 'coordinator.admin' }) };
    expect(refusalOf(await graph.revoke(id, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    expect(refusalOf(await graph.revoke(id, { token: null }))).to.deep.equal([401, 'missing_token']);
    const path = `/zones/z2/delegations/${id}/revoke`;
    expect(refusalOf(await world.call('PATCH', path, undefined, elsewhere))).to.deep.equal(NOT_FOUND);
    expect(refusalOf(await world.call('PATCH', path, undefined, OPERATOR))).to.deep.equal(NOT_FOUND);
    expect(await graph.statusesOf(id)).to.deep.equal(['active']);
  });

  it('ends sessions of applications it has no other right to', async () => {
    const id = await handed();
    const { target_session_id: target } = await graph.row(id);
    expect(refusalOf(await graph.callers.end(String(target)))).to.deep.equal([403, 'application_ownership_required']);
    await graph.revoke(id);
    expect(await graph.fatesOf(String(target))).to.deep.equal([['terminated', 'delegation_revoked']]);
  });
});
