// Runs in a process of its own: appends until its disk fails, tells what it saw, waits until the store is well again, and
// appends once more. Whoever started it decides when the disk fails and when it recovers.
import { once } from 'node:events';
import { JournalError, type Health, type JournalErrorCode, type JournalWriter } from '../../src/journal/journal.ts';
import { openLevelStore } from '../../src/journal/level-store.ts';
import { codeOf, collect, record } from './contract.ts';

export type Message =
  | { kind: 'stored'; seq: number }
  | { kind: 'failed'; code: JournalErrorCode; nothingStored: boolean; ended: JournalErrorCode; stored: number }
  | { kind: 'refused'; codes: string[] }
  | { kind: 'retried'; health: Health }
  | { kind: 'recovered'; start: number; stored: number };

const ZONE = 'zone';
const RETRY_MS = 20;

const tell = (message: Message): void => void process.send?.(message);

/** Appends until that fails. */
async function appendUntilFailure(writer: JournalWriter): Promise<JournalError> {
  for (;;) {
    try {
      await writer.append({ ...record(writer.next), body: Buffer.alloc(1_000) });
      if (writer.stored === 1) tell({ kind: 'stored', seq: 1 });
    } catch (error) {
      if (error instanceof JournalError) return error;
      throw error;
    }
  }
}

const changes: Health[] = [];
let noteChange: () => void = () => undefined;

async function healthWhere(matches: (health: Health) => boolean): Promise<Health> {
  for (;;) {
    const found = changes.find(matches);
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => (noteChange = resolve));
  }
}

const onHealth = (health: Health): void => {
  changes.push(health);
  noteChange();
};

// Waiting for a message keeps the process alive: the store's own timers do not.
const ending = once(process, 'message');

const store = await openLevelStore({ dir: process.argv[2] ?? '', retryMs: RETRY_MS, onHealth });
const { journal, snapshots } = store;
const writer = await journal.open(ZONE, { atLeast: 0 });
const failure = await appendUntilFailure(writer);
const { code: ended } = await writer.ended;
tell({ kind: 'failed', code: failure.code, nothingStored: failure.nothingStored, ended, stored: writer.stored });

const codes = [
  await codeOf(() => writer.append(record(writer.next))),
  await codeOf(() => journal.open(ZONE, { atLeast: 0 })),
  await codeOf(() => collect(journal.read(ZONE, 1))),
  await codeOf(() => snapshots.get(ZONE, 'key')),
];
tell({ kind: 'refused', codes });
tell({ kind: 'retried', health: await healthWhere((health) => !health.ok && health.reason.includes('brought back')) });

await healthWhere(({ ok }) => ok);
const again = await journal.open(ZONE, { atLeast: writer.stored });
await again.append(record(again.next));
const batch = snapshots.begin(ZONE);
batch.put('key', Buffer.from('value'));
await batch.commit();
tell({ kind: 'recovered', start: again.start, stored: again.stored });

await ending;
await store.close();
process.disconnect();
