// Heartbeats and leases over HTTP: contract section 5, to the millisecond.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';

const LEASE_MS = 120_000;

describe('a heartbeat', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const running = () => world.session({ lifecycle: 'service' });
  const iso = (ms: number) => new Date(world.clock.now() + ms).toISOString();

  it('tells the session and the service', async () => {
    const [session, service] = [await running(), await callers.service({ metadata: { a: 1, b: 2 } })];
    world.clock.advance(1_000);
    const beat = { service_id: service, status: 'degraded', active_invocations: 4, metadata: { b: 3, c: 4 } };
    const { status, body } = await callers.heartbeat(session, beat);
    expect(status).to.equal(200);
    expect(body['agent']).to.deep.equal({
      id: session,
      zone_id: 'z1',
      application_id: 'app-a',
      last_active_at: iso(0),
      last_heartbeat_at: iso(0),
      heartbeat_deadline_at: iso(LEASE_MS),
      lease_generation: 1,
      status: 'active',
    });
    expect(body['service']).to.deep.include({
      id: service,
      health: 'degraded',
      last_heartbeat_at: iso(0),
      metadata_json: { a: 1, b: 3, c: 4 },
    });
    expect(body['active_invocations']).to.equal(4);
    expect(await callers.session(session)).to.include({
      last_heartbeat_at: iso(0),
      heartbeat_deadline_at: iso(LEASE_MS),
    });
  });

  it('says healthy and no service unless it says otherwise', async () => {
    const [session, service] = [await running(), await callers.service()];
    const alone = await callers.heartbeat(session);
    expect([alone.body['service'], alone.body['active_invocations']]).to.deep.equal([null, 0]);
    await callers.heartbeat(session, { service_id: service });
    expect(await callers.health(service)).to.equal('healthy');
  });

  it('is refused for what is not there or not allowed', async () => {
    const session = await running();
    const ended = await running();
    await callers.end(ended);
    const as = async (app: string, scope = '') => ({ token: await world.token({ app, scope }) });
    const foreign = await callers.service({ application_id: 'app-b' }, await as('app-b'));
    expect(refusalOf(await callers.heartbeat('nobody'))).to.deep.equal([404, 'agent_not_found']);
    expect(refusalOf(await callers.heartbeat(ended))).to.deep.equal([409, 'agent_not_live']);
    for (const service of ['nobody', foreign]) {
      const answer = await callers.heartbeat(session, { service_id: service });
      expect(refusalOf(answer)).to.deep.equal([404, 'agent_service_not_found']);
    }
    expect(refusalOf(await callers.heartbeat(session, {}, await as('app-b')))).to.deep.equal([
      403,
      'application_ownership_required',
    ]);
    for (const scope of ['coordinator.admin', 'coordinator.spawn_for:app-a'])
      expect((await callers.heartbeat(session, {}, await as('app-b', scope))).status).to.equal(200);
    expect((await callers.heartbeat(session, {}, { token: OPERATOR_TOKEN })).status).to.equal(403);
    for (const bad of [{ status: 'fine' }, { active_invocations: -1 }, { active_invocations: 0.5 }, { metadata: [] }])
      expect(refusalOf(await callers.heartbeat(session, bad))).to.deep.equal([400, 'invalid_body']);
  });

  it('of a task is taken, and renews nothing', async () => {
    const session = await world.session({ ttl_seconds: 60 });
    const { body } = await callers.heartbeat(session);
    expect(body['agent']).to.include({ heartbeat_deadline_at: null, lease_generation: 0, last_heartbeat_at: iso(0) });
    world.clock.advance(60_000);
    expect(refusalOf(await callers.heartbeat(session))).to.deep.equal([409, 'agent_not_live']);
  });

  it('of a suspended session is taken and does not resume it', async () => {
    const [session, service] = [await running(), await callers.service()];
    await callers.patchSession(session, 'suspend');
    const { body } = await callers.heartbeat(session, { service_id: service, status: 'unhealthy' });
    expect(body['agent']).to.include({ status: 'suspended', heartbeat_deadline_at: null });
    expect(await callers.health(service)).to.equal('unhealthy');
  });

  it('leaves an entry only when it says something new, or a third of a lease after the last one', async () => {
    const [session, service] = [await running(), await callers.service()];
    const seqOf = async (fields: object = {}) =>
      Number((await callers.heartbeat(session, { service_id: service, ...fields })).headers.get('coordinator-seq'));
    const first = await seqOf();
    for (let n = 0; n < 1_000; n += 1) expect(await seqOf()).to.equal(first);
    world.clock.advance(LEASE_MS / 3 - 1);
    expect(await seqOf({ metadata: {} })).to.equal(first);
    world.clock.advance(1);
    expect(await seqOf()).to.equal(first + 1);
    expect(await seqOf({ status: 'degraded' })).to.equal(first + 2);
    expect(await seqOf({ status: 'degraded', metadata: { a: { b: 1 } } })).to.equal(first + 3);
    expect(await seqOf({ status: 'degraded', metadata: { a: { b: 1 } } })).to.equal(first + 3);
  });
});

describe('a lease', () => {
  let world: World;
  let callers: Callers;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  afterEach(() => world.destroy());

  const running = (fields: object = {}) => world.session({ lifecycle: 'service', ...fields });
  const stateOf = async (id: string) => {
    const { status, suspended_reason: reason } = await callers.session(id);
    return [status, reason];
  };

  it('runs out on the instant, with the subtree, even when nobody asks before', async () => {
    const root = await running();
    const child = await world.session({ parent_id: root });
    world.clock.advance(LEASE_MS - 1);
    expect(await stateOf(root)).to.deep.equal(['active', null]);
    world.clock.advance(1);
    expect(refusalOf(await callers.heartbeat(root))).to.deep.equal([409, 'agent_lease_expired']);
    expect(await stateOf(root)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect(await stateOf(child)).to.deep.equal(['suspended', 'parent_suspended']);
  });

  it('is renewed by a heartbeat, and fresh after a resume', async () => {
    const session = await running();
    for (let n = 0; n < 5; n += 1) {
      world.clock.advance(LEASE_MS - 1);
      expect((await callers.heartbeat(session)).status).to.equal(200);
    }
    world.clock.advance(LEASE_MS);
    expect(await stateOf(session)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect((await callers.patchSession(session, 'resume')).body).to.deep.equal({ resumed: 1 });
    world.clock.advance(LEASE_MS - 1);
    expect(await stateOf(session)).to.deep.equal(['active', null]);
    world.clock.advance(1);
    expect((await stateOf(session))[0]).to.equal('suspended');
  });

  it('does not run while the session is suspended, by itself or from above', async () => {
    const root = await running();
    const child = await running({ parent_id: root });
    await callers.patchSession(root, 'suspend');
    world.clock.advance(10 * LEASE_MS);
    expect(await stateOf(root)).to.deep.equal(['suspended', 'requested']);
    expect((await callers.patchSession(root, 'resume')).body).to.deep.equal({ resumed: 2 });
    world.clock.advance(LEASE_MS - 1);
    expect([await stateOf(root), await stateOf(child)]).to.deep.equal([
      ['active', null],
      ['active', null],
    ]);
  });

  it('does not run while the coordinator is down', async () => {
    const [session, service] = [await running(), await callers.service()];
    await callers.heartbeat(session, { service_id: service });
    await world.stop();
    world.clock.advance(10 * LEASE_MS);
    await world.start();
    expect(await stateOf(session)).to.deep.equal(['active', null]);
    expect(await callers.health(service)).to.equal('healthy');
    world.clock.advance(LEASE_MS - 1);
    expect(await stateOf(session)).to.deep.equal(['active', null]);
    world.clock.advance(1);
    expect(await stateOf(session)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect(await callers.health(service)).to.equal('unhealthy');
  });

  it('is taken over by raising its generation, which fences the holder before', async () => {
    const session = await running();
    world.clock.advance(1_000);
    const { status, body } = await callers.takeLease(session);
    expect(status).to.equal(200);
    const deadline = new Date(world.clock.now() + LEASE_MS).toISOString();
    expect(body['agent']).to.include({ lease_generation: 2, status: 'active', heartbeat_deadline_at: deadline });
    const fenced = await callers.heartbeat(session, { lease_generation: 1 });
    expect(refusalOf(fenced)).to.deep.equal([409, 'session_lease_fenced']);
    expect(fenced.body['details']).to.deep.equal({ lease_generation: 2 });
    for (const generation of [2, null]) {
      expect((await callers.heartbeat(session, { lease_generation: generation })).status).to.equal(200);
    }
    await world.restart();
    expect((await callers.session(session))['lease_generation']).to.equal(2);
  });

  it('is not there to be taken of a task, of nobody, or of what has ended', async () => {
    expect(refusalOf(await callers.takeLease(await world.session()))).to.deep.equal([409, 'session_not_service']);
    expect(refusalOf(await callers.takeLease('nobody'))).to.deep.equal([404, 'agent_not_found']);
    const session = await running();
    await callers.end(session);
    expect(refusalOf(await callers.takeLease(session))).to.deep.equal([409, 'session_not_live']);
    const stranger = { token: await world.token({ app: 'app-b' }) };
    expect(refusalOf(await callers.takeLease(await running(), stranger))).to.deep.equal([
      403,
      'application_ownership_required',
    ]);
  });

  it('of a service agent that is silent ends in unhealthy, until it is heard again', async () => {
    const service = await callers.service();
    world.clock.advance(LEASE_MS - 1);
    expect(await callers.health(service)).to.equal('starting');
    world.clock.advance(1);
    expect(await callers.health(service)).to.equal('unhealthy');
    const session = await running();
    await callers.heartbeat(session, { service_id: service });
    expect(await callers.health(service)).to.equal('healthy');
  });

  it('tells in the history of its session how it went', async () => {
    const session = await running();
    await callers.heartbeat(session);
    await callers.takeLease(session);
    world.clock.advance(LEASE_MS);
    const history = await world.call('GET', `/zones/z1/agents/${session}/history`);
    expect(itemsOf(history).map(({ event }) => event)).to.deep.equal([
      'session.started',
      'session.heard',
      'session.lease-taken',
      'session.lease-lost',
    ]);
  });
});
