// How much that is old is forgotten: in small steps that checkpoints, requests and a kill may come between, again when the
// disk refused it, and without making anybody wait.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../src/journal/journal.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import { readsOf } from '../world/reads-of.ts';
import { FORGET_RETRY_MS, FORGET_STEP_ACTORS } from '../../src/limits.ts';
import { isRefusal, type Page, type Reply } from '../../src/zone/commands.ts';
import type { SessionView } from '../../src/zone/reading/views.ts';
import { DAY_MS, ZoneWorld } from '../world/zone-world.ts';
import { eventually, expectSound, storedKeys } from './stored.ts';

const SESSION_MS = 3 * DAY_MS;
const FOREVER = 1_000 * DAY_MS;
const RETENTION = { session: SESSION_MS, invocation: FOREVER, receipt: FOREVER };

/** One checkpoint or one step of forgetting, and what it took out of the archive of sessions. */
interface Stored {
  readonly taken: number;
}

/** A store in memory that tells of every batch before it is stored, which `onStore` may refuse. */
const watchedStore = (contents: MemoryContents, onStore: (stored: Stored) => Promise<void>): Store => {
  const { snapshots, ...store } = openMemoryStore({ contents });
  const begin = (zone: string) => {
    const batch = snapshots.begin(zone);
    let taken = 0;
    const del = (key: string) => {
      if (key.startsWith('archive/session/')) taken += 1;
      batch.del(key);
    };
    const commit = () => onStore({ taken }).then(() => batch.commit());
    return { put: batch.put.bind(batch), discard: batch.discard.bind(batch), del, commit };
  };
  return { ...store, snapshots: { ...readsOf(snapshots), begin } };
};

/** Starts and ends sessions, and stores them. */
const endSessions = async (world: ZoneWorld, count: number): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => world.nextId());
  await Promise.all(ids.map((id) => world.start({ id })));
  await Promise.all(ids.map((id) => world.execute('session.terminate', { id, reason: 'done' })));
  await world.zones.drain();
  return ids;
};

const idsOf = ({ answer }: Reply<Page<SessionView>>): { ids: string[]; cursor: string | null } => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return { ids: answer.items.map(({ record }) => record.id), cursor: answer.nextCursor };
};

const PAGE = { status: null, lifecycle: null, applicationId: null, label: null, limit: 40, cursor: null };

const archived = async (world: ZoneWorld): Promise<number> =>
  (await storedKeys(world.store, 'archive/session/')).length;

describe('forgetting', () => {
  it('takes a bounded number at a time, and a checkpoint may come between', async () => {
    const contents: MemoryContents = new Map();
    const steps: number[] = [];
    let world: ZoneWorld | null = null;
    let started: Promise<unknown> = Promise.resolve();
    const onStore = async ({ taken }: Stored): Promise<void> => {
      steps.push(taken);
      if (taken > 0 && steps.length === 1) started = world?.start({ id: 's-between' }) ?? started;
    };
    const openStore = () => watchedStore(contents, onStore);
    world = new ZoneWorld({ contents, openStore, retention: RETENTION });
    await endSessions(world, 1_200);
    steps.length = 0;
    world = new ZoneWorld({ contents, openStore, retention: RETENTION, checkpointEveryEntries: 1 });
    await world.zones.start();
    world.clock.advance(SESSION_MS);
    await eventually(async () => (await archived(world)) === 0);
    await started;
    expect(Math.max(...steps)).to.equal(FORGET_STEP_ACTORS);
    expect(steps.filter((taken) => taken > 0)).to.have.length(3);
    expect(steps.indexOf(0)).to.be.within(1, 2);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('goes on where a kill between two steps left it', async () => {
    const contents: MemoryContents = new Map();
    let steps = 0;
    const onStore = ({ taken }: Stored): Promise<void> => {
      if (taken > 0) steps += 1;
      return steps === 2 ? new Promise<never>(() => {}) : Promise.resolve();
    };
    const world = new ZoneWorld({ contents, openStore: () => watchedStore(contents, onStore), retention: RETENTION });
    await endSessions(world, 1_200);
    world.open();
    await world.zones.start();
    world.clock.advance(SESSION_MS);
    await eventually(() => steps === 2);
    expect(await archived(world)).to.equal(1_200 - FORGET_STEP_ACTORS);
    await expectSound(world.store);

    world.open();
    await world.zones.start();
    expect(world.zones.awake).to.equal(0);
    // What is due already rings as soon as the clock is looked at.
    world.clock.advance(0);
    await eventually(async () => (await archived(world)) === 0);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('is tried again when the disk refused it, with nobody asking', async () => {
    const contents: MemoryContents = new Map();
    let refusals = 0;
    let failing = false;
    const onStore = ({ taken }: Stored): Promise<void> => {
      if (!failing || taken === 0) return Promise.resolve();
      refusals += 1;
      return Promise.reject(new Error('no space left'));
    };
    const world = new ZoneWorld({ contents, openStore: () => watchedStore(contents, onStore), retention: RETENTION });
    const [id = ''] = await endSessions(world, 3);
    world.open();
    await world.zones.start();
    failing = true;
    world.clock.advance(SESSION_MS);
    await eventually(() => refusals === 1);
    expect(idsOf(await world.look('session.list', PAGE)).ids).to.include(id);
    expect(world.zones.faulted()).to.deep.equal([]);

    failing = false;
    world.clock.advance(FORGET_RETRY_MS - 1);
    await nextTurn();
    expect(await archived(world)).to.equal(3);
    world.clock.advance(1);
    await eventually(async () => (await archived(world)) === 0);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('goes on while no checkpoint can be stored', async () => {
    const contents: MemoryContents = new Map();
    let failing = false;
    let refusals = 0;
    const onStore = ({ taken }: Stored): Promise<void> => {
      if (!failing || taken > 0) return Promise.resolve();
      refusals += 1;
      return Promise.reject(new Error('no space for a checkpoint'));
    };
    const world = new ZoneWorld({ contents, openStore: () => watchedStore(contents, onStore), retention: RETENTION });
    await endSessions(world, 3);
    world.open();
    await world.start({ id: 's-live', lifecycle: 'service', ttlSeconds: null });
    failing = true;
    world.clock.advance(SESSION_MS + 1);
    await eventually(async () => (await archived(world)) === 0 && refusals > 0);

    failing = false;
    world.clock.advance(FORGET_RETRY_MS);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('makes no checkpoint of a zone that faulted in the middle of it', async () => {
    const contents: MemoryContents = new Map();
    let begun = 0;
    let begunBefore = 0;
    let world: ZoneWorld | null = null;
    const onStore = async ({ taken }: Stored): Promise<void> => {
      if (taken === 0) return;
      // Another writer takes the journal over, so that the zone faults.
      await world?.store.journal.open('z1', { atLeast: 0 });
      await eventually(() => world?.zones.faulted().length === 1);
      begunBefore = begun;
    };
    const openStore = () => {
      const { snapshots, ...store } = watchedStore(contents, onStore);
      const begin = (zone: string) => {
        begun += 1;
        return snapshots.begin(zone);
      };
      return { ...store, snapshots: { ...readsOf(snapshots), begin } };
    };
    world = new ZoneWorld({ contents, openStore, retention: RETENTION });
    await endSessions(world, 3);
    world.open();
    await world.start({ id: 's-live', lifecycle: 'service', ttlSeconds: null });
    world.clock.advance(SESSION_MS + 1);
    await eventually(() => begunBefore > 0);
    for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    expect(begun).to.equal(begunBefore);
    expect(isRefusal((await world.look('session.get', { id: 's-live' })).answer)).to.equal(false);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('leaves whole lists of what stays, page by page', async () => {
    const contents: MemoryContents = new Map();
    // Every step takes some turns of the event loop, in which pages are asked for.
    const onStore = async (): Promise<void> => {
      for (let turns = 0; turns < 20; turns += 1) await nextTurn();
    };
    const world = new ZoneWorld({ contents, openStore: () => watchedStore(contents, onStore), retention: RETENTION });
    const old = await endSessions(world, 1_200);
    world.clock.advance(DAY_MS);
    world.open();
    const young = await endSessions(world, 300);
    world.clock.advance(2 * DAY_MS);
    world.open();
    const live = world.nextId();
    await world.start({ id: live, ttlSeconds: 86_400 });
    let sawThemGo = false;
    const walk = async (): Promise<string[]> => {
      const seen: string[] = [];
      for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
        const reply: Reply<Page<SessionView>> = await world.look('session.list', { ...PAGE, cursor });
        const { ids, cursor: next } = idsOf(reply);
        expect(ids).to.deep.equal(ids.toSorted().toReversed());
        seen.push(...ids);
        cursor = next;
        await nextTurn();
      }
      return seen;
    };
    for (let left = await archived(world); left > young.length; left = await archived(world)) {
      const seen = await walk();
      expect(new Set(seen).size).to.equal(seen.length);
      expect(seen.slice(0, young.length + 1)).to.deep.equal([live, ...young.toReversed()]);
      const rest = seen.slice(young.length + 1);
      expect(old.toReversed().filter((id) => rest.includes(id))).to.deep.equal(rest);
      sawThemGo ||= rest.length > 0 && rest.length < old.length;
    }
    expect(sawThemGo).to.equal(true);
    expect(await walk()).to.deep.equal([live, ...young.toReversed()]);
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('forgetting much on a real disk', function () {
  this.timeout(60_000);
  const COUNT = 5_000;
  // A turn takes as long as the processor worked for it; what else the machine did meanwhile is not the zone's doing.
  const TURN_MS_MAX = 100;

  it(`takes ${COUNT} sessions without a turn of the event loop of over ${TURN_MS_MAX} ms`, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'forgetting-'));
    const store = await openLevelStore({ dir });
    try {
      const world = new ZoneWorld({ openStore: () => store, retention: RETENTION });
      await endSessions(world, COUNT);
      world.open();
      await world.zones.start();
      world.clock.advance(SESSION_MS);
      const longest = await longestTurn(world);
      process.stdout.write(`      longest turn: ${longest.toFixed(1)} ms\n`);
      expect(longest).to.be.below(TURN_MS_MAX);
      await world.zones.drain();
      await expectSound(store);
    } finally {
      await store.close();
      await rm(dir, { recursive: true });
    }
  });

  /** Of the turns until nothing is left. */
  const longestTurn = async (world: ZoneWorld): Promise<number> => {
    let longest = 0;
    for (let before = moment(); await isAnyLeft(world); before = moment()) {
      await nextTurn();
      const after = moment();
      longest = Math.max(longest, Math.min(after.wall - before.wall, after.worked - before.worked));
    }
    return longest;
  };

  const isAnyLeft = async ({ store: { snapshots } }: ZoneWorld): Promise<boolean> => {
    for await (const _ of snapshots.range('z1', 'age/session/')) return true;
    return false;
  };
});

/** Milliseconds of the wall's clock, and those that this process has worked. */
const moment = (): { wall: number; worked: number } => {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), worked: (user + system) / 1_000 };
};
