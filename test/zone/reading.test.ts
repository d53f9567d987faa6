// Reads that take more than one turn of the event loop, while the zone forgets, restarts or leaves memory. Each answer is of one
// state of the zone, and a read never stops the zone.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { READ_TRIES_MAX } from '../../src/limits.ts';
import { VIEWS_OPEN_MAX } from '../../src/journal/limits.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { gatedStore, newGates } from '../world/gated-store.ts';
import { DAY_MS, ZoneWorld, type ZoneWorldOptions } from '../world/zone-world.ts';
import { eventually } from './stored.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

/** A world whose store can be paused, and whose disk can fail. */
const gatedWorld = (options: ZoneWorldOptions = {}) => {
  const gates = newGates();
  const contents: MemoryContents = new Map();
  const disk = { isFailing: false };
  const store = {
    contents,
    disk: async () => (disk.isFailing ? Promise.reject(new Error('no space left')) : undefined),
  };
  return { gates, disk, world: new ZoneWorld({ ...options, openStore: () => gatedStore(gates, store) }) };
};

/** Ends a session that several entries touched, and stores it. */
const endedSession = async (world: ZoneWorld): Promise<void> => {
  await world.start({ id: 's-a' });
  for (let turn = 0; turn < 3; turn += 1) {
    await world.execute('session.suspend', { id: 's-a' });
    await world.execute('session.resume', { id: 's-a' });
  }
  await world.execute('session.terminate', { id: 's-a', reason: 'done' });
  await world.zones.drain();
  world.open();
};

const CHANGES = 8;

describe('a read while the zone forgets', () => {
  const forget = async (world: ZoneWorld): Promise<void> => {
    world.clock.advance(91 * DAY_MS);
    await eventually(async () => codeOf(await world.look('session.get', { id: 's-a' })) === 'agent_not_found');
  };

  it('returns a whole history, and the zone still serves', async () => {
    const { world, gates } = gatedWorld();
    await endedSession(world);
    const arrived = gates.values.close();
    const reading = world.look('session.history', { id: 's-a', limit: 100, cursor: null });
    await arrived;
    await forget(world);
    gates.values.open();
    expect(found(await reading).items).to.have.length(CHANGES);
    expect(codeOf(await world.start({ id: 's-b' }))).to.equal(null);
    expect(world.zones.faulted()).to.deep.equal([]);
  });

  it('returns the whole path of an actor, with the reason of its end', async () => {
    const { world, gates } = gatedWorld();
    await endedSession(world);
    const arrived = gates.values.close();
    const reading = world.look('actor.path', { kind: 'session', id: 's-a', most: 100 });
    await arrived;
    await forget(world);
    gates.values.open();
    const { entries, isWhole, terminationReason } = found(await reading);
    expect([entries.length, isWhole, terminationReason]).to.deep.equal([CHANGES, true, 'done']);
  });

  it('lists the children that were there when it began', async () => {
    const { world, gates } = gatedWorld();
    await world.start({ id: 's-a' });
    for (const id of ['s-b', 's-c', 's-d']) await world.start({ id, parentId: 's-a' });
    await world.execute('session.terminate', { id: 's-a', reason: 'done' });
    await world.zones.drain();
    world.open();
    const arrived = gates.values.close();
    const filter = { status: null, lifecycle: null, applicationId: null, label: null };
    const reading = world.look('session.children', { id: 's-a', ...filter, limit: 100, cursor: null });
    // The first values are counted: the table is then known to be whole.
    await arrived;
    await forget(world);
    gates.values.open();
    expect(found(await reading).items.map(({ record }) => record.id)).to.deep.equal(['s-d', 's-c', 's-b']);
  });
});

describe('a page of events', () => {
  const facts = async (
    reading: Promise<Reply<{ readonly announcements: readonly { readonly messages: readonly object[] }[] }>>,
  ) => found(await reading).announcements.flatMap(({ messages }) => messages.map((message) => JSON.stringify(message)));

  const prepared = async () => {
    const gated = gatedWorld();
    const { world } = gated;
    await world.start({ id: 's-a' });
    await world.start({ id: 's-b' });
    const edge = { id: 'e-a', sourceSessionId: 's-a', targetSessionId: 's-b', parentEdgeId: null, resourceId: 'r' };
    const parties = { issuerApplicationId: 'app-a', receiverApplicationId: 'app-a' };
    await world.execute('edge.create', {
      ...edge,
      ...parties,
      scopes: ['read'],
      constraints: {},
      expiresAt: null,
      ttlSeconds: 60,
    });
    // A checkpoint holds everything: waking reads no records, and does not stop at the gate.
    await world.zones.drain();
    world.open();
    return gated;
  };

  it('is made again when the zone restarts under it', async () => {
    const { world, gates, disk } = await prepared();
    const expected = await facts(world.look('zone.announcements', { after: 0, most: 10 }));
    expect(expected.join()).to.contain('"application_id":"app-a"').and.to.contain('"source_session_id":"s-a"');

    const arrived = gates.records.close();
    const reading = world.look('zone.announcements', { after: 0, most: 10 });
    await arrived;
    disk.isFailing = true;
    expect(codeOf(await world.start({ id: 's-lost' }))).to.equal('journal_unavailable');
    disk.isFailing = false;
    const restoring = gates.restores.close();
    const waking = world.look('session.get', { id: 's-a' });
    await restoring;
    // Nothing is in memory now.
    gates.records.open();
    await nextTurn();
    gates.restores.open();
    expect(codeOf(await waking)).to.equal(null);
    expect(await facts(reading)).to.deep.equal(expected);
  });

  it('is refused when the zone restarts under it again and again', async () => {
    const { world, gates, disk } = await prepared();
    let arrived = gates.records.close();
    const reading = world.look('zone.announcements', { after: 0, most: 1 });
    for (let tries = 0; tries < READ_TRIES_MAX; tries += 1) {
      await arrived;
      disk.isFailing = true;
      await world.start({ id: 's-lost' });
      disk.isFailing = false;
      await world.look('session.get', { id: 's-a' });
      arrived = gates.records.step();
    }
    expect(codeOf(await reading)).to.equal('read_interrupted');
    expect(codeOf(await world.start({ id: 's-c' }))).to.equal(null);
  });
});

describe('a zone in use', () => {
  const IDLE_MS = 1_000;

  it('does not leave for being idle while a request is in it', async () => {
    const { world, gates } = gatedWorld({ idleMs: IDLE_MS });
    await world.zones.start();
    await world.start({ id: 's-a' });
    const arrived = gates.records.close();
    const reading = world.look('zone.announcements', { after: 0, most: 10 });
    await arrived;
    world.clock.advance(10 * IDLE_MS);
    expect(world.zones.isAwake('z1')).to.equal(true);
    gates.records.open();
    expect(found(await reading).announcements).to.have.length(1);
    world.clock.advance(10 * IDLE_MS);
    expect(world.zones.isAwake('z1')).to.equal(false);
  });

  it('passes a request that arrives while it unloads to its next instance', async () => {
    const { world, gates } = gatedWorld({ idleMs: IDLE_MS });
    await world.zones.start();
    await world.start({ id: 's-a' });
    const held = await world.zones.get('z1');
    const arrived = gates.checkpoints.close();
    world.clock.advance(10 * IDLE_MS);
    await arrived;
    const ask = { caller: { kind: 'operator' }, requestId: 'r-1', traceId: null } as const;
    const looks = [
      held.look({ type: 'session.get', input: { id: 's-a' } }, ask),
      world.look('session.get', { id: 's-a' }),
    ];
    gates.checkpoints.open();
    expect((await Promise.all(looks)).map(codeOf)).to.deep.equal([null, null]);
    expect(await world.zones.get('z1')).not.to.equal(held);
  });

  it('refuses a request when the process stops', async () => {
    const { world } = gatedWorld();
    await world.start({ id: 's-a' });
    const held = await world.zones.get('z1');
    await world.zones.drain();
    const ask = { caller: { kind: 'operator' }, requestId: 'r-1', traceId: null } as const;
    expect(codeOf(await held.look({ type: 'session.get', input: { id: 's-a' } }, ask))).to.equal('draining');
    expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal('draining');
  });
});

describe('a read for which no view of the store is free', () => {
  it('is refused, and leaves the zone as it is', async () => {
    const world = new ZoneWorld();
    await world.start({ id: 's-a' });
    const views = Array.from({ length: VIEWS_OPEN_MAX }, () => world.store.snapshots.view('z1'));
    const history = () => world.look('session.history', { id: 's-a', limit: 10, cursor: null });
    expect(codeOf(await history())).to.equal('read_interrupted');
    await Promise.all(views.map((view) => view.close()));
    expect(codeOf(await history())).to.equal(null);
    expect(world.zones.faulted()).to.deep.equal([]);
  });
});
