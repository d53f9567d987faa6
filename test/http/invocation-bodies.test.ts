// What callers may say about an invocation: the bounds from within, the order in which a request is looked at, reasons,
// errors and metadata.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

describe('the bodies of an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
    service = await callers.service();
  });
  after(() => world.destroy());

  const create = (fields: object = {}) => callers.create({ service_id: service, ...fields });
  const invocation = (fields: object = {}) => callers.invocation({ service_id: service, ...fields });
  const started = async (fields: object = {}) => {
    const id = await invocation(fields);
    await callers.move(id, 'start');
    return id;
  };

  it('may be at each end of their bounds', async () => {
    const least = await create({ timeout_ms: 1, retry_policy: { max_attempts: 1, backoff_ms: 0 }, method: 'm' });
    expect(least.body).to.deep.include({ timeout_ms: 1, retry_policy_json: { max_attempts: 1, backoff_ms: 0 } });
    const most = await create({
      timeout_ms: 900_000,
      retry_policy: { max_attempts: 10, backoff_ms: 300_000 },
      method: 'm'.repeat(255),
      idempotency_key: 'ü'.repeat(127),
    });
    expect(most.body).to.deep.include({
      timeout_ms: 900_000,
      max_attempts: 10,
      retry_policy_json: { max_attempts: 10, backoff_ms: 300_000 },
    });
  });

  it('fill in what a retry policy leaves out, and take null for no session', async () => {
    const { body } = await create({
      retry_policy: { backoff_ms: 5 },
      source_session_id: null,
      target_session_id: null,
    });
    expect(body).to.deep.include({ retry_policy_json: { max_attempts: 3, backoff_ms: 5 }, source_session_id: null });
    expect((await create({ retry_policy: { max_attempts: 2 } })).body['retry_policy_json']).to.deep.equal({
      max_attempts: 2,
      backoff_ms: 1_000,
    });
    expect((await create({ retry_policy: {} })).body['max_attempts']).to.equal(3);
  });

  for (const [field, value] of [
    ['service_id', ''],
    ['service_id', null],
    ['source_session_id', ''],
    ['target_session_id', 7],
    ['idempotency_key', 7],
    ['method', ''],
    ['method', 'm'.repeat(4_097)],
    ['method', 'a\ud800'],
    ['metadata', []],
    ['timeout_ms', 1.5],
    ['timeout_ms', '30000'],
    ['timeout_ms', null],
    ['retry_policy', null],
    ['retry_policy', { max_attempts: 1.5 }],
    ['retry_policy', { backoff_ms: -1 }],
  ] as const) {
    it(`are refused with ${field} ${JSON.stringify(value).slice(0, 30)}`, async () => {
      const answer = await create({ [field]: value });
      expect(refusalOf(answer)).to.deep.equal([400, 'invalid_body']);
      const { issues } = answer.body['details'] as { issues: { path: string[] }[] };
      expect(new Set(issues.map(({ path }) => path[0]))).to.deep.equal(new Set([field]));
    });
  }

  for (const params of [null, 'text', '', 0, -1.5, true, [], [1, { a: null }], { __proto__x: 1 }])
    it(`keep the parameters ${JSON.stringify(params)} as they are, through a restart too`, async () => {
      const made = await create({ params });
      expect([made.status, made.body['params_json']]).to.deep.equal([201, params]);
      const id = String(made.body['id']);
      await world.restart();
      expect((await callers.get(id)).body['params_json']).to.deep.equal(params);
    });

  it('have empty parameters where none are given', async () => {
    expect((await create({})).body['params_json']).to.deep.equal({});
  });

  it('may name a method of 4,096 characters', async () => {
    const method = 'm'.repeat(4_096);
    expect((await create({ method })).body['method']).to.equal(method);
  });

  it('are refused with parameters that are lists of 65 levels', async () => {
    let params: unknown = [];
    for (let depth = 1; depth < 65; depth += 1) params = [params];
    expect(refusalOf(await create({ params }))).to.deep.equal([400, 'invalid_body']);
    expect((await create({ params: (params as unknown[])[0] })).status).to.equal(201);
  });

  it('are looked at after the caller, before its rights, and those before what is there', async () => {
    const stranger = { token: await world.token({ app: 'app-b' }) };
    const bad = { method: '' };
    const post = (fields: object, token: string | null) =>
      callers.create({ service_id: service, ...fields }, { token });
    expect(refusalOf(await post(bad, null))).to.deep.equal([401, 'missing_token']);
    const elsewhere = await world.token({ zone: 'z2' });
    expect(refusalOf(await post(bad, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    expect(refusalOf(await post(bad, stranger.token))).to.deep.equal([400, 'invalid_body']);
    expect(refusalOf(await post({ idempotency_key: '' }, stranger.token))).to.deep.equal([
      400,
      'idempotency_key_invalid',
    ]);
    const forbidden = [403, 'invoker_ownership_required'];
    expect(refusalOf(await post({ target_session_id: 'nobody' }, stranger.token))).to.deep.equal(forbidden);
    const id = await invocation();
    expect(refusalOf(await callers.move(id, 'complete', { status: 'succeeded' }, stranger))).to.deep.equal(forbidden);
    expect(refusalOf(await callers.move(id, 'complete', {}, stranger))).to.deep.equal([400, 'invalid_body']);
    expect(refusalOf(await callers.move('nobody', 'complete', { status: 'gone' }))).to.deep.equal([
      400,
      'invalid_body',
    ]);
  });

  it('belong to one zone', async () => {
    const id = await invocation();
    const elsewhere = { token: await world.token({ zone: 'z2' }) };
    const found = await world.call('GET', `/zones/z2/invocations/${id}`, undefined, elsewhere);
    expect(refusalOf(found)).to.deep.equal([404, 'invocation_not_found']);
    const body = { service_id: service, idempotency_key: 'k', method: 'm' };
    const made = await world.call('POST', '/zones/z2/invocations', body, elsewhere);
    expect(refusalOf(made)).to.deep.equal([404, 'agent_service_not_found']);
  });

  describe('of a cancellation', () => {
    it('may give no reason, or one of 1 to 256 characters', async () => {
      for (const body of [undefined, {}, { reason: null }]) {
        const answer = await callers.move(await invocation({ metadata: { a: 1 } }), 'cancel', body);
        expect([answer.status, answer.body['metadata_json']]).to.deep.equal([200, { a: 1 }]);
      }
      const reason = 'x'.repeat(256);
      const longest = await callers.move(await invocation(), 'cancel', { reason });
      expect(longest.body['metadata_json']).to.deep.equal({ cancel_reason: reason });
      const id = await invocation();
      for (const bad of ['', 'x'.repeat(257), 'a\u0000', 7]) {
        expect(refusalOf(await callers.move(id, 'cancel', { reason: bad }))).to.deep.equal([400, 'invalid_body']);
      }
      expect((await callers.get(id)).body['status']).to.equal('pending');
    });

    it('keep the reason that the caller gave, also when its session ends after', async () => {
      const session = await world.session();
      const id = await started({ source_session_id: session });
      const asked = await callers.move(id, 'cancel', { reason: 'mine' });
      const { cancel_requested_at: at } = asked.body;
      world.clock.advance(10);
      await callers.end(session);
      const { body } = await callers.get(id);
      expect(body).to.deep.include({ metadata_json: { cancel_reason: 'mine' }, cancel_requested_at: at });
    });

    it('reach one that waits for another attempt', async () => {
      const id = await started();
      await callers.move(id, 'complete', { status: 'failed', error: { code: 1 } });
      const { body } = await callers.move(id, 'cancel', { reason: 'enough' });
      expect(body).to.include({ state: 'cancelled', status: 'canceled', next_attempt_at: null, attempts: 1 });
      expect([body['metadata_json'], body['error_json']]).to.deep.equal([{ cancel_reason: 'enough' }, { code: 1 }]);
    });
  });

  describe('of a completion', () => {
    it('may bring an error of any shape, 64 levels deep, or none', async () => {
      const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });
      const id = await started();
      const fail = (error: unknown) => callers.move(id, 'complete', { status: 'failed', error });
      for (const bad of ['text', [], 7, nested(65)]) expect((await fail(bad)).status).to.equal(400);
      expect((await fail(nested(64))).body['error_json']).to.deep.equal(nested(64));
      await callers.move(id, 'start');
      expect((await fail(null)).body).to.include({ status: 'failed', error_json: null });
      await callers.move(id, 'start');
      const path = `/zones/z1/invocations/${id}/complete`;
      const hostile = '{"__proto__":{"a":1},"constructor":{"b":2}}';
      const last = await world.call('PATCH', path, `{"status":"failed","error":${hostile},"metadata":${hostile}}`);
      expect(last.text).to.contain(`"error_json":${hostile}`).and.to.contain(`"metadata_json":${hostile}`);
      expect(Object.hasOwn(Object.prototype, 'a')).to.equal(false);
    });

    it('replace an earlier error by the later outcome', async () => {
      const id = await started({ timeout_ms: 1_000 });
      world.clock.advance(1_000);
      expect((await callers.get(id)).body['error_json']).to.deep.equal({ reason: 'deadline_exceeded' });
      await callers.move(id, 'start');
      const { body } = await callers.move(id, 'complete', { status: 'succeeded' });
      expect(body).to.include({ status: 'succeeded', error_json: null, attempts: 2 });
    });

    it('are refused without a status and with another word', async () => {
      const id = await started();
      for (const body of [{}, { status: 'canceled' }, { status: 'timed_out' }, { status: 'failed', metadata: null }])
        expect(refusalOf(await callers.move(id, 'complete', body))).to.deep.equal([400, 'invalid_body']);
    });
  });
});
