// The one commit loop of an engine. While a batch is being stored, new appends of all zones gather; they go together into
// the next batch, so one fsync pays for all of them. A record is acknowledged only after the engine has stored it, in the
// order in which records were accepted; a zone has at most one writer that works.
import {
  JournalError,
  type CommitObserver,
  type JournalLimits,
  type JournalRecord,
  type JournalWriter,
} from './journal.ts';
import { assertZone, type ZoneRecord } from './layout.ts';
import { BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, ORDINARY_SHARE } from './limits.ts';
import { reasonOf } from './reason.ts';
import { Writer, type Queue } from './writer.ts';

/** What an engine adds: stores all of the batch, durably, or rejects. After a rejection the outcome counts as unknown. */
export type StoreBatch = (batch: readonly ZoneRecord[]) => Promise<void>;

/** What an engine knows of a zone it has taken: where its history ends, and the epoch that is now stored for it. */
export interface Taken {
  readonly start: number;
  readonly epoch: number;
}

interface Waiting extends ZoneRecord {
  readonly writer: Writer;
  readonly bytes: number;
  resolve(): void;
  reject(error: JournalError): void;
}

export class CommitQueue implements Queue {
  readonly limits: JournalLimits;
  readonly #store: StoreBatch;
  readonly #onCommit: CommitObserver;
  readonly #writers = new Map<string, Writer>();
  readonly #openings = new Map<string, Promise<unknown>>();
  #waiting: Waiting[] = [];
  #scheduled = false;
  #storing: Promise<void> | null = null;
  // What waits and what is being stored, together.
  #entries = 0;
  #bytes = 0;
  #closed = false;

  constructor(limits: JournalLimits, store: StoreBatch, onCommit: CommitObserver = () => {}) {
    this.limits = limits;
    this.#store = store;
    this.#onCommit = onCommit;
  }

  /** Records that wait or are being stored. */
  get queued(): number {
    return this.#entries;
  }

  /**
   * Takes a zone for a new writer: fences the earlier one, lets the batch on its way to the disk come to its end, and only
   * then asks `prepare` where history ends. Openings of one zone wait for each other.
   */
  async take(zone: string, prepare: () => Promise<Taken>): Promise<JournalWriter> {
    assertZone(zone);
    const before = this.#openings.get(zone) ?? Promise.resolve();
    const turn = before.then(() => this.#takeInTurn(zone, prepare));
    const over = turn.catch(() => undefined);
    this.#openings.set(zone, over);
    try {
      return await turn;
    } finally {
      if (this.#openings.get(zone) === over) this.#openings.delete(zone);
    }
  }

  async #takeInTurn(zone: string, prepare: () => Promise<Taken>): Promise<JournalWriter> {
    this.#assertOpen();
    this.#writers.get(zone)?.end(fenced(zone));
    await this.#storing;
    const taken = await prepare();
    this.#assertOpen();
    const writer = new Writer(this, zone, taken);
    this.#writers.set(zone, writer);
    return writer;
  }

  hasRoom(bytes: number, isUrgent = true): boolean {
    if (this.#entries === 0) return bytes <= this.limits.queuedBytesMax;
    const share = isUrgent ? 1 : ORDINARY_SHARE;
    const { queuedEntriesMax, queuedBytesMax } = this.limits;
    return this.#entries < queuedEntriesMax * share && this.#bytes + bytes <= queuedBytesMax * share;
  }

  add(writer: Writer, { seq, data, body }: JournalRecord, bytes: number): Promise<void> {
    this.#entries += 1;
    this.#bytes += bytes;
    this.#schedule();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ zone: writer.zone, seq, data, body, writer, bytes, resolve, reject });
    });
  }

  withdraw(writer: Writer, error: JournalError): void {
    const withdrawn = this.#waiting.filter((record) => record.writer === writer);
    if (withdrawn.length > 0) this.#waiting = this.#waiting.filter((record) => record.writer !== writer);
    for (const record of withdrawn) this.#reject(record, error);
    if (this.#writers.get(writer.zone) === writer) this.#writers.delete(writer.zone);
  }

  /** The store is gone: every writer ends. What was never handed to the store is certain not to be in it. */
  fail(cause: unknown): void {
    const never = unavailable(cause, true);
    for (const record of this.#waiting.splice(0)) this.#reject(record, never);
    const unknown = unavailable(cause, false);
    for (const writer of this.#writers.values()) writer.end(unknown, never);
  }

  /** Stores what waits, then ends every writer with `CLOSED`. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#openings.values());
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#storing;
  }

  // Once per batch, after the I/O of this turn of the event loop: callers that were just acknowledged, and requests that
  // arrived meanwhile, still get into the batch.
  #schedule(): void {
    if (this.#scheduled || this.#storing !== null) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#waiting.length > 0) this.#storing = this.#commit(this.#nextBatch()).then(() => this.#goOn());
    });
  }

  #goOn(): void {
    this.#storing = null;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.#store(batch);
      this.#onCommit(batch.length, performance.now() - startedAt);
      for (const record of batch) this.#resolve(record);
    } catch (cause) {
      this.fail(cause);
      // A batch that waited for its turn behind a write that failed never reached the store.
      const failure = unavailable(cause, cause instanceof JournalError && cause.nothingStored);
      for (const record of batch) this.#reject(record, failure);
    }
  }

  #nextBatch(): readonly Waiting[] {
    let entries = 0;
    let bytes = 0;
    for (const record of this.#waiting) {
      bytes += record.bytes;
      if (entries === BATCH_ENTRIES_MAX || (entries > 0 && bytes > BATCH_BYTES_MAX)) break;
      entries += 1;
    }
    return this.#waiting.splice(0, entries);
  }

  #resolve(record: Waiting): void {
    this.#release(record);
    record.writer.acknowledge(record.seq);
    record.resolve();
  }

  #reject(record: Waiting, error: JournalError): void {
    this.#release(record);
    record.writer.lose(record.seq);
    record.reject(error);
  }

  #release({ bytes }: Waiting): void {
    this.#entries -= 1;
    this.#bytes -= bytes;
  }

  #assertOpen(): void {
    if (this.#closed) throw new JournalError('CLOSED', 'The journal is closed.');
  }
}

/** Refuses to open a zone whose stored history ends before what is known to have been stored. */
export function demandAtLeast(zone: string, end: number, atLeast: number): void {
  if (end >= atLeast) return;
  const text = `Zone ${zone} ends at record ${end}, but ${atLeast} were known to be stored: ${atLeast - end} entries are missing. Restore the data directory from a backup.`;
  throw new JournalError('BEHIND', text);
}

function unavailable(cause: unknown, nothingStored: boolean): JournalError {
  const text = `The journal could not be written: ${reasonOf(cause)}`;
  return new JournalError('UNAVAILABLE', text, { cause, nothingStored });
}

function fenced(zone: string): JournalError {
  return new JournalError('FENCED', `Zone ${zone} was opened again: this writer no longer owns it.`);
}
