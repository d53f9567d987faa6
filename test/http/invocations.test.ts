// Invocations over HTTP: how they are created, every move of contract section 6, and what each state refuses.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

describe('an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
    service = await callers.service();
  });
  after(() => world.destroy());

  const invocation = (fields: object = {}) => callers.invocation({ service_id: service, ...fields });
  const once = { retry_policy: { max_attempts: 1 } };

  it('is created with its defaults', async () => {
    const { status, body } = await callers.create({ service_id: service, idempotency_key: 'first', method: 'm' });
    expect(status).to.equal(201);
    expect(body).to.deep.equal({
      id: body['id'],
      zone_id: 'z1',
      service_id: service,
      source_session_id: null,
      target_session_id: null,
      idempotency_key: 'first',
      method: 'm',
      params_json: {},
      metadata_json: {},
      state: 'pending',
      status: 'pending',
      attempts: 0,
      max_attempts: 3,
      timeout_ms: 30_000,
      retry_policy_json: { max_attempts: 3, backoff_ms: 1_000 },
      next_attempt_at: null,
      deadline_at: null,
      cancel_requested_at: null,
      started_at: null,
      completed_at: null,
      created_at: new Date(world.clock.now()).toISOString(),
      error_json: null,
    });
    expect((await callers.get(String(body['id']))).body).to.deep.equal(body);
  });

  for (const [what, fields] of [
    ['no service', { service_id: undefined }],
    ['no method', { method: undefined }],
    ['no key', { idempotency_key: undefined }],
    ['a timeout of 0', { timeout_ms: 0 }],
    ['a timeout over 15 minutes', { timeout_ms: 900_001 }],
    ['no attempt', { retry_policy: { max_attempts: 0 } }],
    ['eleven attempts', { retry_policy: { max_attempts: 11 } }],
    ['a backoff over 5 minutes', { retry_policy: { backoff_ms: 300_001 } }],
    ['a control character in its method', { method: 'a\u0000b' }],
  ] as const) {
    it(`is not created with ${what}`, async () => {
      expect(refusalOf(await callers.create({ service_id: service, ...fields }))).to.deep.equal([400, 'invalid_body']);
    });
  }

  for (const key of ['', ' k', 'k '.padEnd(3), 'k\u0007', 'x'.repeat(256), 'ü'.repeat(128)]) {
    it(`is not created under the key ${JSON.stringify(key.slice(0, 5))} of ${key.length} characters`, async () => {
      const answer = await callers.create({ service_id: service, idempotency_key: key });
      expect(refusalOf(answer)).to.deep.equal([400, 'idempotency_key_invalid']);
    });
  }

  it('names a service and sessions that are there', async () => {
    const ended = await world.session();
    await callers.end(ended);
    const suspended = await world.session();
    await callers.patchSession(suspended, 'suspend');
    const create = (fields: object) => callers.create({ service_id: service, ...fields });
    expect(refusalOf(await create({ service_id: 'nobody' }))).to.deep.equal([404, 'agent_service_not_found']);
    for (const session of ['nobody', ended, suspended]) {
      expect(refusalOf(await create({ source_session_id: session }))).to.deep.equal([404, 'agent_session_not_found']);
      expect(refusalOf(await create({ target_session_id: session }))).to.deep.equal([404, 'agent_session_not_found']);
    }
    const [task, serving] = [await world.session(), await world.session({ lifecycle: 'service' })];
    expect((await create({ source_session_id: serving, target_session_id: task })).status).to.equal(201);
  });

  it('runs from its start to its deadline', async () => {
    const id = await invocation({ timeout_ms: 5_000 });
    const { status, body } = await callers.move(id, 'start');
    const now = world.clock.now();
    expect([status, body['state'], body['status'], body['attempts']]).to.deep.equal([200, 'running', 'running', 1]);
    expect(Date.parse(String(body['deadline_at']))).to.equal(now + 5_000);
    expect(Date.parse(String(body['started_at']))).to.equal(now);
  });

  it('succeeds with metadata that is merged', async () => {
    const id = await invocation({ metadata: { a: 1, b: { c: 2 } }, params: { q: 1 } });
    await callers.move(id, 'start');
    const { body } = await callers.move(id, 'complete', { status: 'succeeded', metadata: { b: 3, d: null } });
    expect(body).to.include({ state: 'completed', status: 'succeeded', error_json: null, deadline_at: null });
    expect(body['metadata_json']).to.deep.equal({ a: 1, b: 3, d: null });
    expect(body['params_json']).to.deep.equal({ q: 1 });
  });

  it('is tried again after a failure while attempts are left, and is over then', async () => {
    const id = await invocation({ retry_policy: { max_attempts: 2, backoff_ms: 700 } });
    await callers.move(id, 'start');
    world.clock.advance(100);
    const failed = (await callers.move(id, 'complete', { status: 'failed', error: { code: 7 } })).body;
    expect(failed).to.include({
      state: 'pending',
      status: 'failed',
      attempts: 1,
      completed_at: new Date(world.clock.now()).toISOString(),
      deadline_at: null,
    });
    expect(failed['error_json']).to.deep.equal({ code: 7 });
    expect(Date.parse(String(failed['next_attempt_at']))).to.equal(world.clock.now() + 700);
    // The caller decides when: the instant is a hint.
    expect((await callers.move(id, 'start')).body).to.include({
      status: 'running',
      attempts: 2,
      next_attempt_at: null,
      completed_at: null,
    });
    world.clock.advance(100);
    const over = (await callers.move(id, 'complete', { status: 'failed', error: { code: 8 } })).body;
    const completed_at = new Date(world.clock.now()).toISOString();
    expect(over).to.include({ state: 'completed', status: 'failed', next_attempt_at: null, completed_at });
    expect(over['error_json']).to.deep.equal({ code: 8 });
    const refused = await callers.move(id, 'start');
    expect(refusalOf(refused)).to.deep.equal([409, 'invocation_not_startable']);
    expect(refused.headers.get('retry-after')).to.equal('1');
    expect(refused.body['details']).to.deep.equal({ status: 'failed', attempts: 2, max_attempts: 2, retryable: false });
  });

  it('says how long a start has to wait for one that runs', async () => {
    const id = await invocation({ timeout_ms: 20_000 });
    await callers.move(id, 'start');
    world.clock.advance(5_500);
    expect((await callers.move(id, 'start')).headers.get('retry-after')).to.equal('15');
  });

  it('is cancelled while it waits, with the reason in its metadata', async () => {
    const id = await invocation({ metadata: { a: 1 } });
    const { status, body } = await callers.move(id, 'cancel', { reason: 'not needed' });
    expect([status, body['state'], body['status']]).to.deep.equal([200, 'cancelled', 'canceled']);
    expect(body['metadata_json']).to.deep.equal({ a: 1, cancel_reason: 'not needed' });
    expect(body['cancel_requested_at']).to.equal(body['completed_at']);
  });

  it('is never tried again once its cancellation was asked for', async () => {
    const [failing, succeeding] = [await invocation(), await invocation()];
    for (const id of [failing, succeeding]) {
      await callers.move(id, 'start');
      expect((await callers.move(id, 'cancel')).body).to.include({ state: 'running', status: 'cancel_requested' });
      expect(refusalOf(await callers.move(id, 'cancel'))).to.deep.equal([409, 'invocation_not_cancelable']);
    }
    const failed = await callers.move(failing, 'complete', { status: 'failed' });
    expect(failed.body).to.include({ state: 'completed', status: 'failed', attempts: 1 });
    const succeeded = await callers.move(succeeding, 'complete', { status: 'succeeded' });
    expect(succeeded.body).to.include({ state: 'completed', status: 'succeeded' });
  });

  for (const [what, fields, moves, after] of [
    ['waits for another attempt', {}, [], { status: 'failed', state: 'pending' }],
    ['has timed out', once, [], { status: 'timed_out', state: 'completed' }],
    ['is cancelled', {}, ['cancel'], { status: 'canceled', state: 'cancelled' }],
  ] as const) {
    it(`${what} from the instant of its deadline on, and not before`, async () => {
      const id = await invocation({ timeout_ms: 1_000, ...fields });
      const { body: started } = await callers.move(id, 'start');
      for (const verb of moves) await callers.move(id, verb);
      world.clock.advance(999);
      expect((await callers.get(id)).body['state']).to.equal('running');
      world.clock.advance(1);
      const { body } = await callers.get(id);
      expect(body).to.include(after);
      const isCancelled = after.state === 'cancelled';
      expect(body['error_json']).to.deep.equal(isCancelled ? null : { reason: 'deadline_exceeded' });
      if (after.state !== 'pending') expect(body['completed_at']).to.equal(started['deadline_at']);
      expect(refusalOf(await callers.move(id, 'complete', { status: 'succeeded' }))).to.deep.equal([
        409,
        'invocation_not_completable',
      ]);
    });
  }

  it('refuses what its state does not take', async () => {
    const id = await invocation();
    const complete = () => callers.move(id, 'complete', { status: 'succeeded' });
    expect(refusalOf(await complete())).to.deep.equal([409, 'invocation_not_completable']);
    await callers.move(id, 'start');
    await complete();
    expect(refusalOf(await complete())).to.deep.equal([409, 'invocation_not_completable']);
    expect(refusalOf(await callers.move(id, 'start'))).to.deep.equal([409, 'invocation_not_startable']);
    expect(refusalOf(await callers.move(id, 'cancel'))).to.deep.equal([409, 'invocation_not_cancelable']);
    for (const verb of ['start', 'cancel'] as const)
      expect(refusalOf(await callers.move('nobody', verb))).to.deep.equal([404, 'invocation_not_found']);
    expect(refusalOf(await callers.get('nobody'))).to.deep.equal([404, 'invocation_not_found']);
    expect(refusalOf(await callers.move(id, 'complete', { status: 'done' }))).to.deep.equal([400, 'invalid_body']);
  });

  it('keeps data of any shape as it is, to a depth of 64', async () => {
    const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });
    const hostile = '{"__proto__":{"a":1},"constructor":{"b":2}}';
    const body = `{"service_id":"${service}","idempotency_key":"proto","method":"m","params":${hostile},"metadata":${hostile}}`;
    const made = await world.call('POST', '/zones/z1/invocations', body);
    const cancelled = await callers.move(String(made.body['id']), 'cancel', { reason: 'r' });
    expect(JSON.stringify(cancelled.body['params_json'])).to.equal(hostile);
    expect(cancelled.text).to.contain(
      '"metadata_json":{"__proto__":{"a":1},"constructor":{"b":2},"cancel_reason":"r"}',
    );
    expect((await callers.create({ service_id: service, params: nested(64) })).status).to.equal(201);
    expect((await callers.create({ service_id: service, params: nested(65) })).status).to.equal(400);
  });

  it('bounds what merging can make of its metadata', async () => {
    const id = await invocation({ metadata: { a: 'x'.repeat(600_000) } });
    await callers.move(id, 'start');
    const answer = await callers.move(id, 'complete', { status: 'succeeded', metadata: { b: 'x'.repeat(600_000) } });
    expect(refusalOf(answer)).to.deep.equal([413, 'metadata_too_large']);
    expect((await callers.get(id)).body['status']).to.equal('running');
  });
});
