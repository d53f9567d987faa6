// A checkpoint of another version is rebuilt next to the old one. The old one stays unchanged until the new one is complete.
// An interrupted attempt is never read as a checkpoint, and its keys are deleted.
import { expect } from 'chai';
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import type { Store } from '../../src/journal/journal.ts';
import { FOLD_STEP_ENTRIES, SWEEP_STEP_KEYS } from '../../src/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { ZoneMemory } from '../../src/zone/memory.ts';
import { readCheckpoint } from '../../src/zone/waking/recovery.ts';
import { wake } from '../../src/zone/waking/waking.ts';
import { DAY_MS, ZoneWorld } from '../world/zone-world.ts';
import { eventually, expectSound, storedKeys } from './stored.ts';

const ALL = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };

/** Sessions that have come and gone, more than one step of a fold takes. */
const lived = async (contents: MemoryContents, entries: number): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents, checkpointEveryEntries: 700 });
  for (let n = 0; n < entries / 2; n += 1) {
    const id = world.nextId();
    await world.start({ id }, `key-${n}`);
    await world.execute('session.terminate', { id, reason: 'done' });
  }
  await world.start({ id: 's-live' });
  await world.zones.drain();
  return world;
};

/** As an earlier build stored it. */
const asOfEarlier = async ({ snapshots }: Store): Promise<void> => {
  const batch = snapshots.begin('z1');
  const record = JSON.parse(String(snapshots.get('z1', 'checkpoint'))) as object;
  batch.put('checkpoint', Buffer.from(JSON.stringify({ ...record, v: 4 })));
  await batch.commit();
};

const snapshotsOf = (contents: MemoryContents): [string, string][] =>
  Array.from(contents.get('z1')?.snapshots ?? [], ([key, value]): [string, string] => [key, value.toString('base64')]);

const listed = async (world: ZoneWorld): Promise<string[]> => {
  const { answer } = await world.look('session.list', ALL);
  if (isRefusal(answer) || !('items' in answer)) throw new Error(JSON.stringify(answer));
  return answer.items.map(({ record }) => record.id);
};

/** A store whose commits count, and fail after some of them. */
const failingAfter = (contents: MemoryContents, commits: number): Store & { made: number } => {
  const store = { ...openMemoryStore({ contents }), made: 0 };
  const begin = store.snapshots.begin.bind(store.snapshots);
  store.snapshots.begin = (zone) => {
    const batch = begin(zone);
    const commit = batch.commit.bind(batch);
    batch.commit = () => {
      if (store.made >= commits) return Promise.reject(new Error('cut off'));
      store.made += 1;
      return commit();
    };
    return batch;
  };
  return store;
};

const wakeOn = async (
  store: Store,
): Promise<{ readonly ended: number; readonly unstored: number; readonly seq: number }> => {
  const memory = new ZoneMemory('z1');
  await wake(memory, store, { end: await store.journal.head('z1'), mayStore: true });
  const { actors, unstored, seq } = memory;
  const ended = Array.from(actors.sessions.descending(null)).length - actors.sessions.count;
  memory.clear();
  return { ended, unstored: unstored.count, seq };
};

describe('a checkpoint of an earlier version', () => {
  const contents: MemoryContents = new Map();
  const ENTRIES = 2 * FOLD_STEP_ENTRIES + 200;
  const copy = (): MemoryContents =>
    new Map(Array.from(contents, ([zone, stored]) => [zone, { ...stored, snapshots: new Map(stored.snapshots) }]));

  before(async function () {
    this.timeout(60_000);
    const world = await lived(contents, ENTRIES);
    await asOfEarlier(world.store);
  });

  it('is replaced by one that holds the same, and then deleted in steps', async () => {
    const world = new ZoneWorld({ contents: copy() });
    expect(await listed(world))
      .to.have.length(500)
      .and.to.include('s-live');
    expect(readCheckpoint(world.store.snapshots, 'z1')).to.include({ v: 7, generation: 1, seq: ENTRIES + 1 });
    await eventually(async () => (await storedKeys(world.store, 'archive/')).length === 0);
    for (const prefix of ['live/', 'age/', 'history/', 'building'])
      expect(await storedKeys(world.store, prefix), prefix).to.deep.equal([]);
    await world.zones.drain();
    await expectSound(world.store);
    // It is used as it is from now on.
    world.open();
    expect(await listed(world)).to.include('s-live');
    expect(readCheckpoint(world.store.snapshots, 'z1')).to.include({ generation: 1 });
  });

  it('is folded with no more in memory than one step holds', async () => {
    expect(await wakeOn(openMemoryStore({ contents: copy() }))).to.deep.equal({
      ended: 0,
      unstored: 0,
      seq: ENTRIES + 1,
    });
  });

  it('stays unchanged when the journal does not fold to its end, and the keys of the attempt are deleted once it does', async () => {
    const damaged = copy();
    const stored = damaged.get('z1');
    if (!stored) throw new Error('no zone');
    const entries = [...stored.entries];
    const whole = entries[ENTRIES - 10];
    entries[ENTRIES - 10] = Buffer.from('damaged');
    damaged.set('z1', { ...stored, entries });
    const before = snapshotsOf(damaged);
    const world = new ZoneWorld({ contents: damaged });
    expect((await world.look('session.get', { id: 's-live' })).answer).to.have.property('code', 'zone_faulted');
    const after = new Map(snapshotsOf(damaged));
    expect(before.filter(([key, value]) => after.get(key) !== value)).to.deep.equal([]);
    expect(readCheckpoint(world.store.snapshots, 'z1')).to.include({ v: 4 });
    expect(await storedKeys(world.store, 'building')).to.deep.equal(['building']);

    entries[ENTRIES - 10] = whole;
    world.open();
    expect(await listed(world)).to.include('s-live');
    await eventually(async () => (await storedKeys(world.store, 'archive/')).length === 0);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('survives a crash after any of the batches of its replacement', async () => {
    const whole = failingAfter(copy(), Infinity);
    await wakeOn(whole);
    expect(whole.made).to.be.at.least(4);
    for (let commits = 0; commits < whole.made; commits += 1) {
      const crashed = copy();
      let failed = false;
      await wakeOn(failingAfter(crashed, commits)).catch(() => (failed = true));
      expect(failed, `after ${commits} batches`).to.equal(true);
      const checkpoint = readCheckpoint(openMemoryStore({ contents: crashed }).snapshots, 'z1');
      expect(checkpoint, 'only the last batch replaces it').to.include({ v: 4 });
    }
  });

  it('is deleted after a crash in the middle of deleting, damaged values included', async () => {
    const crashed = copy();
    // The build, and one step of deleting: more keys than one step takes are left.
    const world = new ZoneWorld({ contents: crashed });
    await listed(world);
    world.open();
    const left = crashed.get('z1')?.snapshots ?? new Map<string, Buffer>();
    left.set('archive/session/left', Buffer.from('damaged'));
    expect(left.size).to.be.above(SWEEP_STEP_KEYS);
    await listed(world);
    await eventually(() => Array.from(left.keys()).every((key) => key === 'checkpoint' || key.startsWith('g1/')));
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('a checkpoint of an earlier version of a zone that has forgotten', () => {
  it('does not bring back what was forgotten', async () => {
    const contents: MemoryContents = new Map();
    const world = await lived(contents, 40);
    world.clock.advance(90 * DAY_MS);
    world.open();
    await (await world.zones.get('z1')).tick();
    // The last session ended too late to be forgotten with the others.
    const isLate = (key: string) => key.endsWith('/s-live');
    await eventually(async () => (await storedKeys(world.store, 'archive/')).every(isLate));
    await world.start({ id: 's-new' });
    await world.execute('session.terminate', { id: 's-new', reason: 'done' });
    await world.zones.drain();
    await asOfEarlier(world.store);
    world.open();
    expect(await listed(world)).to.have.members(['s-new', 's-live']);
    await world.zones.drain();
    await expectSound(world.store);
  });
});
