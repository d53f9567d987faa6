// Edges that have lapsed are forgotten when they are old enough, with their places in the lists of both sessions, in small
// steps, and in a time of their own: before the sessions they joined, or long after them.
import { expect } from 'chai';
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import { readsOf } from '../world/reads-of.ts';
import type { Store } from '../../src/journal/journal.ts';
import { FORGET_STEP_ACTORS } from '../../src/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { DAY_MS, ZoneWorld } from '../world/zone-world.ts';
import { edgeInput } from './inputs.ts';
import { eventually, expectSound, storedKeys } from './stored.ts';

const FOREVER = 1_000 * DAY_MS;
const RETENTION = { session: FOREVER, invocation: FOREVER, edge: 3 * DAY_MS, receipt: FOREVER };
const SERVICE = { lifecycle: 'service', ttlSeconds: null } as const;
const TABLES = ['archive/edge/', 'archive/inbound/', 'archive/outbound/', 'age/edge/'];

const delegate = async (world: ZoneWorld, ...fields: Parameters<typeof edgeInput>): Promise<void> => {
  const { answer } = await world.execute('edge.create', edgeInput(...fields));
  if (isRefusal(answer)) throw new Error(answer.code);
};

const counts = (world: ZoneWorld): Promise<number[]> =>
  Promise.all(TABLES.map(async (prefix) => (await storedKeys(world.store, prefix)).length));

/** Ids of the edges to or from a session, or why it is not told. */
const listed = async (world: ZoneWorld, way: 'inbound' | 'outbound', id: string): Promise<string | string[]> => {
  const { answer } = await world.look(`edge.${way}`, { id, limit: 500, cursor: null });
  return isRefusal(answer) ? answer.code : answer.items.map((each) => each.record.id);
};

const historyOf = async (world: ZoneWorld, id: string): Promise<string | number> => {
  const { answer } = await world.look('edge.history', { id, limit: 5, cursor: null });
  return isRefusal(answer) ? answer.code : answer.items.length;
};

/** Two services with an edge that stands, one that was revoked with its target, and one that expires an hour later. */
const agingWorld = async (retention: Partial<typeof RETENTION> = {}): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map(), retention: { ...RETENTION, ...retention } });
  for (const id of ['s-a', 's-b', 's-c']) await world.start({ id, ...SERVICE });
  const lasting = { ttlSeconds: null, expiresAt: world.clock.now() + FOREVER };
  await delegate(world, { id: 'e-stands', sourceSessionId: 's-a', targetSessionId: 's-b', ...lasting });
  await delegate(world, { id: 'e-revoked', sourceSessionId: 's-a', targetSessionId: 's-c' });
  await world.execute('edge.revoke', { id: 'e-revoked' });
  await delegate(world, { id: 'e-expires', sourceSessionId: 's-a', targetSessionId: 's-b' });
  world.clock.advance(3_600_000);
  await world.look('session.get', { id: 's-a' });
  await world.zones.drain();
  world.open();
  await world.zones.start();
  return world;
};

describe('an edge that has lapsed', () => {
  it('is gone at the very instant, with its place in both lists and its history, and nobody asking', async () => {
    const world = await agingWorld();
    expect(await counts(world)).to.deep.equal([2, 2, 2, 2]);
    world.clock.advance(3 * DAY_MS - 3_600_000 - 1);
    expect(await listed(world, 'outbound', 's-a')).to.deep.equal(['e-stands', 'e-revoked', 'e-expires']);
    expect(await historyOf(world, 'e-revoked')).to.equal(2);

    world.clock.advance(1);
    await eventually(async () => (await counts(world)).join() === '1,1,1,1');
    expect(await listed(world, 'outbound', 's-a')).to.deep.equal(['e-stands', 'e-expires']);
    expect(await listed(world, 'inbound', 's-c')).to.deep.equal([]);
    expect(await historyOf(world, 'e-revoked')).to.equal('delegation_not_found');

    world.clock.advance(3_600_000);
    await eventually(async () => (await counts(world)).join() === '0,0,0,0');
    expect(await listed(world, 'outbound', 's-a')).to.deep.equal(['e-stands']);
    expect(await listed(world, 'inbound', 's-b')).to.deep.equal(['e-stands']);
    for (const prefix of ['history/e-revoked/', 'history/e-expires/'])
      expect(await storedKeys(world.store, prefix), prefix).to.deep.equal([]);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('does not take with it what stands, however old, nor the sessions it joined', async () => {
    const world = await agingWorld();
    world.clock.advance(900 * DAY_MS);
    await eventually(async () => (await counts(world)).join() === '0,0,0,0');
    await world.zones.drain();
    world.open();
    expect(await listed(world, 'inbound', 's-b')).to.deep.equal(['e-stands']);
    expect(await listed(world, 'inbound', 's-c')).to.deep.equal([]);
    expect(await historyOf(world, 'e-stands')).to.equal(1);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('outlasts a session of a shorter retention, and is still listed at its other end', async () => {
    const world = await agingWorld({ session: DAY_MS });
    world.clock.advance(DAY_MS);
    await eventually(async () => (await storedKeys(world.store, 'archive/session/')).length === 0);
    expect(await listed(world, 'inbound', 's-c')).to.equal('agent_not_found');
    expect(await listed(world, 'outbound', 's-a')).to.deep.equal(['e-stands', 'e-revoked', 'e-expires']);
    world.clock.advance(3 * DAY_MS);
    await eventually(async () => (await counts(world)).join() === '0,0,0,0');
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('is forgotten as the retention is now', async () => {
    const world = await agingWorld({ edge: 30 * DAY_MS });
    world.clock.advance(10 * DAY_MS);
    await world.look('session.get', { id: 's-a' });
    expect(await counts(world)).to.deep.equal([2, 2, 2, 2]);
    await world.zones.drain();
    world.open({ retention: { edge: 2 * DAY_MS } });
    await world.zones.start();
    world.clock.advance(0);
    await eventually(async () => (await counts(world)).join() === '0,0,0,0');
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('many edges that have lapsed', () => {
  const COUNT = 1_200;

  it('are forgotten in small steps, each with its places in the lists, and a kill may come between', async () => {
    const contents: MemoryContents = new Map();
    const steps: number[][] = [];
    let killed = false;
    /** Of every batch: how many edges it took, and how many places in lists. */
    const openStore = (): Store => {
      const { snapshots, ...store } = openMemoryStore({ contents });
      const begin = (zone: string) => {
        const batch = snapshots.begin(zone);
        const taken = { edges: 0, places: 0 };
        const del = (key: string) => {
          if (key.startsWith('archive/edge/')) taken.edges += 1;
          if (/^archive\/(in|out)bound\//.test(key)) taken.places += 1;
          batch.del(key);
        };
        const commit = () => {
          if (taken.edges > 0) steps.push([taken.edges, taken.places]);
          return killed || steps.length !== 2 ? batch.commit() : new Promise<never>(() => {});
        };
        return { put: batch.put.bind(batch), discard: batch.discard.bind(batch), del, commit };
      };
      return { ...store, snapshots: { ...readsOf(snapshots), begin } };
    };
    const world = new ZoneWorld({ contents, openStore, retention: RETENTION });
    for (const id of ['s-a', 's-b']) await world.start({ id, ...SERVICE });
    const ends = { sourceSessionId: 's-a', targetSessionId: 's-b' };
    await Promise.all(
      Array.from({ length: COUNT }, (_, index) => delegate(world, { id: `e-${index}`, ...ends, ttlSeconds: 60 })),
    );
    world.clock.advance(60_000);
    await world.look('session.get', { id: 's-a' });
    await world.zones.drain();
    world.open();
    await world.zones.start();
    world.clock.advance(RETENTION.edge);
    await eventually(() => steps.length === 2);
    const left = COUNT - FORGET_STEP_ACTORS;
    expect(await counts(world)).to.deep.equal([left, left, left, left]);
    await expectSound(world.store);

    killed = true;
    world.open();
    await world.zones.start();
    world.clock.advance(0);
    await eventually(async () => (await counts(world)).join() === '0,0,0,0');
    const full = FORGET_STEP_ACTORS;
    expect(steps).to.deep.equal([full, full, full, left - full].map((edges) => [edges, 2 * edges]));
    expect(await listed(world, 'inbound', 's-b')).to.deep.equal([]);
    await world.zones.drain();
    await expectSound(world.store);
  });
});
