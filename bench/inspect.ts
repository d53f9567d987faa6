// Looking at actors: what a change costs with nobody, one and ten who look, all in one run, and how long the event loop is
// held when somebody comes to look at a very large zone. The zone is the real one, on a store in memory, so that the disk does
// not hide what is measured; viewers take everything at once.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { uuidIds } from '../src/ids.ts';
import { Hub, type Wish } from '../src/inspect/hub.ts';
import type { Sink, Viewer } from '../src/inspect/viewer.ts';
import { openMemoryStore } from '../src/journal/memory-engine.ts';
import type { Zone } from '../src/zone/zone.ts';
import { hostClocks } from '../src/time/host-clocks.ts';
import { ProcessClock } from '../src/time/process-clock.ts';
import { Zones } from '../src/zone/zones.ts';
import { OWNER, RETENTION, ROOMY, startInput } from '../test/world/zone-world.ts';
import { median } from './client.ts';
import { withServer, type Server } from './server.ts';
import type { Row } from './table.ts';
import { measureViewed } from './viewed.ts';

const SESSIONS = 100_000;
const CHANGES = 4_000;
const ROUNDS = 7;
const ABREAST = 64;
const US_PER_MS = 1_000;

const WISH: Wish = { zones: ['z1'], session: null, events: false, show: [], dialect: 'page' };

/** Takes everything and forgets it. */
class Nowhere implements Sink {
  bytes = 0;
  isSynced = false;

  write(messages: Parameters<Sink['write']>[0]): boolean {
    for (const { type, text } of messages) {
      this.bytes += text.length;
      this.isSynced ||= type === 'coordinator.synced';
    }
    return true;
  }

  drained = (): Promise<void> => Promise.resolve();
  beat(): void {}
  close(): void {}
  cut(): void {}
}

export const measureInspect = async (): Promise<Row[]> => {
  const log = pino({ level: 'silent' });
  const clock = new ProcessClock(hostClocks, { steadyMs: 3_600_000, onEvent: () => {} });
  const zones = new Zones({
    store: openMemoryStore({ contents: new Map(), disk: () => Promise.resolve() }),
    clock,
    log,
    limits: { ...ROOMY, agentsPerZoneMax: 1_000_000, agentsPerAppMax: 1_000_000 },
    retention: RETENTION,
    checkpointEveryEntries: 1_000_000,
    idleMs: 3_600_000,
    feed: null,
    sink: null,
  });
  const zone = await zones.get('z1');
  const hub = new Hub({ zones, clock, ids: uuidIds, log });
  const few = await startMany(zone, 100);
  const costs = await changes(hub, zone, few);
  await startMany(zone, SESSIONS - few.length);
  const joins = await joining(hub);
  hub.close();
  return [...costs, ...joins, ...(await withServer((server: Server) => measureViewed(server)))];
};

const ASK = { caller: OWNER, requestId: 'bench', traceId: null };

const startMany = async (zone: Zone, count: number): Promise<string[]> => {
  const ids: string[] = [];
  const start = async () => {
    const input = startInput({ id: uuidIds.next(), ttlSeconds: 86_400 });
    ids.push(input.id);
    await zone.execute({ type: 'session.start', input, idempotencyKey: null, dryRun: false }, ASK);
  };
  while (ids.length < count) await Promise.all(Array.from({ length: Math.min(ABREAST, count - ids.length) }, start));
  return ids;
};

/** Suspends and resumes, `ABREAST` at a time as requests come, and gives the CPU time of a change, microseconds. */
const round = async (zone: Zone, ids: readonly string[]): Promise<number> => {
  const before = process.cpuUsage();
  for (let done = 0; done < CHANGES; done += 2 * ABREAST) {
    for (const type of ['session.suspend', 'session.resume'] as const) {
      const moves = ids.slice(0, ABREAST).map((id) => {
        return zone.execute({ type, input: { id }, idempotencyKey: null, dryRun: false }, ASK);
      });
      await Promise.all(moves);
    }
    await nextTurn();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHANGES;
};

const KINDS = [
  { what: 'nobody looks', viewers: 0, events: false },
  { what: 'one looks', viewers: 1, events: false },
  { what: 'ten look', viewers: 10, events: false },
  { what: 'one looks at every event', viewers: 1, events: true },
  { what: 'nobody looks any more', viewers: 0, events: false },
] as const;

const changes = async (hub: Hub, zone: Zone, ids: readonly string[]): Promise<Row[]> => {
  const times: number[][] = KINDS.map(() => []);
  for (let n = 0; n < ROUNDS; n += 1) await round(zone, ids);
  for (let n = 0; n < ROUNDS; n += 1) {
    for (const [index, { viewers, events }] of KINDS.entries()) {
      const looking: Viewer[] = [];
      for (let v = 0; v < viewers; v += 1) looking.push(hub.watch({ ...WISH, events }, new Nowhere()));
      await nextTurn();
      times[index]?.push(await round(zone, ids));
      for (const viewer of looking) viewer.end();
    }
  }
  const figures = times.map(median);
  const [alone = 1] = figures;
  return KINDS.map(({ what }, index) => {
    const figure = figures[index] ?? 0;
    return {
      what: `CPU of a change in the zone, ${what}`,
      figure,
      unit: 'µs',
      ratio: `${(figure / alone).toFixed(2)} × the first row`,
    };
  });
};

/** The longest turn of the event loop while one comes to look at everything, beside the longest while nobody does. */
const joining = async (hub: Hub): Promise<Row[]> => {
  const turns: Turn[] = [];
  const takes: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const sink = new Nowhere();
    const startedAt = performance.now();
    const viewer = hub.watch(WISH, sink);
    turns.push(await longestTurn(() => sink.isSynced));
    takes.push(performance.now() - startedAt);
    viewer.end();
  }
  const idleUntil = performance.now() + median(takes);
  const idle = await longestTurn(() => performance.now() > idleUntil);
  const of = `a zone of ${SESSIONS.toLocaleString('en')} sessions`;
  const looking = `longest turn while one comes to look at ${of}`;
  const target = '< 20 ms';
  return [
    { what: `longest turn while nobody looks at ${of}`, figure: idle.ms, unit: 'ms' },
    { what: looking, figure: median(turns.map(({ ms }) => ms)), unit: 'ms', target },
    { what: `${looking}, CPU`, figure: median(turns.map(({ cpuMs }) => cpuMs)), unit: 'ms', target },
    { what: `the longest of ${ROUNDS} such, CPU`, figure: Math.max(...turns.map(({ cpuMs }) => cpuMs)), unit: 'ms' },
    { what: `until all of ${of} was shown`, figure: median(takes), unit: 'ms' },
  ];
};

interface Turn {
  readonly ms: number;
  /** Without what others on the machine took of it; with what the collector of garbage took, on threads of its own too. */
  readonly cpuMs: number;
}

const longestTurn = async (isOver: () => boolean): Promise<Turn> => {
  let [ms, cpuMs] = [0, 0];
  for (let [last, cpu] = [performance.now(), process.cpuUsage()]; !isOver();) {
    await nextTurn();
    const [now, used] = [performance.now(), process.cpuUsage(cpu)];
    ms = Math.max(ms, now - last);
    cpuMs = Math.max(cpuMs, (used.user + used.system) / US_PER_MS);
    [last, cpu] = [performance.now(), process.cpuUsage()];
  }
  return { ms, cpuMs };
};
