// A small file beside the database that remembers, for the most recently changed zones, the last sequence and the SHA-256
// of its entry's data. A database that lost its tail looks whole from inside; against this file the loss shows. The file
// is never ahead of the database: a record is remembered only after it is stored. It is replaced whole, never in place.
import { hash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { frame, unframe } from './frame.ts';
import { demandAtLeast } from './commit-queue.ts';
import { JournalError } from './journal.ts';
import type { ZoneRecord } from './layout.ts';
import { HEADS_EVERY_MS, HEADS_MAX } from './limits.ts';
import { reasonOf } from './reason.ts';

const NAME = 'heads';
const OWNER_ONLY = 0o600;

/** The last record of a zone: its sequence, and the SHA-256 of its data, hex. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export type Heads = ReadonlyMap<string, Head>;

/** What the file says; undefined when there is no file. Throws `CORRUPT` when it is damaged. */
export async function readHeads(dir: string): Promise<Heads | undefined> {
  try {
    const payload = unframe(NAME, await readFile(join(dir, NAME)));
    const heads: [string, Head][] = JSON.parse(payload.toString());
    return new Map(heads);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Replaces the file so that a crash leaves either the old one or the new one, and the new one survives a power loss. */
export async function writeHeads(dir: string, heads: Heads): Promise<void> {
  const unfinished = join(dir, `${NAME}.tmp`);
  await writeDurably(unfinished, frame(NAME, Buffer.from(JSON.stringify([...heads]))));
  await rename(unfinished, join(dir, NAME));
  await syncDirectory(dir);
}

export const headOf = ({ seq, data }: { seq: number; data: Buffer }): Head => ({ seq, hash: hash('sha256', data) });

/** The heads in memory, and their way to the file. */
export class HeadFile {
  readonly #dir: string;
  readonly #onProblem: () => void;
  // In the order of change, the most recently changed last.
  readonly #heads: Map<string, Head>;
  #changed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | null = null;
  #problem: string | undefined;

  /** `onProblem` is called when `problem` changes. */
  constructor(dir: string, heads: Heads, onProblem: () => void) {
    this.#dir = dir;
    this.#heads = new Map(heads);
    this.#onProblem = onProblem;
  }

  /** Why the file is older than it should be; undefined while all is well. Writing it is tried again all the time. */
  get problem(): string | undefined {
    return this.#problem;
  }

  zones(): string[] {
    return [...this.#heads.keys()];
  }

  /** Takes in what has just been stored. */
  remember(batch: readonly ZoneRecord[]): void {
    const lasts = new Map(batch.map((record) => [record.zone, record]));
    for (const [zone, last] of lasts) {
      this.#heads.delete(zone);
      this.#heads.set(zone, headOf(last));
    }
    this.#forgetOldest();
    this.#changed = true;
    this.#flushSoon();
  }

  /** Throws `BEHIND` or `CORRUPT` where a zone that ends at `end` is not the one that is remembered. */
  check(zone: string, end: number, dataAt: (seq: number) => Buffer): void {
    const head = this.#heads.get(zone);
    if (head === undefined) return;
    demandAtLeast(zone, end, head.seq);
    if (headOf({ seq: head.seq, data: dataAt(head.seq) }).hash === head.hash) return;
    const text = `Record ${head.seq} of zone ${zone} is not the one that was stored. Restore the data directory from a backup.`;
    throw new JournalError('CORRUPT', text);
  }

  /** Resolves when the file knows all that was remembered before the call, or when writing it has failed. Never rejects. */
  async flush(): Promise<void> {
    // Asked again after every wait: two writes at once would share the unfinished file.
    while (this.#writing !== null) await this.#writing;
    if (this.#changed) this.#writing = this.#write();
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#changed = false;
    try {
      await writeHeads(this.#dir, this.#heads);
      this.#report(undefined);
    } catch (error) {
      this.#changed = true;
      this.#flushSoon();
      this.#report(`The head file in ${this.#dir} could not be written: ${reasonOf(error)}`);
    }
    this.#writing = null;
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), HEADS_EVERY_MS).unref();
  }

  #report(problem: string | undefined): void {
    if (this.#problem === problem) return;
    this.#problem = problem;
    this.#onProblem();
  }

  #forgetOldest(): void {
    for (const zone of this.#heads.keys()) {
      if (this.#heads.size <= HEADS_MAX) return;
      this.#heads.delete(zone);
    }
  }
}

/** What every opening of a zone is told while there is no head file to check against. */
export function headsLost(dir: string, how: string): JournalError {
  const text = `The head file in ${dir} ${how}, so a lost tail of the journal would not show. Compare with a backup, or accept what is stored: npm run verify -- --data ${dir} --rebuild-heads`;
  return new JournalError('CORRUPT', text);
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'w', OWNER_ONLY);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

// Without this a power loss may bring the old name back. Windows cannot open a directory; it keeps names by itself.
async function syncDirectory(dir: string): Promise<void> {
  if (platform() === 'win32') return;
  const directory = await open(dir, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
