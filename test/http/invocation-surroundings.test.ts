// What an invocation lives among: the sessions it is made from and for, those who may touch it, lists, keys and restarts.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';

describe('an invocation and its sessions', () => {
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
  const statusOf = async (id: string) => (await callers.get(id)).body['status'];

  it('ends with them: what waits is cancelled, what runs is asked to stop, through the subtree', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const other = await world.session();
    const waiting = await invocation({ source_session_id: root });
    const retrying = await invocation({ target_session_id: child });
    const running = await invocation({ source_session_id: child, target_session_id: other });
    const apart = await invocation({ source_session_id: other });
    await callers.move(retrying, 'start');
    await callers.move(retrying, 'complete', { status: 'failed' });
    await callers.move(running, 'start');
    await callers.end(root);
    const statuses = await Promise.all([waiting, retrying, running, apart].map(statusOf));
    expect(statuses).to.deep.equal(['canceled', 'canceled', 'cancel_requested', 'pending']);
    expect((await callers.get(waiting)).body['metadata_json']).to.deep.equal({ cancel_reason: 'session_ended' });
    // One that was asked already is left to its worker.
    await callers.end(other);
    expect((await callers.move(running, 'complete', { status: 'succeeded' })).body['status']).to.equal('succeeded');
  });

  it('ends with one whose time runs out, at that instant', async () => {
    const session = await world.session({ ttl_seconds: 10 });
    const id = await invocation({ source_session_id: session });
    const due = world.clock.now() + 10_000;
    world.clock.advance(60_000);
    expect(Date.parse(String((await callers.get(id)).body['completed_at']))).to.equal(due);
  });

  for (const end of ['source', 'target']) {
    it(`does not start while its ${end} is suspended`, async () => {
      const root = await world.session();
      const below = await world.session({ parent_id: root });
      const id = await invocation({ [`${end}_session_id`]: below });
      await callers.patchSession(root, 'suspend');
      expect(refusalOf(await callers.move(id, 'start'))).to.deep.equal([409, 'invocation_session_suspended']);
      await callers.patchSession(root, 'resume');
      expect((await callers.move(id, 'start')).status).to.equal(200);
      // What runs goes on: a suspension stops no worker.
      await callers.patchSession(root, 'suspend');
      expect((await callers.move(id, 'complete', { status: 'succeeded' })).status).to.equal(200);
    });
  }
});

describe('who may touch an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
    service = await callers.service();
  });
  after(() => world.destroy());

  const as = async (app: string, scope = '') => ({ token: await world.token({ app, scope }) });

  it('creates it for the source session, or else for the service', async () => {
    const stranger = await as('app-b');
    expect(refusalOf(await callers.create({ service_id: service }, stranger))).to.deep.equal([
      403,
      'invoker_ownership_required',
    ]);
    const session = await world.session({ application_id: 'app-b' }, stranger);
    const fields = { service_id: service, source_session_id: session };
    expect((await callers.create(fields, stranger)).status).to.equal(201);
    expect(refusalOf(await callers.create(fields))).to.deep.equal([403, 'invoker_ownership_required']);
    for (const scope of ['coordinator.invoke_from:app-b', 'coordinator.admin'])
      expect((await callers.create(fields, await as('app-c', scope))).status).to.equal(201);
    expect((await callers.create(fields, await as('app-c', 'coordinator.invoke_from:app-a'))).status).to.equal(403);
  });

  it('moves it for the service, whoever made it', async () => {
    const stranger = await as('app-b');
    const session = await world.session({ application_id: 'app-b' }, stranger);
    const id = await callers.invocation({ service_id: service, source_session_id: session }, stranger);
    for (const verb of ['start', 'cancel', 'complete'] as const) {
      const body = verb === 'complete' ? { status: 'failed' } : {};
      expect(refusalOf(await callers.move(id, verb, body, stranger))).to.deep.equal([
        403,
        'invoker_ownership_required',
      ]);
    }
    expect((await callers.move(id, 'start', {}, await as('app-c', 'coordinator.invoke_from:app-a'))).status).to.equal(
      200,
    );
    expect((await callers.move(id, 'complete', { status: 'failed' })).status).to.equal(200);
  });

  it('reads it with any token of the zone; the operator reads and starts nothing', async () => {
    const id = await callers.invocation({ service_id: service });
    const path = `/zones/z1/invocations/${id}`;
    expect((await world.call('GET', path, undefined, await as('app-z'))).status).to.equal(200);
    const elsewhere = { token: await world.token({ zone: 'z2' }) };
    expect(refusalOf(await world.call('GET', path, undefined, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    const operator = { token: OPERATOR_TOKEN };
    expect((await callers.list('limit=1', operator)).status).to.equal(200);
    expect((await world.call('GET', path, undefined, operator)).status).to.equal(200);
    expect((await callers.create({ service_id: service }, operator)).status).to.equal(403);
    expect((await callers.move(id, 'start', {}, operator)).status).to.equal(403);
  });
});

describe('lists and keys of invocations', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  beforeEach(async () => {
    world = await World.create({ CHECKPOINT_EVERY_ENTRIES: '5' });
    callers = new Callers(world);
    service = await callers.service();
  });
  afterEach(() => world.destroy());

  const idsOf = async (query: string) => itemsOf(await callers.list(query)).map((each) => each['id']);

  it('show the newest first, by status, service and session, in pages, and nothing that was written freely', async () => {
    const session = await world.session();
    const other = await callers.service();
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const fields = n % 3 === 0 ? { source_session_id: session } : {};
      const id = await callers.invocation({ service_id: n % 2 ? other : service, params: { secret: 1 }, ...fields });
      if (n < 6) {
        await callers.move(id, 'start');
        await callers.move(id, 'complete', { status: 'succeeded' });
      }
      ids.unshift(id);
    }
    await world.restart();
    expect(await idsOf('limit=500')).to.deep.equal(ids);
    expect(await idsOf('status=succeeded')).to.deep.equal(ids.slice(6));
    expect(await idsOf('status=pending')).to.deep.equal(ids.slice(0, 6));
    expect(await idsOf(`service_id=${other}`)).to.deep.equal(ids.filter((_, index) => index % 2 === 0));
    expect(await idsOf(`session_id=${session}`)).to.deep.equal([2, 5, 8, 11].map((index) => ids[index]));
    const paged: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await callers.list(`limit=5${cursor}`);
      paged.push(...(body['items'] as { id: string }[]).map((each) => each.id));
      if (body['next_cursor'] === null) break;
      cursor = `&cursor=${body['next_cursor'] as string}`;
    }
    expect(paged).to.deep.equal(ids);
    expect(itemsOf(await callers.list('limit=1'))[0]).to.not.have.any.keys(
      'params_json',
      'metadata_json',
      'error_json',
    );
    expect(refusalOf(await callers.list('cursor=nobody'))).to.deep.equal([400, 'invalid_cursor']);
    expect(refusalOf(await callers.list('status=lost'))).to.deep.equal([400, 'invalid_query']);
  });

  it('answer a key again with the first answer, also when all is over, and refuse it for something else', async () => {
    const fields = { service_id: service, idempotency_key: 'k', params: { a: { b: 1, c: 2 } } };
    const first = await callers.create(fields);
    const id = String(first.body['id']);
    await callers.move(id, 'start');
    await callers.move(id, 'complete', { status: 'succeeded', metadata: { done: true } });
    await world.restart();
    const again = await callers.create({ ...fields, params: { a: { c: 2, b: 1 } } });
    expect([again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([200, 'true']);
    expect(again.body).to.deep.equal(first.body);
    expect(refusalOf(await callers.create({ ...fields, timeout_ms: 7 }))).to.deep.equal([
      409,
      'idempotency_key_conflict',
    ]);
  });

  it('let exactly one of twenty racing starts win', async () => {
    const id = await callers.invocation({ service_id: service });
    const answers = await Promise.all(Array.from({ length: 20 }, () => callers.move(id, 'start')));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect(answers.filter(({ status }) => status === 409)).to.have.length(19);
    expect((await callers.get(id)).body['attempts']).to.equal(1);
  });

  it('make one invocation of twenty racing creates with one key', async () => {
    const create = () => callers.create({ service_id: service, idempotency_key: 'race', params: { n: 1 } });
    const answers = await Promise.all(Array.from({ length: 20 }, create));
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    expect(answers.filter(({ status }) => status === 200)).to.have.length(19);
    expect(new Set(answers.map(({ body }) => body['id'])).size).to.equal(1);
    expect(await idsOf('limit=500')).to.have.length(1);
  });

  it('find every state again after a restart, with its history', async () => {
    const make = async (...moves: readonly (readonly ['start' | 'cancel' | 'complete', object?])[]) => {
      const id = await callers.invocation({ service_id: service, retry_policy: { max_attempts: 2 } });
      for (const [verb, body] of moves) await callers.move(id, verb, body);
      return id;
    };
    const failed = ['complete', { status: 'failed', error: { e: 1 } }] as const;
    const ids = [
      await make(),
      await make(['start'], failed),
      await make(['start']),
      await make(['start'], ['cancel']),
      await make(['cancel']),
      await make(['start'], ['complete', { status: 'succeeded' }]),
      await make(['start'], failed, ['start'], failed),
    ];
    const before = await Promise.all(ids.map(async (id) => (await callers.get(id)).body));
    expect(before.map(({ state, status }) => `${String(state)} ${String(status)}`)).to.deep.equal([
      'pending pending',
      'pending failed',
      'running running',
      'running cancel_requested',
      'cancelled canceled',
      'completed succeeded',
      'completed failed',
    ]);
    await world.restart();
    expect(await Promise.all(ids.map(async (id) => (await callers.get(id)).body))).to.deep.equal(before);
    const history = await world.call('GET', `/zones/z1/invocations/${ids[3] ?? ''}/history`);
    expect(itemsOf(history).map(({ event, invocation_id: id }) => [event, id])).to.deep.equal([
      ['invocation.created', ids[3]],
      ['invocation.started', ids[3]],
      ['invocation.cancel-requested', ids[3]],
    ]);
  });
});
