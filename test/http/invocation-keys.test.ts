// The idempotency key of an invocation: whose it is, what makes two requests the same, and how long it is remembered.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

const RETENTION_MS = 100_000;

describe('the key of an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  before(async () => {
    world = await World.create({ IDEMPOTENCY_RETENTION_SECONDS: '100', CHECKPOINT_EVERY_ENTRIES: '4' });
    callers = new Callers(world);
    service = await callers.service();
  });
  after(() => world.destroy());

  const create = (key: string, fields: object = {}, token?: string) =>
    callers.create({ service_id: service, idempotency_key: key, ...fields }, token === undefined ? {} : { token });

  it('is remembered until the last millisecond of its retention, through restarts, and not a moment longer', async () => {
    const first = await create('retained');
    world.clock.advance(RETENTION_MS - 1);
    expect((await create('retained')).body).to.deep.equal(first.body);
    await world.restart();
    expect((await create('retained')).status).to.equal(200);
    world.clock.advance(1);
    const fresh = await create('retained', { method: 'other' });
    expect(fresh.status).to.equal(201);
    expect(fresh.body['id']).not.to.equal(first.body['id']);
    await world.restart();
    expect((await create('retained', { method: 'other' })).body).to.deep.equal(fresh.body);
  });

  it('belongs to the application that sent it, not to the one it invokes for', async () => {
    const token = await world.token({ app: 'app-b', scope: 'coordinator.invoke_from:app-a' });
    const [mine, theirs] = [await create('whose'), await create('whose', {}, token)];
    expect([mine.status, theirs.status]).to.deep.equal([201, 201]);
    expect((await create('whose', {}, token)).body['id']).to.equal(theirs.body['id']);
  });

  it('is another one than the same word in a header', async () => {
    const headers = { 'idempotency-key': 'word' };
    expect((await callers.register({}, { headers })).status).to.equal(201);
    expect((await create('word')).status).to.equal(201);
    const body = { service_id: service, idempotency_key: 'word-2', method: 'work' };
    const sent = await callers.create(body, { headers });
    expect([sent.status, sent.body['idempotency_key']]).to.deep.equal([201, 'word-2']);
  });

  it('takes a default that is spelt out for the same request', async () => {
    const first = await create('default');
    const spelt = await create('default', {
      source_session_id: null,
      params: {},
      metadata: {},
      timeout_ms: 30_000,
      retry_policy: { max_attempts: 3, backoff_ms: 1_000 },
      unknown: true,
    });
    expect([spelt.status, spelt.body]).to.deep.equal([200, first.body]);
  });

  it('refuses whatever differs', async () => {
    const session = await world.session();
    await create('differs', { params: { a: [1, 2] }, metadata: { b: 1 } });
    for (const fields of [
      { service_id: await callers.service() },
      { source_session_id: session },
      { target_session_id: session },
      { method: 'other' },
      { params: { a: [2, 1] } },
      { params: {} },
      { metadata: { b: '1' } },
      { timeout_ms: 29_999 },
      { retry_policy: { max_attempts: 4 } },
      { retry_policy: { backoff_ms: 999 } },
    ]) {
      const answer = await create('differs', { params: { a: [1, 2] }, metadata: { b: 1 }, ...fields });
      expect(refusalOf(answer), JSON.stringify(fields)).to.deep.equal([409, 'idempotency_key_conflict']);
    }
  });

  it('is answered again though the sessions it names have ended since', async () => {
    const session = await world.session();
    const first = await create('ended', { source_session_id: session });
    await callers.end(session);
    await world.restart();
    const again = await create('ended', { source_session_id: session });
    expect([again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([200, 'true']);
    expect(again.body).to.deep.equal(first.body);
    expect(refusalOf(await create('ended-2', { source_session_id: session }))).to.deep.equal([
      404,
      'agent_session_not_found',
    ]);
  });

  it('is free again after a request that was refused', async () => {
    expect(refusalOf(await create('free', { target_session_id: 'nobody' }))).to.deep.equal([
      404,
      'agent_session_not_found',
    ]);
    expect((await create('free')).status).to.equal(201);
  });

  it('may be 255 bytes of any printable characters', async () => {
    for (const key of ['x'.repeat(255), '日'.repeat(85), 'a b', '"\\']) {
      const { status, body } = await create(key);
      expect([status, body['idempotency_key']]).to.deep.equal([201, key]);
      expect((await create(key)).status).to.equal(200);
    }
    expect(refusalOf(await create('日'.repeat(86)))).to.deep.equal([400, 'idempotency_key_invalid']);
  });
});
