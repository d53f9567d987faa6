// How many appends a second each engine acknowledges at 64 concurrent appenders. It prints and judges nothing: the figure
// belongs to the disk it was measured on.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { JournalWriter, Store } from '../src/journal/journal.ts';
import { openLevelStore } from '../src/journal/level/level-store.ts';
import { openMemoryStore } from '../src/journal/memory-engine.ts';

const APPENDERS = 64;
const ZONES = 8;
const APPENDS = 40_000;
const DATA = Buffer.alloc(500, 'x');

async function appendOn(writer: JournalWriter, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await writer.append({ seq: writer.next, data: DATA, body: null });
}

async function appendsPerSecond({ journal }: Store): Promise<number> {
  const writers = await Promise.all(Array.from({ length: ZONES }, (_, n) => journal.open(`zone-${n}`, { atLeast: 0 })));
  const begun = performance.now();
  const share = APPENDS / APPENDERS / ZONES;
  await Promise.all(
    writers.flatMap((writer) => Array.from({ length: APPENDERS / ZONES }, () => appendOn(writer, share * ZONES))),
  );
  return APPENDS / ((performance.now() - begun) / 1000);
}

async function readsPerSecond({ journal }: Store): Promise<number> {
  const begun = performance.now();
  let records = 0;
  for await (const _ of journal.read('zone-0', 1)) records += 1;
  return records / ((performance.now() - begun) / 1000);
}

async function report(name: string, store: Store): Promise<void> {
  const appends = Math.round(await appendsPerSecond(store));
  const reads = Math.round(await readsPerSecond(store));
  console.log(`${name}: ${appends} appends/s at ${APPENDERS} appenders over ${ZONES} zones, ${reads} records/s read`);
  await store.close();
}

const dir = await mkdtemp(join(tmpdir(), 'journal-bench-'));
await report('memory', openMemoryStore());
await report('level', await openLevelStore({ dir }));
await rm(dir, { recursive: true });
