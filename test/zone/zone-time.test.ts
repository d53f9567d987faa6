// A zone whose last entry is ahead of the clock: its time continues from there. Deadlines still advance, nothing gets more than
// its own length, and nothing is deleted because of the wrong clock.
import { expect } from 'chai';
import { isRefusal } from '../../src/zone/commands.ts';
import { actorOf } from '../../src/zone/events.ts';
import { DAY_MS, ROOMY, ZoneWorld } from '../world/zone-world.ts';
import { invocationInput, serviceInput } from './inputs.ts';
import { entriesFrom, eventually, expectSound, storedKeys } from './stored.ts';

const YEAR_MS = 365 * DAY_MS;
const LEASE_MS = ROOMY.serviceLeaseSeconds * 1_000;

const stateOf = async (world: ZoneWorld, id: string) => {
  const { answer } = await world.look('session.get', { id });
  return isRefusal(answer) ? answer.code : answer.record.state;
};

/** A process under a clock that is a year ahead, then one under the right clock. */
const correctedWorld = async (idleMs = 300_000) => {
  const world = new ZoneWorld({ contents: new Map(), retention: { session: DAY_MS, receipt: DAY_MS }, idleMs });
  await world.start({ id: 's-before' }, 'key-before');
  await world.execute('session.terminate', { id: 's-before', reason: 'done' });
  await world.zones.drain();
  world.clock.setSteady(Number.MAX_SAFE_INTEGER);
  world.clock.advance(YEAR_MS);
  world.open();
  await world.start({ id: 's-task', ttlSeconds: 60 });
  await world.zones.drain();
  world.clock.setBack(YEAR_MS);
  world.open();
  world.clock.setSteady(0);
  return world;
};

describe('a zone that is ahead of the clock', () => {
  it('lets time run: what was started under the wrong clock ends after its own length', async () => {
    const world = await correctedWorld();
    await world.zones.start();
    world.clock.advance(59_999);
    expect(await stateOf(world, 's-task')).to.equal('active');
    world.clock.advance(1);
    expect(await stateOf(world, 's-task')).to.deep.equal({ terminated: 'expired' });
  });

  it('gives what is started under the right clock its own length too', async () => {
    const world = await correctedWorld();
    await world.start({ id: 's-new', ttlSeconds: 30 });
    await world.start({ id: 's-service', lifecycle: 'service', ttlSeconds: null });
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    await world.execute('invocation.create', invocationInput({ id: 'i-1', timeoutMs: 10_000, attemptsMax: 1 }));
    await world.execute('invocation.start', { id: 'i-1' });
    const t0 = (await entriesFrom(world.store, 1)).at(-1)?.at ?? 0;
    world.clock.advance(LEASE_MS);
    await eventually(async () => (await stateOf(world, 's-service')) !== 'active');
    const fired = (await entriesFrom(world.store, 1)).filter(({ by }) => by === null);
    expect(fired.map(({ event, at }) => [event.type, actorOf(event), at - t0])).to.deep.equal([
      ['invocation.overran', 'i-1', 10_000],
      ['session.expired', 's-new', 30_000],
      ['session.expired', 's-task', 60_000],
      ['session.lease-lost', 's-service', LEASE_MS],
      ['service.silenced', 'sv-1', LEASE_MS],
    ]);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('runs while it sleeps, and wakes by itself when something is due', async () => {
    const world = await correctedWorld(5_000);
    await world.zones.start();
    expect(await stateOf(world, 's-task')).to.equal('active');
    world.clock.advance(20_000);
    await eventually(() => world.zones.awake === 0);
    const head = await world.store.journal.head('z1');
    world.clock.advance(40_000);
    await eventually(async () => (await world.store.journal.head('z1')) === head + 1);
    expect(await stateOf(world, 's-task')).to.deep.equal({ terminated: 'expired' });
  });

  it('keeps what had ended before for as long as it is kept by the right clock', async () => {
    const world = await correctedWorld();
    await world.zones.start();
    world.clock.advance(DAY_MS - 1);
    await world.look('caller.standing', {});
    expect(await stateOf(world, 's-before')).to.deep.equal({ terminated: 'ended' });
    world.clock.advance(1);
    await eventually(
      async () => !(await storedKeys(world.store, 'archive/session/')).includes('archive/session/s-before'),
    );
  });

  it('is not carried further by a step of the clock that only catches up', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-task', ttlSeconds: 3_600 });
    const t0 = world.clock.now();
    await world.zones.drain();
    world.clock.setBack(40 * YEAR_MS);
    world.open();
    await world.zones.start();
    world.clock.advance(60_000);
    world.clock.believe(40 * YEAR_MS);
    expect(await stateOf(world, 's-task')).to.equal('active');
    await world.start({ id: 's-later' });
    expect((await entriesFrom(world.store, 1)).at(-1)?.at).to.equal(t0 + 60_000);
  });

  it('gives no lease and no deadline more for a step that only catches up', async () => {
    const world = await correctedWorld();
    await world.start({ id: 's-service', lifecycle: 'service', ttlSeconds: null });
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    await world.execute('invocation.create', invocationInput({ id: 'i-1', timeoutMs: 90_000 }));
    await world.execute('invocation.start', { id: 'i-1' });
    const t0 = (await entriesFrom(world.store, 1)).at(-1)?.at ?? 0;
    world.clock.advance(60_000);
    world.clock.believe(3_600_000);
    const { answer } = await world.look('session.get', { id: 's-service' });
    expect(!isRefusal(answer) && answer.leaseUntil).to.equal(t0 + LEASE_MS);
    expect((await entriesFrom(world.store, 1)).map(({ event }) => event.type)).not.to.contain('work.extended');
  });

  it('goes on from its last entry also where its checkpoint is older', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    world.clock.advance(YEAR_MS);
    await world.start({ id: 's-first' });
    await world.zones.drain();
    world.open();
    world.clock.advance(1_200_000);
    await world.start({ id: 's-task', ttlSeconds: 60 });
    world.clock.forget();
    world.clock.setBack(YEAR_MS + 1_200_000);
    world.open();
    await world.zones.start();
    world.clock.advance(60_000);
    expect(await stateOf(world, 's-task')).to.deep.equal({ terminated: 'expired' });
  });
});

describe('a step that is followed', () => {
  it('ends authority of its time and extends what waited for callers', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    const t0 = world.clock.now();
    await world.start({ id: 's-task', ttlSeconds: 3_600 });
    await world.start({ id: 's-service', lifecycle: 'service', ttlSeconds: null });
    world.clock.advance(60_000);
    world.clock.believe(8 * 3_600_000);
    expect(await stateOf(world, 's-task')).to.deep.equal({ terminated: 'expired' });
    expect(await stateOf(world, 's-service')).to.equal('active');
    const fired = (await entriesFrom(world.store, 1)).filter(({ by }) => by === null);
    expect(fired.map(({ event, at }) => [event.type, at - t0])).to.deep.equal([
      ['session.expired', 3_600_000],
      ['work.extended', 60_000 + 8 * 3_600_000],
    ]);
    world.clock.advance(LEASE_MS - 60_000);
    expect(await stateOf(world, 's-service')).to.deep.equal({ suspended: 'own' });
  });
});

describe('deleting because of age', () => {
  const endedWorld = async () => {
    const world = new ZoneWorld({ contents: new Map(), retention: { session: DAY_MS, receipt: DAY_MS } });
    await world.start({ id: 's-1' }, 'key-1');
    await world.execute('session.terminate', { id: 's-1', reason: 'done' });
    await world.zones.drain();
    return world;
  };

  it('waits for a steady clock, and so does the end of an idempotency key', async () => {
    const world = await endedWorld();
    const steadyAt = world.clock.now() + 10 * DAY_MS;
    world.clock.setSteady(steadyAt);
    world.open();
    await world.zones.start();
    world.clock.advance(10 * DAY_MS - 1);
    const again = await world.start({ id: 's-1' }, 'key-1');
    expect(isRefusal(again.answer) && again.answer.code).to.equal('idempotency_result_inactive');
    expect(await stateOf(world, 's-1')).to.deep.equal({ terminated: 'ended' });
    world.clock.advance(1);
    await eventually(async () => (await stateOf(world, 's-1')) === 'agent_not_found');
    expect(isRefusal((await world.start({ id: 's-2' }, 'key-1')).answer)).to.equal(false);
  });

  it('does not happen while the clock is disputed', async () => {
    const world = await endedWorld();
    world.open();
    await world.zones.start();
    world.clock.wallAheadMs = -3_600_000;
    world.clock.advance(2 * DAY_MS);
    expect(await stateOf(world, 's-1')).to.deep.equal({ terminated: 'ended' });
    world.clock.wallAheadMs = 0;
    world.clock.advance(3_600_000);
    await eventually(async () => (await stateOf(world, 's-1')) === 'agent_not_found');
  });

  it('takes so many records a minute and no more', async () => {
    const world = new ZoneWorld({ contents: new Map(), retention: { session: DAY_MS }, forgetPerMinuteMax: 4 });
    for (let started = 0; started < 10; started += 1) {
      const id = world.nextId();
      await world.start({ id });
      await world.execute('session.terminate', { id, reason: 'done' });
    }
    await world.zones.drain();
    world.open();
    await world.zones.start();
    const left = async () => (await storedKeys(world.store, 'archive/session/')).length;
    world.clock.advance(DAY_MS);
    for (const expected of [6, 2, 0]) {
      await eventually(async () => (await left()) === expected);
      world.clock.advance(59_999);
      await world.look('caller.standing', {});
      expect(await left()).to.equal(expected);
      world.clock.advance(1);
    }
  });
});
