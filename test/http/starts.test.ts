// Starting sessions over HTTP: the fields, the owners, the parents and the limits of contract section 4.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('starting a session', () => {
  let world: World;
  before(async () => {
    world = await World.create({
      MAX_AGENT_CHILDREN: '2',
      MAX_AGENT_DEPTH: '2',
      MAX_AGENTS_PER_APP: '8',
      MAX_AGENTS_PER_ZONE: '10',
    });
  });
  after(() => world.destroy());
  afterEach(async () => {
    const { body } = await world.call('GET', `${AGENTS}?limit=500`);
    for (const { agent_session_id: id } of body['items'] as { agent_session_id: string }[]) {
      await world.call('DELETE', `${AGENTS}/${id}`, undefined, { token: OPERATOR_TOKEN });
    }
  });

  it('answers 201 with every field of the reference', async () => {
    const asked = { application_id: 'app-a', labels: ['  blue ', 'blue'], metadata: { job: 7 }, ttl_seconds: 60 };
    const { status, body, headers } = await world.call('POST', AGENTS, asked);
    expect(status).to.equal(201);
    expect(headers.get('coordinator-seq')).to.equal('1');
    const { agent_session_id: id, ...rest } = body;
    expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(rest).to.deep.equal({
      zone_id: 'z1',
      application_id: 'app-a',
      parent_id: null,
      subject_authority_record_id: 'user-1',
      subject_session_id: 'user-1',
      subject_proven: true,
      authority: 'own',
      lifecycle: 'task',
      labels: ['blue', 'blue'],
      status: 'active',
      state: 'active',
      depth: 0,
      ttl_seconds: 60,
      metadata: { job: 7 },
      spawned_at: '2026-01-01T00:00:00.000Z',
      started_at: '2026-01-01T00:00:00.000Z',
      last_heartbeat_at: null,
      heartbeat_deadline_at: null,
      lease_generation: 0,
      delegation_edge_id: null,
    });
  });

  it('gives a task an hour and a service no end', async () => {
    const task = await world.call('POST', AGENTS, { application_id: 'app-a' });
    const service = await world.call('POST', AGENTS, { application_id: 'app-a', lifecycle: 'service' });
    expect([task.body['ttl_seconds'], service.body['ttl_seconds']]).to.deep.equal([3600, null]);
    const limited = await world.call('POST', AGENTS, {
      application_id: 'app-a',
      lifecycle: 'service',
      ttl_seconds: 60,
    });
    expect([limited.status, limited.body['ttl_seconds']]).to.deep.equal([201, null]);
  });

  it('takes the subject session from the body before the token, and asks for one where neither has it', async () => {
    const named = await world.call('POST', AGENTS, { application_id: 'app-a', subject_session_id: 'user-9' });
    expect(named.body['subject_session_id']).to.equal('user-9');
    const token = await world.token({ sid: null });
    const neither = await world.call('POST', AGENTS, { application_id: 'app-a' }, { token });
    expect([neither.status, neither.body['error']]).to.deep.equal([400, 'subject_session_id_required']);
  });

  it('puts a child below its parent and counts it there', async () => {
    const parent = await world.session();
    const child = await world.call('POST', AGENTS, { application_id: 'app-a', parent_id: parent });
    expect([child.body['parent_id'], child.body['depth']]).to.deep.equal([parent, 1]);
    const { body } = await world.call('GET', `${AGENTS}/${parent}`);
    expect(body['child_count']).to.equal(1);
    await world.call('DELETE', `${AGENTS}/${String(child.body['agent_session_id'])}`);
    expect((await world.call('GET', `${AGENTS}/${parent}`)).body['child_count']).to.equal(0);
  });

  it('starts for another application only with the scope for it', async () => {
    const refused = await world.call('POST', AGENTS, { application_id: 'app-b' });
    expect([refused.status, refused.body['error']]).to.deep.equal([403, 'application_ownership_required']);
    const token = await world.token({ scope: 'coordinator.spawn_for:app-b' });
    expect((await world.call('POST', AGENTS, { application_id: 'app-b' }, { token })).status).to.equal(201);
  });

  it('starts under another application only with the scope for it', async () => {
    const parent = await world.session();
    const asked = { application_id: 'app-b', parent_id: parent };
    const refused = await world.call('POST', AGENTS, asked, { token: await world.token({ app: 'app-b' }) });
    expect([refused.status, refused.body['error']]).to.deep.equal([403, 'parent_ownership_required']);
    const token = await world.token({ app: 'app-b', scope: 'coordinator.spawn_under:app-a' });
    expect((await world.call('POST', AGENTS, asked, { token })).status).to.equal(201);
  });

  it('is not for the operator', async () => {
    const { status, body } = await world.call('POST', AGENTS, { application_id: 'app-a' }, { token: OPERATOR_TOKEN });
    expect([status, body['error']]).to.deep.equal([403, 'operator_not_allowed']);
  });

  it('refuses a parent that is not live or suspended, and a service under a task', async () => {
    const code = async (fields: object) =>
      (await world.call('POST', AGENTS, { application_id: 'app-a', ...fields })).body['error'];
    expect(await code({ parent_id: 'nobody' })).to.equal('parent_not_found');
    const ended = await world.session();
    await world.call('DELETE', `${AGENTS}/${ended}`);
    expect(await code({ parent_id: ended })).to.equal('parent_not_found');
    const held = await world.session();
    await world.call('PATCH', `${AGENTS}/${held}/suspend`);
    expect(await code({ parent_id: held })).to.equal('parent_suspended');
    const task = await world.session();
    expect(await code({ parent_id: task, lifecycle: 'service' })).to.equal('task_agent_cannot_spawn_service');
    expect(await code({ parent_id: task, inherit_parent_edge_id: 'edge-1' })).to.equal(
      'inherit_parent_edge_not_active',
    );
  });

  it('is bounded in children and depth, where waiting does not help', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    await world.session({ parent_id: root });
    const wide = await world.call('POST', AGENTS, { application_id: 'app-a', parent_id: root });
    const grandchild = await world.session({ parent_id: child });
    const deep = await world.call('POST', AGENTS, { application_id: 'app-a', parent_id: grandchild });
    for (const [answer, code, limit] of [
      [wide, 'agent_children_limit_exceeded', 2],
      [deep, 'agent_depth_limit_exceeded', 2],
    ] as const) {
      expect([answer.status, answer.body['error'], answer.body['details']]).to.deep.equal([
        429,
        code,
        { retryable: false, limit },
      ]);
      expect(answer.headers.get('retry-after')).to.equal(null);
    }
  });

  it('is bounded in live sessions of an application and of the zone, where waiting helps', async () => {
    const first = await world.session({ ttl_seconds: 7 });
    for (let n = 1; n < 8; n += 1) await world.session();
    const ofApp = await world.call('POST', AGENTS, { application_id: 'app-a' });
    expect([ofApp.status, ofApp.body['error'], ofApp.headers.get('retry-after')]).to.deep.equal([
      429,
      'agent_limit_exceeded',
      '7',
    ]);
    const token = await world.token({ app: 'app-b' });
    for (let n = 0; n < 2; n += 1) await world.session({ application_id: 'app-b' }, { token });
    const ofZone = await world.call('POST', AGENTS, { application_id: 'app-b' }, { token });
    expect([ofZone.status, ofZone.body['error']]).to.deep.equal([429, 'agent_zone_limit_exceeded']);
    expect(ofZone.body['details']).to.deep.equal({ retryable: true, limit: 10 });

    // Live means not yet past its TTL: room is there from that instant on.
    world.clock.advance(7_000);
    expect((await world.call('POST', AGENTS, { application_id: 'app-a' })).status).to.equal(201);
    expect((await world.call('GET', `${AGENTS}/${first}`)).body['status']).to.equal('expired');
  });
});
