// What a zone does when it wakes: what fell due while nobody was there happens at its own instant and in order, then
// everybody who is listened to has a full lease again. A zone where somebody holds a lease is awake; another wakes when
// something is due.
import { expect } from 'chai';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { actorOf } from '../../src/zone/events.ts';
import type { SessionView } from '../../src/zone/reading/views.ts';
import { ROOMY, ZoneWorld, type ZoneWorldOptions } from '../world/zone-world.ts';
import { heartbeatInput, invocationInput, serviceInput } from './inputs.ts';
import { entriesFrom, eventually, expectSound } from './stored.ts';

const LEASE_MS = ROOMY.serviceLeaseSeconds * 1_000;
const SERVICE = { lifecycle: 'service', ttlSeconds: null } as const;

const newWorld = (options: ZoneWorldOptions = {}): { world: ZoneWorld; t0: number } => {
  const world = new ZoneWorld({ contents: new Map(), ...options });
  return { world, t0: world.clock.now() };
};

/** What happened by itself from an entry on: type, whom it is about, and how long after `t0`. */
const happenings = async ({ store }: ZoneWorld, from: number, t0: number): Promise<(string | number | null)[][]> =>
  (await entriesFrom(store, from))
    .filter(({ by }) => by === null)
    .map(({ event, at }) => [event.type, actorOf(event), at - t0]);

const runningInvocation = async (world: ZoneWorld, fields: Parameters<typeof invocationInput>[0]): Promise<void> => {
  await world.execute('invocation.create', invocationInput(fields));
  await world.execute('invocation.start', { id: fields.id });
};

const viewOf = ({ answer }: Reply<SessionView>): SessionView => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

const session = async (world: ZoneWorld, id: string): Promise<SessionView> =>
  viewOf(await world.look('session.get', { id }));

describe('a zone that wakes', () => {
  for (const ending of ['was stopped', 'was killed', 'was killed before its first checkpoint']) {
    it(`lets happen what fell due since it ${ending}, each at its instant, then renews all leases once`, async () => {
      const frequent = ending === 'was killed' ? { checkpointEveryEntries: 3 } : {};
      const { world, t0 } = newWorld(frequent);
      await world.start({ id: 's-service', ...SERVICE });
      await world.start({ id: 's-task', ttlSeconds: 60 });
      await world.start({ id: 's-below', parentId: 's-task', ttlSeconds: 40 });
      await world.execute('service.register', serviceInput({ id: 'sv-1' }));
      await runningInvocation(world, { id: 'i-late', timeoutMs: 90_000, attemptsMax: 1 });
      await runningInvocation(world, { id: 'i-task', timeoutMs: 120_000, sourceSessionId: 's-task' });
      await runningInvocation(world, { id: 'i-early', timeoutMs: 1 });
      await runningInvocation(world, { id: 'i-tie', timeoutMs: 60_000 });
      await world.execute('invocation.create', invocationInput({ id: 'i-waiting', targetSessionId: 's-below' }));
      if (ending === 'was stopped') await world.zones.drain();
      const head = await world.store.journal.head('z1');

      world.clock.forget();
      world.clock.advance(600_000);
      world.open();
      await world.zones.start();
      await world.look('session.get', { id: 's-service' });
      expect(await happenings(world, head + 1, t0)).to.deep.equal([
        ['invocation.overran', 'i-early', 1],
        ['session.expired', 's-below', 40_000],
        ['session.expired', 's-task', 60_000],
        ['invocation.overran', 'i-tie', 60_000],
        ['invocation.overran', 'i-late', 90_000],
        ['invocation.overran', 'i-task', 120_000],
        ['leases.renewed', null, 600_000],
      ]);
      const below = (await entriesFrom(world.store, head + 1)).map(({ affected }) => affected);
      expect(below.slice(1, 3)).to.deep.equal([
        ['s-below', 'i-waiting'],
        ['s-task', 'i-task'],
      ]);
      const { record, leaseUntil } = await session(world, 's-service');
      expect([record.state, leaseUntil]).to.deep.equal(['active', t0 + 600_000 + LEASE_MS]);
      await world.zones.drain();
      await expectSound(world.store);
    });
  }

  it('suspends at the end of the renewed lease who stays silent, and not who was heard', async () => {
    const { world, t0 } = newWorld();
    await world.start({ id: 's-silent', ...SERVICE });
    await world.start({ id: 's-below', parentId: 's-silent', ...SERVICE });
    await world.start({ id: 's-heard', ...SERVICE });
    world.clock.forget();
    world.clock.advance(10 * LEASE_MS);
    world.open();
    await world.zones.start();
    const woken = 10 * LEASE_MS;
    world.clock.advance(LEASE_MS - 1);
    await world.execute('session.heartbeat', heartbeatInput({ id: 's-below' }));
    await world.execute('session.heartbeat', heartbeatInput({ id: 's-heard' }));
    expect((await session(world, 's-silent')).record.state).to.equal('active');
    world.clock.advance(1);
    await eventually(async () => (await world.store.journal.head('z1')) === 7);
    expect(await happenings(world, 4, t0)).to.deep.equal([
      ['leases.renewed', null, woken],
      ['session.lease-lost', 's-silent', woken + LEASE_MS],
    ]);
    expect((await session(world, 's-below')).record.state).to.deep.equal({ suspended: 'inherited' });
    expect((await session(world, 's-heard')).leaseUntil).to.equal(t0 + woken + 2 * LEASE_MS - 1);
  });

  it('gives no lease to who was suspended, and says nothing where nobody is listened to', async () => {
    const { world, t0 } = newWorld();
    await world.start({ id: 's-service', ...SERVICE });
    await world.execute('session.suspend', { id: 's-service' });
    world.open();
    await world.zones.start();
    expect((await session(world, 's-service')).leaseUntil).to.equal(null);
    world.clock.advance(10 * LEASE_MS);
    await world.execute('session.resume', { id: 's-service' });
    expect((await session(world, 's-service')).leaseUntil).to.equal(t0 + 11 * LEASE_MS);
    expect(await happenings(world, 1, t0)).to.deep.equal([]);
  });

  it('does not renew in the past when the clock of the host was set back', async () => {
    const { world, t0 } = newWorld();
    world.clock.advance(50_000);
    await world.start({ id: 's-service', ...SERVICE });
    world.clock.setBack(40_000);
    world.open();
    await world.zones.start();
    expect(await happenings(world, 1, t0)).to.deep.equal([['leases.renewed', null, 50_000]]);
  });
});

describe('a zone where somebody holds a lease', () => {
  it('is woken at the start, and stays awake for as long as the lease runs', async () => {
    const { world, t0 } = newWorld({ idleMs: 10_000 });
    await world.start({ id: 's-service', ...SERVICE });
    await world.zones.drain();
    world.open();
    await world.zones.start();
    expect(world.zones.awake).to.equal(1);
    world.clock.advance(LEASE_MS - 1);
    expect(world.zones.awake).to.equal(1);
    world.clock.advance(1);
    await eventually(async () => (await world.store.journal.head('z1')) === 3);
    expect(await happenings(world, 2, t0)).to.deep.equal([
      ['leases.renewed', null, 0],
      ['session.lease-lost', 's-service', LEASE_MS],
    ]);
    world.clock.advance(20_000);
    expect(world.zones.awake).to.equal(0);
  });

  it('renews leases when a fault made it read its disk again', async () => {
    let failing = false;
    const disk = () => (failing ? Promise.reject(new Error('no space left')) : Promise.resolve());
    const { world, t0 } = newWorld({ disk });
    await world.zones.start();
    await world.start({ id: 's-service', ...SERVICE });
    world.clock.advance(100_000);
    failing = true;
    const { answer } = await world.start({ id: 's-lost' });
    expect(isRefusal(answer) && answer.code).to.equal('journal_unavailable');
    world.clock.advance(LEASE_MS);
    await eventually(() => world.zones.faulted().length === 1);
    expect(await world.store.journal.head('z1')).to.equal(1);

    failing = false;
    const { record, leaseUntil } = await session(world, 's-service');
    expect([record.state, leaseUntil]).to.deep.equal(['active', t0 + 100_000 + 2 * LEASE_MS]);
    world.clock.advance(LEASE_MS);
    await eventually(async () => (await world.store.journal.head('z1')) === 3);
    expect(await happenings(world, 2, t0)).to.deep.equal([
      ['leases.renewed', null, 100_000 + LEASE_MS],
      ['session.lease-lost', 's-service', 100_000 + 2 * LEASE_MS],
    ]);
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('a zone that nobody calls', () => {
  /** One running invocation, and a service that is silent already. */
  const quietWorld = async (): Promise<{ world: ZoneWorld; due: number; head: number; t0: number }> => {
    const { world, t0 } = newWorld({ idleMs: 5_000 });
    await world.zones.start();
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    world.clock.advance(LEASE_MS);
    await runningInvocation(world, { id: 'i-1', timeoutMs: 30_000 });
    return { world, due: LEASE_MS + 30_000, head: await world.store.journal.head('z1'), t0 };
  };

  it('sleeps until the deadline of an invocation and wakes for it, after a restart', async () => {
    const { world, due, head, t0 } = await quietWorld();
    await world.zones.drain();
    world.open();
    await world.zones.start();
    expect(world.zones.awake).to.equal(0);
    world.clock.advance(29_999);
    expect([world.zones.awake, await world.store.journal.head('z1')]).to.deep.equal([0, head]);
    world.clock.advance(1);
    await eventually(async () => (await world.store.journal.head('z1')) === head + 1);
    expect(await happenings(world, head + 1, t0)).to.deep.equal([['invocation.overran', 'i-1', due]]);
  });

  it('sleeps until the deadline of an invocation and wakes for it, after it was idle', async () => {
    const { world, due, head, t0 } = await quietWorld();
    world.clock.advance(20_000);
    expect(world.zones.awake).to.equal(0);
    world.clock.advance(10_000);
    await eventually(async () => (await world.store.journal.head('z1')) === head + 1);
    expect(await happenings(world, head + 1, t0)).to.deep.equal([['invocation.overran', 'i-1', due]]);
  });
});
