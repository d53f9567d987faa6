// Registering a service agent at its bounds, under a key, and by everybody who may and may not; and who may keep its leases.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

describe('a registration', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create({ IDEMPOTENCY_RETENTION_SECONDS: '100' });
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const as = async (app: string, scope = '') => ({ token: await world.token({ app, scope }) });
  const keyed = (key: string, token?: string) => ({
    headers: { 'idempotency-key': key },
    ...(token === undefined ? {} : { token }),
  });

  it('may say as much as its bounds let it', async () => {
    const address = 'https://bounds.example/';
    const fields = {
      endpoint_url: address + 'x'.repeat(2_048 - address.length),
      protocol_versions: Array.from({ length: 64 }, (_, n) => `${n}`.padEnd(255, '.')),
      capabilities: Array(64).fill('x'),
      framework: { name: 'f'.repeat(255), version: 'v'.repeat(255) },
    };
    const { status, body } = await callers.register(fields);
    expect([status, body['protocol_versions']]).to.deep.equal([201, fields.protocol_versions]);
    expect(body).to.include({ framework_name: fields.framework.name, framework_version: fields.framework.version });
    expect((await callers.register({ framework: { name: 'f', version: null } })).body).to.include({
      framework_name: 'f',
      framework_version: null,
    });
  });

  for (const [field, value] of [
    ['protocol_versions', Array(65).fill('1')],
    ['protocol_versions', ['x'.repeat(256)]],
    ['framework', { name: 'f'.repeat(256) }],
    ['framework', { name: 'f', version: '' }],
    ['capabilities', 'one'],
    ['metadata', []],
  ] as const) {
    it(`may not say ${field} ${JSON.stringify(value).slice(0, 24)}`, async () => {
      expect(refusalOf(await callers.register({ [field]: value }))).to.deep.equal([400, 'invalid_body']);
    });
  }

  for (const [app, scope, isAllowed] of [
    ['app-a', '', true],
    ['app-c', 'coordinator.spawn_for:app-a', true],
    ['app-c', 'coordinator.spawn_for:app-c coordinator.spawn_for', false],
    ['app-c', 'coordinator.invoke_from:app-a', false],
    ['app-c', 'coordinator.spawn_under:app-a', false],
    ['app-c', 'coordinator.admin', false],
  ] as const) {
    it(`is ${isAllowed ? 'made' : 'not made'} for app-a by ${app} with "${scope}"`, async () => {
      const answer = await callers.register({}, await as(app, scope));
      if (isAllowed) expect(answer.status).to.equal(201);
      else expect(refusalOf(answer)).to.deep.equal([403, 'application_ownership_required']);
    });
  }

  for (const key of ['', 'k\u0001', 'x'.repeat(256)]) {
    it(`takes no Idempotency-Key ${JSON.stringify(key.slice(0, 4))} of ${key.length} bytes`, async () => {
      const sent = `POST /zones/z1/agent-services HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`;
      const body = JSON.stringify({ application_id: 'app-a', endpoint_url: 'https://key.example' });
      const head = `${sent}Authorization: Bearer ${await world.token()}\r\nIdempotency-Key: ${key}\r\n`;
      const answer = await world.raw(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
      expect(answer).to.match(/^HTTP\/1\.1 400 /);
      if (!key.includes('\u0001')) expect(answer).to.contain('idempotency_key_invalid');
    });
  }

  it('is answered again under its key through a restart, by the application that sent it, while that is remembered', async () => {
    const fields = { endpoint_url: 'https://again.example', metadata: { a: { b: 1, c: 2 } } };
    const first = await callers.register(fields, keyed('again'));
    await world.restart();
    world.clock.advance(99_999);
    const seq = (await callers.list('limit=1')).headers.get('coordinator-seq');
    const again = await callers.register({ ...fields, metadata: { a: { c: 2, b: 1 } } }, keyed('again'));
    expect([again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([201, 'true']);
    expect(again.body['id']).to.equal(first.body['id']);
    expect(again.headers.get('coordinator-seq')).to.equal(seq);
    const { token } = await as('app-c', 'coordinator.spawn_for:app-a');
    const theirs = await callers.register({ ...fields, capabilities: ['x'] }, keyed('again', token));
    expect([theirs.status, theirs.headers.get('idempotency-replayed')]).to.deep.equal([201, null]);
    world.clock.advance(1);
    const fresh = await callers.register({ ...fields, capabilities: ['y'] }, keyed('again'));
    expect([fresh.status, fresh.body['id'], fresh.body['capabilities']]).to.deep.equal([201, first.body['id'], ['y']]);
  });
});

describe('the length of a lease', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create({ SERVICE_AGENT_LEASE_SECONDS: '6' });
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const iso = (ms: number) => new Date(world.clock.now() + ms).toISOString();

  it('is what the configuration says, from the start of a session on', async () => {
    const service = await callers.service();
    const { body } = await world.call('POST', '/zones/z1/agents', { application_id: 'app-a', lifecycle: 'service' });
    expect(body).to.include({ heartbeat_deadline_at: iso(6_000), lease_generation: 1, last_heartbeat_at: iso(0) });
    const session = String(body['agent_session_id']);
    world.clock.advance(5_999);
    expect((await callers.session(session))['status']).to.equal('active');
    expect(await callers.health(service)).to.equal('starting');
    world.clock.advance(1);
    expect((await callers.session(session))['suspended_reason']).to.equal('service_heartbeat_lost');
    expect(await callers.health(service)).to.equal('unhealthy');
  });

  it('is renewed under the current generation only', async () => {
    const session = await world.session({ lifecycle: 'service' });
    world.clock.advance(1_000);
    for (const generation of [0, 2, Number.MAX_SAFE_INTEGER]) {
      const fenced = await callers.heartbeat(session, { lease_generation: generation });
      expect(refusalOf(fenced)).to.deep.equal([409, 'session_lease_fenced']);
    }
    const { body } = await callers.heartbeat(session, { lease_generation: 1 });
    expect(body['agent']).to.include({ lease_generation: 1, heartbeat_deadline_at: iso(6_000) });
  });

  it('changes with the configuration for leases that run already', async () => {
    const session = await world.session({ lifecycle: 'service' });
    await world.restart({ SERVICE_AGENT_LEASE_SECONDS: '60' });
    expect((await callers.session(session))['heartbeat_deadline_at']).to.equal(iso(60_000));
    world.clock.advance(59_999);
    expect((await callers.heartbeat(session)).body['agent']).to.include({ heartbeat_deadline_at: iso(60_000) });
  });

  it('is nothing that the operator or a stranger may renew', async () => {
    const session = await world.session({ lifecycle: 'service' });
    const operator = { token: OPERATOR_TOKEN };
    expect(refusalOf(await callers.takeLease(session, operator))).to.deep.equal([403, 'operator_not_allowed']);
    expect(refusalOf(await callers.heartbeat(session, {}, operator))).to.deep.equal([403, 'operator_not_allowed']);
    for (const scope of ['coordinator.invoke_from:app-a', 'coordinator.spawn_under:app-a']) {
      const stranger = { token: await world.token({ app: 'app-c', scope }) };
      const refused = [403, 'application_ownership_required'];
      expect(refusalOf(await callers.takeLease(session, stranger))).to.deep.equal(refused);
      expect(refusalOf(await callers.heartbeat(session, {}, stranger))).to.deep.equal(refused);
    }
  });
});
