// A checkpoint is made while the zone serves: in slices, but consistent at one moment.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { SLICE_ACTORS } from '../../src/limits.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { readCheckpoint } from '../../src/zone/waking/recovery.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { expectSound, storedKeys, turnsUntil } from './stored.ts';

describe('a checkpoint', () => {
  it('lets the event loop turn between slices of actors, of receipts and of what leaves memory', async () => {
    const sessions = 1_000;
    const world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries: 1_000_000 });
    for (let n = 0; n < sessions; n += 1) {
      const id = world.nextId();
      await world.start({ id }, `key-${n}`);
      await world.execute('session.terminate', { id, reason: 'done' });
    }
    const turns = await turnsUntil(world.zones.drain());
    expect(turns).to.be.at.least((4 * sessions) / SLICE_ACTORS);
    expect(await storedKeys(world.store, 'archive/receipt/')).to.have.length(sessions);
    await expectSound(world.store);
  });

  it('holds every actor as it was when the checkpoint began, whatever changes meanwhile', async () => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents, checkpointEveryEntries: 600 });
    const ids: string[] = [];
    for (let n = 0; n < 599; n += 1) {
      const id = world.nextId();
      await world.start({ id });
      ids.push(id);
    }
    await world.start({ id: world.nextId() });
    // The checkpoint has begun, and waits for its next slice. Actors change that it has taken, and others before their turn.
    const changes = ids.slice(-200).map((id) => world.execute('session.suspend', { id }));
    const more = world.execute('session.terminate', { id: ids[0] ?? '', reason: 'x' });
    await Promise.all([...changes, more]);
    while (readCheckpoint(world.store.snapshots, 'z1') === null) await nextTurn();
    const { seq = 0 } = readCheckpoint(world.store.snapshots, 'z1') ?? {};
    expect(seq).to.equal(600);
    expect(await world.store.journal.head('z1')).to.equal(801);
    await expectSound(world.store);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('that failed leaves its content to the next one', async () => {
    let failing = true;
    const world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries: 5 });
    const { snapshots } = world.store;
    const begin = snapshots.begin.bind(snapshots);
    snapshots.begin = (zone) => {
      const batch = begin(zone);
      const commit = batch.commit.bind(batch);
      batch.commit = () => (failing ? Promise.reject(new Error('no space left')) : commit());
      return batch;
    };
    for (let n = 0; n < 12; n += 1) await world.start({ id: world.nextId() }, `key-${n}`);
    await world.execute('session.terminate', { id: 's-000003', reason: 'x' });
    failing = false;
    await world.zones.drain();
    expect(readCheckpoint(snapshots, 'z1')?.seq).to.equal(13);
    expect(await storedKeys(world.store, 'archive/receipt/')).to.have.length(12);
    await expectSound(world.store);
  });
});
