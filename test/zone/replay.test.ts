// Replay says exactly where what is stored and what the journal says part ways, and the command says so with its exit code.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { openMemoryStore } from '../../src/journal/memory-engine.ts';
import type { SnapshotStore, Store } from '../../src/journal/journal.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { World } from '../world/world.ts';
import { ZoneWorld } from '../world/zone-world.ts';

/** Puts another reason into a session's stored snapshot. */
const alterHold = async (snapshots: SnapshotStore, key: string): Promise<void> => {
  const stored = String(snapshots.get('z1', key));
  expect(stored).to.contain('"holdReason":"requested"');
  const batch = snapshots.begin('z1');
  batch.put(key, Buffer.from(stored.replace('"holdReason":"requested"', '"holdReason":"forged"')));
  await batch.commit();
};

const heldWorld = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map() });
  await world.start({ id: 's-a' });
  await world.start({ id: 's-b', parentId: 's-a' });
  await world.execute('session.suspend', { id: 's-a' });
  await world.zones.drain();
  return world;
};

/** The journal again, with one record altered. */
const copied = async (from: Store, alter: (text: string, seq: number) => string): Promise<Store> => {
  const store = openMemoryStore();
  const writer = await store.journal.open('z1', { atLeast: 0 });
  for await (const { seq, data, body } of from.journal.read('z1', 1)) {
    await writer.append({ seq, data: Buffer.from(alter(data.toString(), seq)), body });
  }
  await writer.close();
  return store;
};

const withRow = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map() });
  const facts = { registrationMethod: 'managed', expiresAt: null } as const;
  const input = { table: 'application', name: 'app-b', facts } as const;
  await world.execute('directory.register', input, { caller: { kind: 'operator' } });
  await world.zones.drain();
  return world;
};

describe('replay', () => {
  it('names the actor, the field and both values of a snapshot that differs', async () => {
    const world = await heldWorld();
    await alterHold(world.store.snapshots, 'live/session/s-a');
    const { divergence } = await replayZone('z1', world.store);
    const expected = { entry: 3, actor: 's-a', field: 'holdReason', stored: '"forged"', replayed: '"requested"' };
    expect(divergence).to.deep.equal(expected);
  });

  it('misses a row of the directory that is not stored', async () => {
    const world = await withRow();
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
    const batch = world.store.snapshots.begin('z1');
    batch.del('live/directory/application/app-b');
    await batch.commit();
    const { divergence } = await replayZone('z1', world.store);
    expect(divergence).to.deep.include({ actor: 'application/app-b', stored: 'missing', replayed: 'there' });
  });

  it('names a stored row that no entry registered, and the field of one that differs', async () => {
    const world = await withRow();
    const stored = String(world.store.snapshots.get('z1', 'live/directory/application/app-b'));
    const put = async (name: string, text: string) => {
      const batch = world.store.snapshots.begin('z1');
      batch.put(`live/directory/application/${name}`, Buffer.from(text));
      await batch.commit();
      return (await replayZone('z1', world.store)).divergence;
    };
    const surplus = await put('app-c', stored);
    expect(surplus).to.deep.include({ actor: 'application/app-c', stored: 'there', replayed: 'missing' });
    const other = await put('app-b', stored.replace('managed', 'dcr'));
    expect(other).to.deep.include({ actor: 'application/app-b', field: 'registrationMethod', stored: '"dcr"' });
  });

  it('names the entry and the actor that was reached otherwise', async () => {
    const { store } = await heldWorld();
    const altered = await copied(store, (text, seq) => (seq === 3 ? text.replace('["s-a","s-b"]', '["s-a"]') : text));
    const { divergence } = await replayZone('z1', altered);
    const expected = { entry: 3, actor: 's-b', field: 'affected', stored: 'nobody', replayed: 's-b' };
    expect(divergence).to.deep.equal(expected);
  });

  it('names the entry at which the chain is broken', async () => {
    const { store } = await heldWorld();
    const altered = await copied(store, (text, seq) =>
      seq === 1 ? text.replace('"subject":"tester"', '"subject":"nobody"') : text,
    );
    const { divergence } = await replayZone('z1', altered);
    expect(divergence).to.include({ entry: 1, field: 'entry' });
    expect(divergence?.stored).to.contain('chain');
  });

  describe('as a command', () => {
    let world: World;
    before(async () => {
      world = await World.create();
    });
    after(() => world.destroy());

    const replay = async (): Promise<{ code: number; out: string }> => {
      const run = promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/replay.ts', '--data', world.dir]);
      return run.then(
        ({ stdout }) => ({ code: 0, out: stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
      );
    };

    it('says "identical" and exits 0, or where it differs and exits 1', async () => {
      const id = await world.session({ metadata: { a: 1 } });
      await world.session({ parent_id: id });
      await world.call('PATCH', `/zones/z1/agents/${id}/suspend`);
      await world.stop();
      const sound = await replay();
      expect(sound.code).to.equal(0);
      expect(sound.out).to.match(/^z1: 3 entries, 2 live and 0 ended actors, digest [0-9a-f]{64}: identical\n$/);

      const store = await openLevelStore({ dir: world.dir });
      await alterHold(store.snapshots, `live/session/${id}`);
      await store.close();
      const forged = await replay();
      expect(forged.code).to.equal(1);
      expect(forged.out).to.contain(
        `DIFFERS after entry 3, actor ${id}, field holdReason: stored "forged", replayed "requested"`,
      );
    });
  });
});
