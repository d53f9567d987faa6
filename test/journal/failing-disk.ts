// Runs in a process of its own: writes until its disk fails, tells what it saw, waits until the store is well again, and
// writes once more. Whoever started it chooses what is written, and when the disk fails and recovers.
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError, type Condition, type Health, type JournalErrorCode } from '../../src/journal/journal.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { codeOf, collect, record } from './contract.ts';

export type Work = 'appends' | 'checkpoints';

export type Message =
  | { kind: 'working' }
  | {
      kind: 'failed';
      failures: { code: JournalErrorCode; nothingStored: boolean }[];
      ended: JournalErrorCode;
      stored: number;
    }
  | { kind: 'refused'; codes: string[] }
  | { kind: 'read'; condition: Condition; records: number; start: number; inViewBefore: boolean; inViewNow: boolean }
  | { kind: 'recovered'; start: number; stored: number; leftBehind: string[]; health: Health };

const ZONE = 'zone';
const RETRY_MS = 20;
const [, , dir = '', work] = process.argv;

const tell = (message: Message): void => void process.send?.(message);

const changes: Health[] = [];
let noteChange: () => void = () => undefined;

function onHealth(health: Health): void {
  changes.push(health);
  noteChange();
}

/** The first health that was reported since the start and matches, or the next one that does. */
async function healthWhere(matches: (health: Health) => boolean): Promise<Health> {
  for (;;) {
    const found = changes.find(matches);
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => (noteChange = resolve));
  }
}

// Waiting for a message keeps the process alive: the store's own timers do not.
const ending = once(process, 'message');

const store = await openLevelStore({ dir, retryMs: RETRY_MS, onHealth });
const { journal, snapshots } = store;
const writer = await journal.open(ZONE, { atLeast: 0 });
await writer.append(record(writer.next));
// Begun before the failure, so that it can be seen what becomes of it.
const leftBehind = snapshots.begin(ZONE);
const viewBefore = snapshots.view(ZONE);
leftBehind.put('key', Buffer.alloc(1));

async function checkpoint(): Promise<void> {
  const batch = snapshots.begin(ZONE);
  batch.put('key', Buffer.alloc(1_000));
  await batch.commit();
}

const append = (): Promise<void> => writer.append({ ...record(writer.next), body: Buffer.alloc(1_000) });

/** The first two failures of steps and of checkpoints that wait behind them: after a failed write nothing may reach the database. */
async function failuresOfWorking(step: () => Promise<void>): Promise<JournalError[]> {
  const failures: JournalError[] = [];
  while (failures.length < 2) {
    const outcomes = await Promise.allSettled([step(), nextTurn().then(checkpoint)]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(journalErrorOf(outcome.reason));
  }
  return failures.slice(0, 2);
}

function journalErrorOf(error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  throw error;
}

// Stored after the view was opened and before the disk fails.
await checkpoint();
tell({ kind: 'working' });
const failed = await failuresOfWorking(work === 'checkpoints' ? checkpoint : append);
const { code: ended } = await writer.ended;
const failures = failed.map(({ code, nothingStored }) => ({ code, nothingStored }));
tell({ kind: 'failed', failures, ended, stored: writer.stored });

const codes = [
  await codeOf(() => writer.append(record(writer.next))),
  await codeOf(() => journal.open(ZONE, { atLeast: 0 })),
  await codeOf(checkpoint),
];
tell({ kind: 'refused', codes });
const reading = await journal.openForReading(ZONE, { atLeast: writer.stored });
tell({
  kind: 'read',
  condition: journal.condition(),
  records: (await collect(journal.read(ZONE, 1))).length,
  start: reading.start,
  inViewBefore: viewBefore.get('key') !== undefined,
  inViewNow: snapshots.view(ZONE).get('key') !== undefined,
});
await healthWhere(({ ok }) => ok);
const again = await journal.open(ZONE, { atLeast: writer.stored });
await again.append(record(again.next));
await checkpoint();
const afterwards = [
  await codeOf(() => leftBehind.put('key', Buffer.alloc(1))),
  await codeOf(() => leftBehind.commit()),
  await codeOf(() => viewBefore.get('key')),
  await codeOf(() => collect(viewBefore.range(''))),
];
const { start, stored } = again;
tell({ kind: 'recovered', start, stored, leftBehind: afterwards, health: journal.health() });

await ending;
await store.close();
process.disconnect();
