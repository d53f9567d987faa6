// Suspend, resume, terminate and expiry through a subtree, over HTTP: the subtree rules of contract section 4.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('the subtree', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const patch = (id: string, verb: string, query = '') => world.call('PATCH', `${AGENTS}/${id}/${verb}${query}`);
  const get = async (id: string) => (await world.call('GET', `${AGENTS}/${id}`)).body;
  const statusesOf = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await get(id))['status']));

  it('is suspended and resumed as a whole, and tells how many', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const grandchild = await world.session({ parent_id: child });
    expect((await patch(root, 'suspend')).body).to.deep.equal({ suspended: 3 });
    expect(await statusesOf(root, child, grandchild)).to.deep.equal(['suspended', 'suspended', 'suspended']);
    expect((await get(root))['suspended_reason']).to.equal('requested');
    expect((await get(grandchild))['suspended_reason']).to.equal('parent_suspended');
    expect((await patch(root, 'resume')).body).to.deep.equal({ resumed: 3 });
    expect(await statusesOf(root, child, grandchild)).to.deep.equal(['active', 'active', 'active']);
  });

  it('keeps a hold of its own through a hold from above', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const grandchild = await world.session({ parent_id: child });
    const other = await world.session({ parent_id: root });
    await patch(child, 'suspend');
    expect((await patch(root, 'suspend')).body).to.deep.equal({ suspended: 2 });
    expect((await patch(child, 'resume')).body['error']).to.equal('ancestor_suspended');
    expect((await patch(grandchild, 'resume')).body['error']).to.equal('ancestor_suspended');
    expect((await patch(root, 'resume')).body).to.deep.equal({ resumed: 2 });
    expect(await statusesOf(root, other, child, grandchild)).to.deep.equal([
      'active',
      'active',
      'suspended',
      'suspended',
    ]);
    expect((await patch(child, 'resume')).body).to.deep.equal({ resumed: 2 });
  });

  it('refuses what a state does not take', async () => {
    const root = await world.session();
    expect((await patch(root, 'resume')).body['error']).to.equal('agent_not_found_or_not_suspended');
    await patch(root, 'suspend');
    const again = await patch(root, 'suspend');
    expect([again.status, again.body['error']]).to.deep.equal([409, 'agent_not_found_or_not_active']);
    await world.call('DELETE', `${AGENTS}/${root}`);
    expect((await patch(root, 'suspend')).body['error']).to.equal('agent_not_found_or_not_active');
    expect((await patch('nobody', 'suspend')).body['error']).to.equal('agent_not_found');
    expect((await patch('nobody', 'resume')).status).to.equal(404);
  });

  it('ends as a whole, with the reason at the root', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const answer = await world.call('DELETE', `${AGENTS}/${root}?reason=budget%20spent`);
    expect([answer.status, answer.text]).to.deep.equal([204, '']);
    expect(await get(root)).to.include({
      status: 'terminated',
      state: 'terminated',
      termination_reason: 'budget spent',
    });
    expect(await get(child)).to.include({
      status: 'terminated',
      termination_reason: 'parent_terminated',
      terminated_at: '2026-01-01T00:00:00.000Z',
    });
    expect((await world.call('DELETE', `${AGENTS}/${root}`)).status).to.equal(404);
  });

  it('ends at the instant its TTL has run, whoever looks first', async () => {
    const root = await world.session({ ttl_seconds: 60 });
    const child = await world.session({ parent_id: root, ttl_seconds: 3600 });
    const started = world.clock.now();
    world.clock.advance(59_999);
    expect(await statusesOf(root, child)).to.deep.equal(['active', 'active']);
    world.clock.advance(1);
    const terminated_at = new Date(started + 60_000).toISOString();
    expect(await get(root)).to.include({
      status: 'expired',
      state: 'terminated',
      termination_reason: 'ttl',
      terminated_at,
    });
    expect(await get(child)).to.include({
      status: 'terminated',
      termination_reason: 'parent_terminated',
      terminated_at,
    });
    expect((await patch(root, 'suspend')).status).to.equal(409);
  });

  it('runs its TTL on while it is suspended', async () => {
    const root = await world.session({ ttl_seconds: 5 });
    await patch(root, 'suspend');
    world.clock.advance(5_000);
    expect((await get(root))['status']).to.equal('expired');
  });

  it('says in a dry run what would change, and changes nothing', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const seq = (await world.call('GET', AGENTS)).headers.get('coordinator-seq');
    const suspend = await patch(root, 'suspend', '?dry_run=true');
    expect(suspend.body).to.deep.equal({ dry_run: true, suspended: 2, agent_session_ids: [root, child] });
    const end = await world.call('DELETE', `${AGENTS}/${root}?dry_run=true`);
    expect([end.status, end.body]).to.deep.equal([
      200,
      { dry_run: true, terminated: 2, agent_session_ids: [root, child], revoked_edges: 0, delegation_edge_ids: [] },
    ]);
    expect((await patch(root, 'resume', '?dry_run=true')).status).to.equal(409);
    expect(await statusesOf(root, child)).to.deep.equal(['active', 'active']);
    expect((await world.call('GET', AGENTS)).headers.get('coordinator-seq')).to.equal(seq);
  });

  it('is for its application, for the scope, and for the operator', async () => {
    const root = await world.session();
    const tokenOf = (scope: string) => world.token({ app: 'app-b', scope });
    const call = async (token: string, verb: string) =>
      world.call('PATCH', `${AGENTS}/${root}/${verb}`, undefined, { token });
    const refused = await call(await tokenOf(''), 'suspend');
    expect([refused.status, refused.body['error']]).to.deep.equal([403, 'application_ownership_required']);
    expect((await call(await tokenOf('coordinator.spawn_for:app-a'), 'suspend')).status).to.equal(200);
    expect((await call(await tokenOf('coordinator.admin'), 'resume')).status).to.equal(200);
    expect((await call(OPERATOR_TOKEN, 'suspend')).status).to.equal(200);
    expect((await world.call('DELETE', `${AGENTS}/${root}`, undefined, { token: OPERATOR_TOKEN })).status).to.equal(
      204,
    );
    const read = await world.call('GET', `${AGENTS}/${root}`, undefined, { token: await tokenOf('') });
    expect(read.status).to.equal(200);
  });
});
