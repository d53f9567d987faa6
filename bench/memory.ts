// The heap that one live session takes: 50,000 of them in one zone on LevelDB, after a garbage collection and checkpoints,
// so that nothing that waits for the disk counts. Prints bytes. Needs --expose-gc.
import { pino } from 'pino';
import { uuidIds } from '../src/ids.ts';
import { openLevelStore } from '../src/journal/level/level-store.ts';
import { hostClocks } from '../src/time/host-clocks.ts';
import { ProcessClock } from '../src/time/process-clock.ts';
import { Zones } from '../src/zone/zones.ts';
import { OWNER, RETENTION, ROOMY, startInput } from '../test/world/zone-world.ts';
import { inTemporaryFolder } from './temporary.ts';

const SESSIONS = 50_000;
const ABREAST = 64;

const heapUsed = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

await inTemporaryFolder(async (dir) => {
  const store = await openLevelStore({ dir });
  const log = pino({ level: 'silent' });
  const clock = new ProcessClock(hostClocks, { steadyMs: 3_600_000, onEvent: () => {} });
  const zones = new Zones({
    store,
    clock,
    log,
    limits: ROOMY,
    retention: RETENTION,
    checkpointEveryEntries: 5_000,
    idleMs: 300_000,
    feed: null,
    sink: null,
  });
  const zone = await zones.get('z1');
  const start = () => {
    const input = startInput({ id: uuidIds.next(), ttlSeconds: 86_400 });
    const ask = { caller: OWNER, requestId: 'bench', traceId: null };
    return zone.execute({ type: 'session.start', input, idempotencyKey: null, dryRun: false }, ask);
  };
  const startMany = async (count: number) => {
    for (let n = 0; n < count; n += ABREAST)
      await Promise.all(Array.from({ length: Math.min(ABREAST, count - n) }, start));
  };
  await startMany(1);
  const before = heapUsed();
  await startMany(SESSIONS);
  console.log(Math.round((heapUsed() - before) / SESSIONS));
  await zones.drain();
  await store.close();
});
