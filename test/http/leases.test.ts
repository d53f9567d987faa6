// Leases where more than one thing happens at once: lost ones, taken ones, sleeping zones, and what is remembered of them.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

const LEASE_MS = 120_000;

describe('a lease among other things', () => {
  let world: World;
  let callers: Callers;
  beforeEach(async () => {
    world = await World.create({ ZONE_IDLE_SECONDS: '1' });
    callers = new Callers(world);
  });
  afterEach(() => world.destroy());

  const running = (fields: object = {}) => world.session({ lifecycle: 'service', ...fields });
  const stateOf = async (id: string) => {
    const { status, suspended_reason: reason } = await callers.session(id);
    return [status, reason];
  };
  const iso = (ms: number) => new Date(ms).toISOString();
  const seqNow = async () => (await callers.list('limit=1')).headers.get('coordinator-seq');

  it('is renewed by one heartbeat of a thousand as by another, though few are journaled', async () => {
    const session = await running();
    await callers.heartbeat(session);
    const before = Number(await seqNow());
    for (let n = 0; n < 1_000; n += 1) {
      world.clock.advance(Math.floor(LEASE_MS / 3 / 1_001));
      await callers.heartbeat(session);
    }
    expect(Number(await seqNow()) - before).to.be.at.most(1);
    const last = world.clock.now();
    expect(await callers.session(session)).to.include({
      last_heartbeat_at: iso(last),
      heartbeat_deadline_at: iso(last + LEASE_MS),
    });
    world.clock.advance(LEASE_MS - 1);
    expect(await stateOf(session)).to.deep.equal(['active', null]);
    world.clock.advance(1);
    expect(await stateOf(session)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    // The loss is journaled with what only memory knew.
    await world.restart();
    expect((await callers.session(session))['last_heartbeat_at']).to.equal(iso(last));
  });

  it('runs out at its instant in a zone that nobody calls', async () => {
    const session = await running();
    const due = world.clock.now() + LEASE_MS;
    for (let second = 0; second < 300; second += 1) world.clock.advance(1_000);
    expect(await stateOf(session)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    const history = await world.call('GET', `/zones/z1/agents/${session}/history`);
    const entries = history.body['items'] as { event: string; at: string }[];
    expect(entries.map(({ event, at }) => [event, at]).at(-1)).to.deep.equal(['session.lease-lost', iso(due)]);
  });

  it('stays lost however often somebody knocks, until it is resumed', async () => {
    const [session, service] = [await running(), await callers.service()];
    const other = await world.session();
    world.clock.advance(LEASE_MS - 1);
    await callers.heartbeat(other, { service_id: service });
    world.clock.advance(1);
    for (const body of [{}, { service_id: service, status: 'degraded' }, { metadata: { a: 1 } }]) {
      expect(refusalOf(await callers.heartbeat(session, body))).to.deep.equal([409, 'agent_lease_expired']);
    }
    expect(await callers.health(service)).to.equal('healthy');
    await callers.patchSession(session, 'resume');
    const { body } = await callers.heartbeat(session);
    expect(body['agent']).to.include({
      status: 'active',
      heartbeat_deadline_at: iso(world.clock.now() + LEASE_MS),
      lease_generation: 1,
    });
  });

  it('that was lost stays lost through a hold from above', async () => {
    const root = await running();
    const child = await running({ parent_id: root });
    world.clock.advance(LEASE_MS - 1);
    await callers.heartbeat(root);
    world.clock.advance(1);
    await callers.patchSession(root, 'suspend');
    expect(refusalOf(await callers.heartbeat(child))).to.deep.equal([409, 'agent_lease_expired']);
    expect((await callers.patchSession(root, 'resume')).body).to.deep.equal({ resumed: 1 });
    expect(await stateOf(child)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect((await callers.patchSession(child, 'resume')).body).to.deep.equal({ resumed: 1 });
  });

  it('keeps a subtree that was suspended on its own as it was', async () => {
    const root = await running();
    const held = await world.session({ parent_id: root });
    const free = await world.session({ parent_id: root });
    await callers.patchSession(held, 'suspend');
    world.clock.advance(LEASE_MS);
    expect(await stateOf(free)).to.deep.equal(['suspended', 'parent_suspended']);
    expect((await callers.patchSession(root, 'resume')).body).to.deep.equal({ resumed: 2 });
    expect(await stateOf(held)).to.deep.equal(['suspended', 'requested']);
  });

  it('runs out for several at one instant, and for nobody below twice', async () => {
    const root = await running();
    const child = await running({ parent_id: root });
    const apart = await running();
    world.clock.advance(LEASE_MS);
    expect(await stateOf(root)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect(await stateOf(child)).to.deep.equal(['suspended', 'parent_suspended']);
    expect(await stateOf(apart)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect((await callers.patchSession(root, 'resume')).body).to.deep.equal({ resumed: 2 });
  });

  it('is not renewed by a holder who is fenced off', async () => {
    const session = await running();
    await callers.takeLease(session);
    await callers.takeLease(session);
    const { heartbeat_deadline_at: deadline } = await callers.session(session);
    world.clock.advance(1_000);
    for (const generation of [0, 1, 2, 4, Number.MAX_SAFE_INTEGER]) {
      const answer = await callers.heartbeat(session, { lease_generation: generation });
      expect(refusalOf(answer)).to.deep.equal([409, 'session_lease_fenced']);
      expect(answer.body['details']).to.deep.equal({ lease_generation: 3 });
    }
    const { spawned_at: start } = await callers.session(session);
    expect(await callers.session(session)).to.include({ heartbeat_deadline_at: deadline, last_heartbeat_at: start });
  });

  it('is not taken over while its session is suspended, and its holder is not fenced', async () => {
    const root = await running();
    const child = await running({ parent_id: root });
    await callers.patchSession(root, 'suspend');
    for (const [session, reason] of [
      [root, 'requested'],
      [child, 'parent_suspended'],
    ] as const) {
      const answer = await callers.takeLease(session);
      expect(refusalOf(answer)).to.deep.equal([409, 'session_suspended']);
      const details = { state: 'suspended', status: 'suspended', suspended_reason: reason };
      expect(answer.body['details']).to.deep.equal(details);
    }
    await callers.patchSession(root, 'resume');
    expect((await callers.heartbeat(root, { lease_generation: 1 })).status).to.equal(200);
    expect((await callers.takeLease(root)).status).to.equal(200);
  });

  it('that expired is not taken over before its session is resumed', async () => {
    const session = await running();
    world.clock.advance(LEASE_MS);
    const answer = await callers.takeLease(session);
    expect(refusalOf(answer)).to.deep.equal([409, 'session_suspended']);
    expect(answer.body['details']).to.include({ suspended_reason: 'service_heartbeat_lost' });
  });

  it("is answered with 1.0's top-level members in addition to `agent`", async () => {
    const session = await running();
    const { body } = await callers.takeLease(session);
    const deadline = iso(world.clock.now() + LEASE_MS);
    expect(body).to.include({ status: 'active', heartbeat_deadline_at: deadline, lease_generation: 2 });
    expect(body['agent']).to.include({ id: session, lease_generation: 2, heartbeat_deadline_at: deadline });
  });

  it("refuses heartbeats with a lease generation by 1.0's codes, and others by July's", async () => {
    const [task, ended, lost] = [await world.session(), await running(), await running()];
    const named = async (session: string) => refusalOf(await callers.heartbeat(session, { lease_generation: 1 }));
    expect(refusalOf(await callers.heartbeat(task, { lease_generation: 0 }))).to.deep.equal([
      409,
      'session_not_service',
    ]);
    await callers.end(ended);
    expect(await named(ended)).to.deep.equal([409, 'session_not_live']);
    expect(refusalOf(await callers.heartbeat(ended))).to.deep.equal([409, 'agent_not_live']);
    world.clock.advance(LEASE_MS);
    expect(await named(lost)).to.deep.equal([409, 'session_lease_expired']);
    expect(refusalOf(await callers.heartbeat(lost))).to.deep.equal([409, 'agent_lease_expired']);
  });

  describe('a session whose lease was taken over', () => {
    const endings = {
      'DELETE of a session': (id: string, lease: object) => world.call('DELETE', `/zones/z1/agents/${id}`, lease),
      'a dry run of it': (id: string, lease: object) =>
        world.call('DELETE', `/zones/z1/agents/${id}?dry_run=true`, lease),
      'POST /v1/end': (id: string, lease: object) =>
        world.call('POST', '/v1/end', { zone_id: 'z1', agent_session_id: id, ...lease }),
    };
    for (const [what, end] of Object.entries(endings))
      it(`cannot be ended by its former holder with ${what}`, async () => {
        const session = await running();
        await callers.takeLease(session);
        for (const generation of [0, 1, 3]) {
          const answer = await end(session, { lease_generation: generation });
          expect(refusalOf(answer)).to.deep.equal([409, 'session_lease_fenced']);
          expect(answer.body['details']).to.deep.equal({ lease_generation: 2 });
        }
        expect(await stateOf(session)).to.deep.equal(['active', null]);
        expect((await end(session, { lease_generation: 2 })).status).to.be.below(300);
      });

    it('can be ended without a generation, and is 404 once it has ended', async () => {
      const [first, second] = [await running(), await running()];
      expect((await endings['DELETE of a session'](first, { lease_generation: null })).status).to.equal(204);
      expect((await callers.end(second)).status).to.equal(204);
      const again = await endings['DELETE of a session'](first, { lease_generation: 9 });
      expect(refusalOf(again)).to.deep.equal([404, 'agent_not_found']);
    });

    it('is ended once by a DELETE that is sent again with its key', async () => {
      const session = await running();
      const send = (generation: number) =>
        world.call(
          'DELETE',
          `/zones/z1/agents/${session}`,
          { lease_generation: generation },
          { headers: { 'idempotency-key': 'close-1' } },
        );
      expect((await send(1)).status).to.equal(204);
      expect((await send(1)).headers.get('idempotency-replayed')).to.equal('true');
      expect(refusalOf(await send(2))).to.deep.equal([409, 'idempotency_key_conflict']);
    });

    it('can be ended with any generation if it is a task, which has no lease', async () => {
      for (const generation of [0, 1, 9]) {
        const task = await world.session();
        expect((await endings['DELETE of a session'](task, { lease_generation: generation })).status).to.equal(204);
      }
    });

    it('is not ended by a generation that is no number', async () => {
      const session = await running();
      for (const lease of [{ lease_generation: '1' }, { lease_generation: -1 }, { lease_generation: 1.5 }])
        expect(refusalOf(await endings['DELETE of a session'](session, lease))).to.deep.equal([400, 'invalid_body']);
      expect(await stateOf(session)).to.deep.equal(['active', null]);
    });
  });

  it('goes to one after another of twenty who take it at once', async () => {
    const session = await running();
    const answers = await Promise.all(Array.from({ length: 20 }, () => callers.takeLease(session)));
    const generations = answers.map(({ body }) => (body['agent'] as { lease_generation: number }).lease_generation);
    expect(generations.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, n) => n + 2));
  });

  it('is taken over by whoever may stop its session', async () => {
    const session = await running();
    for (const scope of ['coordinator.admin', 'coordinator.spawn_for:app-a']) {
      const token = await world.token({ app: 'app-b', scope });
      expect((await callers.takeLease(session, { token })).status).to.equal(200);
    }
    const token = await world.token({ app: 'app-b', scope: 'coordinator.spawn_for:app-c' });
    expect(refusalOf(await callers.takeLease(session, { token }))).to.deep.equal([
      403,
      'application_ownership_required',
    ]);
  });

  it('is asked for in order: who asks, what is asked, whether it may be, then how things stand', async () => {
    const session = await running();
    const stranger = { token: await world.token({ app: 'app-b' }) };
    const bad = { status: 'fine' };
    expect(refusalOf(await callers.heartbeat(session, bad, { token: null }))).to.deep.equal([401, 'missing_token']);
    expect(refusalOf(await callers.heartbeat(session, bad, stranger))).to.deep.equal([400, 'invalid_body']);
    const elsewhere = { token: await world.token({ zone: 'z2' }) };
    expect(refusalOf(await callers.heartbeat(session, bad, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    await callers.end(session);
    const forbidden = [403, 'application_ownership_required'];
    expect(refusalOf(await callers.heartbeat(session, {}, stranger))).to.deep.equal(forbidden);
    expect(refusalOf(await callers.heartbeat(session))).to.deep.equal([409, 'agent_not_live']);
    for (const body of [{ lease_generation: -1 }, { lease_generation: '1' }, { service_id: '' }])
      expect(refusalOf(await callers.heartbeat(session, body))).to.deep.equal([400, 'invalid_body']);
  });

  it('begins anew for all after an outage, but wakes nobody who was silent before', async () => {
    const [lost, kept] = [await running(), await running()];
    const [silent, heard] = [await callers.service(), await callers.service()];
    world.clock.advance(LEASE_MS - 1);
    await callers.heartbeat(kept, { service_id: heard });
    world.clock.advance(1);
    expect(await callers.health(silent)).to.equal('unhealthy');
    await world.stop();
    world.clock.advance(LEASE_MS * 100);
    await world.start();
    expect(await stateOf(lost)).to.deep.equal(['suspended', 'service_heartbeat_lost']);
    expect(await callers.health(silent)).to.equal('unhealthy');
    expect(await callers.session(kept)).to.include({
      status: 'active',
      heartbeat_deadline_at: iso(world.clock.now() + LEASE_MS),
    });
    expect((await callers.heartbeat(kept)).status).to.equal(200);
  });
});
