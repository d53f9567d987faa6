// The rows of a directory in checkpoints: one key each, written when the row has changed, in slices of bounded bytes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { CHAIN_START, decodeEntry, encodeEntry, sha256 } from '../../src/journal/entry.ts';
import type { Store } from '../../src/journal/journal.ts';
import { openMemoryStore } from '../../src/journal/memory-engine.ts';
import { DIRECTORY_ROW_BYTES_MAX, SLICE_ACTORS } from '../../src/limits.ts';
import { FOLD_STEP_BYTES, SLICE_BYTES } from '../../src/zone/checkpoints/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import type { ZoneEvent } from '../../src/zone/events.ts';
import { readCheckpoint } from '../../src/zone/waking/recovery.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { expectSound, storedKeys, turnsUntil } from './stored.ts';

const OPERATOR = { caller: { kind: 'operator' } } as const;
const ROWS = 'live/directory/';

const register = async (world: ZoneWorld, name: string, expiresAt: number | null = null): Promise<void> => {
  const facts = { registrationMethod: 'managed', expiresAt } as const;
  const { answer } = await world.execute('directory.register', { table: 'application', name, facts }, OPERATOR);
  if (isRefusal(answer)) throw new Error(answer.code);
};

const withRows = async (count: number, checkpointEveryEntries = 1_000_000): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries });
  for (let n = 0; n < count; n += 1) await register(world, `app-${n}`);
  return world;
};

interface Put {
  readonly key: string;
  readonly bytes: number;
}

/** The keys that each batch of a store puts, and their bytes. */
const watched = ({ snapshots }: Store): Put[][] => {
  const batches: Put[][] = [];
  const begin = snapshots.begin.bind(snapshots);
  snapshots.begin = (zone) => {
    const batch = begin(zone);
    const puts: Put[] = [];
    batches.push(puts);
    const put = batch.put.bind(batch);
    batch.put = (key, value) => {
      puts.push({ key, bytes: value.length });
      put(key, value);
    };
    return batch;
  };
  return batches;
};

const wakeOn = async (world: ZoneWorld): Promise<void> => {
  await world.look('caller.standing', {});
};

const storedRow = ({ store }: ZoneWorld, name: string): unknown =>
  JSON.parse(String(store.snapshots.get('z1', `${ROWS}application/${name}`)));

/** A journal that registers rows larger than any that is accepted today, as an older version wrote it. */
const journalOfLargeRows = async (count: number, bytes: number): Promise<Store> => {
  const world = new ZoneWorld();
  await register(world, 'template');
  const template = decodeEntry<ZoneEvent>(world.store.journal.at('z1', 1).data, { zone: 'z1', seq: 1 });
  const store = openMemoryStore();
  const writer = await store.journal.open('z1', { atLeast: 0 });
  let prev = CHAIN_START;
  for (let seq = 1; seq <= count; seq += 1) {
    const facts = { identifier: `i-${seq}`, applicationId: 'app-a', scopes: [`${seq}`.padEnd(bytes, '.')] };
    const event = { type: 'directory.registered', v: 1, table: 'resource', name: `r-${seq}`, facts } as const;
    const data = encodeEntry({ ...template, seq, event, prev });
    prev = sha256(data);
    await writer.append({ seq, data, body: null });
  }
  await writer.close();
  return store;
};

describe('the rows of a directory in a checkpoint', () => {
  it('are written when they have changed, and only then', async () => {
    const world = await withRows(500);
    await world.zones.drain();
    expect(await storedKeys(world.store, ROWS)).to.have.length(500);
    world.open();
    const batches = watched(world.store);
    await register(world, 'app-77');
    await world.zones.drain();
    const keys = batches.flat().map(({ key }) => key);
    expect(keys).to.include.members([`${ROWS}application/app-77`, 'checkpoint']);
    expect(keys.filter((key) => key.startsWith('live/'))).to.deep.equal([`${ROWS}application/app-77`]);
    await expectSound(world.store);
    world.open();
    const { answer } = await world.look('directory.get', { table: 'application', name: 'app-77' });
    expect(answer).to.have.nested.property('row.seq', 501);
    expect(await storedKeys(world.store, ROWS)).to.have.length(500);
  });

  it('are not written where none has changed', async () => {
    const world = await withRows(3);
    await world.zones.drain();
    world.open();
    const batches = watched(world.store);
    await world.start({ id: 's-a' });
    await world.zones.drain();
    expect(batches.flat().filter(({ key }) => key.startsWith(ROWS))).to.deep.equal([]);
    await expectSound(world.store);
  });

  it('are as they were when the checkpoint began, whatever changes meanwhile', async () => {
    const count = 5 * SLICE_ACTORS;
    const world = await withRows(count - 1, count);
    await register(world, `app-${count - 1}`);
    // The checkpoint has begun, and waits for its next slice. Rows change that it has taken, and others before their turn.
    const again = [1, 2, count - 2, count - 1].map((n) => register(world, `app-${n}`));
    const twice = register(world, `app-${count - 1}`);
    await Promise.all([...again, twice, register(world, 'app-new')]);
    while (readCheckpoint(world.store.snapshots, 'z1') === null) await nextTurn();
    expect(readCheckpoint(world.store.snapshots, 'z1')?.seq).to.equal(count);
    expect(storedRow(world, `app-${count - 1}`)).to.have.property('seq', count);
    expect(await storedKeys(world.store, ROWS)).to.have.length(count);
    await expectSound(world.store);
    const batches = watched(world.store);
    await world.zones.drain();
    expect(batches.flat().filter(({ key }) => key.startsWith(ROWS))).to.have.length(5);
    expect(storedRow(world, `app-${count - 1}`)).to.have.property('seq', count + 5);
    await expectSound(world.store);
  });

  it('are left to the next one when it fails', async () => {
    const world = await withRows(2, 5);
    const { snapshots } = world.store;
    const begin = snapshots.begin.bind(snapshots);
    let failing = true;
    snapshots.begin = (zone) => {
      const batch = begin(zone);
      const commit = batch.commit.bind(batch);
      batch.commit = () => (failing ? Promise.reject(new Error('no space left')) : commit());
      return batch;
    };
    for (const name of ['app-2', 'app-3', 'app-4', 'app-1', 'app-4', 'app-4', 'app-5']) await register(world, name);
    expect(readCheckpoint(snapshots, 'z1')).to.equal(null);
    failing = false;
    await world.zones.drain();
    expect(storedRow(world, 'app-4')).to.have.property('seq', 8);
    expect(await storedKeys(world.store, ROWS)).to.have.length(6);
    await expectSound(world.store);
  });

  it('are written and restored over many turns of the event loop, by their number', async () => {
    const turns = async (count: number): Promise<readonly number[]> => {
      const world = await withRows(count);
      const storing = await turnsUntil(world.zones.drain());
      world.open();
      return [storing, await turnsUntil(wakeOn(world))];
    };
    const [few, many] = [await turns(1), await turns(20 * SLICE_ACTORS)];
    // Writing takes them once and removes them from what is unstored; waking reads them and restores them.
    for (const [index, before] of few.entries()) expect((many[index] ?? 0) - before).to.be.at.least(2 * 20 - 2);
  });

  it('are no longer served where one is missing', async () => {
    const world = await withRows(3);
    await world.zones.drain();
    const batch = world.store.snapshots.begin('z1');
    batch.del(`${ROWS}application/app-1`);
    await batch.commit();
    world.open();
    const { answer } = await world.look('directory.get', { table: 'application', name: 'app-0' });
    expect(answer).to.have.property('code', 'zone_faulted');
  });
});

describe('a journal with rows larger than any that is accepted today', () => {
  it('is folded, stored in batches and slices of bounded bytes, and woken from its checkpoint', async function () {
    this.timeout(60_000);
    const bytes = 4 * DIRECTORY_ROW_BYTES_MAX;
    const count = Math.ceil((1.2 * FOLD_STEP_BYTES) / bytes);
    const store = await journalOfLargeRows(count, bytes);
    const batches = watched(store);
    const world = new ZoneWorld({ openStore: () => store });
    expect(await turnsUntil(wakeOn(world))).to.be.at.least((count * bytes) / SLICE_BYTES);
    expect(world.zones.faulted()).to.deep.equal([]);
    await world.zones.drain();
    const perBatch = batches.map((puts) => puts.reduce((sum, put) => sum + put.bytes, 0));
    expect(Math.max(...perBatch)).to.be.below(FOLD_STEP_BYTES + 2 * SLICE_BYTES);
    expect(batches.flat().filter(({ key }) => key.startsWith(ROWS))).to.have.length(count);
    expect(readCheckpoint(store.snapshots, 'z1')).to.deep.include({ seq: count });
    await expectSound(store);
    world.open();
    expect(await turnsUntil(wakeOn(world))).to.be.at.least((count * bytes) / SLICE_BYTES);
    const { answer } = await world.look('directory.get', { table: 'resource', name: `r-${count}` });
    expect(answer).to.have.nested.property('row.seq', count);
  });
});

describe('a row of the directory whose name contains slashes', () => {
  it('lapses under that name, before and after it was restored', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await register(world, 'team/app/1', world.clock.now() + 1_000);
    await register(world, 'team/app/2', world.clock.now() + 2_000);
    const endedAt = async (name: string): Promise<unknown> => {
      const { answer } = await world.look('directory.get', { table: 'application', name });
      return isRefusal(answer) ? answer.code : answer.row.endedAt;
    };
    world.clock.advance(1_000);
    expect(await endedAt('team/app/1')).to.equal(world.clock.now());
    await world.zones.drain();
    world.open();
    world.clock.advance(1_000);
    expect(await endedAt('team/app/2')).to.equal(world.clock.now());
    await world.zones.drain();
    await expectSound(world.store);
  });
});
