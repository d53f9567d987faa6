// Invocations where much happens at once: racing callers, and things that fall due at one instant or while nobody is there.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';

const LEASE_MS = 120_000;

describe('racing for an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
    service = await callers.service();
  });
  afterEach(() => world.destroy());

  const invocation = (fields: object = {}) => callers.invocation({ service_id: service, ...fields });
  const eventsOf = async (id: string, query = '') =>
    itemsOf(await world.call('GET', `/zones/z1/invocations/${id}/history${query}`)).map(({ event }) => event);
  const twenty = <Answer>(ask: () => Promise<Answer>) => Promise.all(Array.from({ length: 20 }, ask));

  it('lets one start win, and tells the others how long it may take', async () => {
    const id = await invocation({ timeout_ms: 900_000 });
    const answers = await twenty(() => callers.move(id, 'start'));
    const lost = answers.filter(({ status }) => status !== 200);
    expect(lost.map(refusalOf)).to.deep.equal(Array(19).fill([409, 'invocation_not_startable']));
    for (const { headers, body } of lost) {
      expect(headers.get('retry-after')).to.equal('60');
      expect(body['details']).to.deep.equal({ status: 'running', attempts: 1, max_attempts: 3, retryable: true });
    }
    expect(await eventsOf(id)).to.deep.equal(['invocation.created', 'invocation.started']);
  });

  for (const verb of ['cancel', 'complete'] as const) {
    it(`lets one ${verb} win`, async () => {
      const id = await invocation();
      await callers.move(id, 'start');
      const body = verb === 'complete' ? { status: 'succeeded' } : {};
      const answers = await twenty(() => callers.move(id, verb, body));
      const code = verb === 'cancel' ? 'invocation_not_cancelable' : 'invocation_not_completable';
      expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
      const lost = answers.filter(({ status }) => status !== 200).map(refusalOf);
      expect(lost).to.deep.equal(Array(19).fill([409, code]));
    });
  }

  it('leaves one outcome when all verbs race, and all who are told agree with the history', async () => {
    const id = await invocation({ retry_policy: { max_attempts: 10 } });
    const asks = Array.from({ length: 60 }, (_, n) => {
      if (n % 3 === 0) return callers.move(id, 'start');
      return n % 3 === 1 ? callers.move(id, 'complete', { status: 'failed' }) : callers.move(id, 'cancel');
    });
    const answers = await Promise.all(asks);
    const taken = answers.filter(({ status }) => status === 200).length;
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).to.deep.equal([]);
    expect(await eventsOf(id)).to.have.length(taken + 1);
  });

  it('lets the end of a session and a start come one after the other', async () => {
    const session = await world.session();
    const ids = await Promise.all(Array.from({ length: 20 }, () => invocation({ source_session_id: session })));
    const starts = ids.map((id) => callers.move(id, 'start'));
    const end = callers.end(session);
    const answers = await Promise.all(starts);
    expect((await end).status).to.equal(204);
    for (const [index, id] of ids.entries()) {
      const { body } = await callers.get(id);
      const wasStarted = answers[index]?.status === 200;
      expect(body['status']).to.equal(wasStarted ? 'cancel_requested' : 'canceled');
      expect(body['metadata_json']).to.deep.equal({ cancel_reason: 'session_ended' });
    }
  });

  it('begins the next attempt at the very instant the last one overruns, and not before', async () => {
    const id = await invocation({ timeout_ms: 1_000, retry_policy: { max_attempts: 2, backoff_ms: 5_000 } });
    await callers.move(id, 'start');
    world.clock.advance(999);
    const early = await callers.move(id, 'start');
    expect([...refusalOf(early), early.headers.get('retry-after')]).to.deep.equal([
      409,
      'invocation_not_startable',
      '1',
    ]);
    world.clock.advance(1);
    const due = world.clock.now();
    const { body: waiting } = await callers.get(id);
    expect(waiting['next_attempt_at']).to.equal(new Date(due + 5_000).toISOString());
    const { body } = await callers.move(id, 'start');
    expect(body).to.include({
      status: 'running',
      attempts: 2,
      created_at: new Date(due - 1_000).toISOString(),
      started_at: new Date(due).toISOString(),
      deadline_at: new Date(due + 1_000).toISOString(),
      next_attempt_at: null,
    });
    world.clock.advance(1_000);
    const over = await callers.move(id, 'start');
    expect(over.headers.get('retry-after')).to.equal('5');
    expect(over.body['details']).to.include({ status: 'timed_out', attempts: 2, retryable: false });
  });

  it('gives no hint to wait where waiting does not help', async () => {
    const [cancelled, cancelling, succeeded] = [await invocation(), await invocation(), await invocation()];
    await callers.move(cancelled, 'cancel');
    await callers.move(cancelling, 'start');
    await callers.move(cancelling, 'cancel');
    await callers.move(succeeded, 'start');
    await callers.move(succeeded, 'complete', { status: 'succeeded' });
    for (const id of [cancelled, cancelling, succeeded]) {
      const answer = await callers.move(id, 'start');
      expect(refusalOf(answer)).to.deep.equal([409, 'invocation_not_startable']);
      expect(answer.headers.get('retry-after')).to.equal(null);
      expect(answer.body['details']).to.include({ retryable: false });
    }
  });

  it('does not start for a service whose lease has run out at this instant', async () => {
    const [source, target] = [await world.session(), await world.session({ lifecycle: 'service' })];
    const fields = { source_session_id: source, target_session_id: target };
    const [before, at] = [await invocation(fields), await invocation(fields)];
    world.clock.advance(LEASE_MS - 1);
    expect((await callers.move(before, 'start')).status).to.equal(200);
    world.clock.advance(1);
    expect(refusalOf(await callers.move(at, 'start'))).to.deep.equal([409, 'invocation_session_suspended']);
    await callers.patchSession(target, 'resume');
    expect((await callers.move(at, 'start')).status).to.equal(200);
  });

  it('does not start for a session that has ended at this instant, and is cancelled by it', async () => {
    const session = await world.session({ ttl_seconds: 10 });
    const [waiting, running] = [
      await invocation({ target_session_id: session }),
      await invocation({ target_session_id: session, timeout_ms: 20_000 }),
    ];
    world.clock.advance(9_999);
    await callers.move(running, 'start');
    world.clock.advance(1);
    expect(refusalOf(await callers.move(waiting, 'start'))).to.deep.equal([409, 'invocation_not_startable']);
    const at = new Date(world.clock.now()).toISOString();
    expect((await callers.get(waiting)).body).to.include({ status: 'canceled', completed_at: at });
    expect((await callers.get(running)).body).to.include({ status: 'cancel_requested', cancel_requested_at: at });
  });

  it('overruns at its instant though nobody was there, and the zone is read back after', async () => {
    const [retrying, over, cancelling] = [
      await invocation({ timeout_ms: 1_000 }),
      await invocation({ timeout_ms: 1_000, retry_policy: { max_attempts: 1 } }),
      await invocation({ timeout_ms: 1_000 }),
    ];
    for (const id of [retrying, over, cancelling]) await callers.move(id, 'start');
    await callers.move(cancelling, 'cancel');
    const due = world.clock.now() + 1_000;
    await world.stop();
    world.clock.advance(3_600_000);
    await world.start();
    const at = new Date(due).toISOString();
    expect((await callers.get(retrying)).body).to.include({
      status: 'failed',
      state: 'pending',
      next_attempt_at: new Date(due + 1_000).toISOString(),
    });
    expect((await callers.get(over)).body).to.include({ status: 'timed_out', completed_at: at });
    expect((await callers.get(cancelling)).body).to.include({ status: 'canceled', completed_at: at, error_json: null });
  });

  it('returns its history in pages, to any token of the zone and to the operator', async () => {
    const id = await invocation({ timeout_ms: 1_000, retry_policy: { max_attempts: 2 } });
    await callers.move(id, 'start');
    world.clock.advance(1_000);
    await callers.move(id, 'start');
    await callers.move(id, 'complete', { status: 'succeeded' });
    await world.restart();
    const all = ['created', 'started', 'overran', 'started', 'succeeded'].map((word) => `invocation.${word}`);
    expect(await eventsOf(id)).to.deep.equal(all);
    const path = `/zones/z1/invocations/${id}/history`;
    const seen: unknown[] = [];
    for (let cursor = ''; ;) {
      const page = await world.call('GET', `${path}?limit=2${cursor}`);
      seen.push(...itemsOf(page).map(({ event }) => event));
      if (page.body['next_cursor'] === null) break;
      cursor = `&cursor=${page.body['next_cursor'] as string}`;
    }
    expect(seen).to.deep.equal(all);
    const items = itemsOf(await world.call('GET', path));
    expect(items.map(({ by }) => by !== null)).to.deep.equal([true, true, false, true, true]);
    const reader = { token: await world.token({ app: 'app-z' }) };
    expect((await world.call('GET', path, undefined, reader)).status).to.equal(200);
    expect((await world.call('GET', path, undefined, { token: OPERATOR_TOKEN })).status).to.equal(200);
    const nobody = await world.call('GET', '/zones/z1/invocations/nobody/history');
    expect(refusalOf(nobody)).to.deep.equal([404, 'invocation_not_found']);
    expect(refusalOf(await world.call('GET', `${path}?cursor=999`))).to.deep.equal([400, 'invalid_cursor']);
  });
});
