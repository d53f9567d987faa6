// The right to append to one zone, the same for every engine: which record is accepted, what a caller may wait for, and
// how a writer ends. `next` moves when a record is accepted and `stored` when it is on the disk; between the two lies what
// is outstanding. A writer ends once; after that it accepts nothing and every append is told the same.
import { JournalError, type JournalLimits, type JournalRecord, type JournalWriter } from './journal.ts';

/** What a writer hands its records to. */
export interface Queue {
  readonly limits: JournalLimits;
  hasRoom(bytes: number, isUrgent?: boolean): boolean;
  /** Resolves when the record is stored; `bytes` is its size. */
  add(writer: Writer, record: JournalRecord, bytes: number): Promise<void>;
  /** Takes back what a writer that ended still has waiting. What is on its way to the disk goes on. */
  withdraw(writer: Writer, error: JournalError): void;
}

export class Writer implements JournalWriter {
  readonly zone: string;
  readonly epoch: number;
  readonly start: number;
  readonly ended: Promise<JournalError>;
  readonly #queue: Queue;
  readonly #outstanding = new Map<number, Promise<void>>();
  #next: number;
  #stored: number;
  #closing = false;
  // Why nothing can be appended any more, and what later appends are told.
  #over: { reason: JournalError; refusal: JournalError } | null = null;
  #tellEnd!: (reason: JournalError) => void;

  constructor(queue: Queue, zone: string, { start, epoch }: { start: number; epoch: number }) {
    this.#queue = queue;
    this.zone = zone;
    this.epoch = epoch;
    this.start = start;
    this.#next = start + 1;
    this.#stored = start;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  get next(): number {
    return this.#next;
  }

  get stored(): number {
    return this.#stored;
  }

  append(record: JournalRecord): Promise<void> {
    const bytes = record.data.length + (record.body?.length ?? 0);
    const refusal = this.#refusal(record.seq, bytes);
    if (refusal !== null) return Promise.reject(refusal);
    this.#next += 1;
    const appended = this.#queue.add(this, record, bytes);
    this.#outstanding.set(record.seq, appended);
    return appended;
  }

  // Acknowledgements come in order, so the promise of one record answers for all before it.
  storedUpTo(seq: number): Promise<void> {
    if (seq <= this.#stored) return Promise.resolve();
    const appended = this.#outstanding.get(seq);
    if (appended !== undefined) return appended;
    return Promise.reject(this.#over?.reason ?? outOfOrder(this.zone, this.#next, seq));
  }

  hasRoom(bytes: number, isUrgent?: boolean): boolean {
    return this.#queue.hasRoom(bytes, isUrgent);
  }

  confirm(): Promise<void> {
    return this.#over === null ? Promise.resolve() : Promise.reject(this.#over.reason);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await Promise.allSettled(this.#outstanding.values());
    this.end(closed(this.zone));
  }

  /** Only the first reason counts. `refusal` is what later appends are told, where that differs. */
  end(reason: JournalError, refusal: JournalError = reason): void {
    if (this.#over !== null) return;
    this.#over = { reason, refusal };
    this.#queue.withdraw(this, refusal);
    this.#tellEnd(reason);
  }

  /** The queue says that a record is on the disk, … */
  acknowledge(seq: number): void {
    this.#stored = seq;
    this.#outstanding.delete(seq);
  }

  /** … or that it is not known to be. */
  lose(seq: number): void {
    this.#outstanding.delete(seq);
  }

  #refusal(seq: number, bytes: number): JournalError | null {
    if (this.#over !== null) return this.#over.refusal;
    if (this.#closing) return closed(this.zone);
    if (seq !== this.#next) return outOfOrder(this.zone, this.#next, seq);
    if (bytes > this.#queue.limits.entryBytesMax) return tooLarge(this.zone, bytes, this.#queue.limits);
    return this.#queue.hasRoom(bytes) ? null : full(this.#queue.limits);
  }
}

function closed(zone: string): JournalError {
  return new JournalError('CLOSED', `The writer of zone ${zone} is closed.`);
}

function outOfOrder(zone: string, next: number, seq: number): JournalError {
  return new JournalError('SEQUENCE', `The next record of zone ${zone} is ${next}, not ${seq}.`);
}

function tooLarge(zone: string, bytes: number, { entryBytesMax }: JournalLimits): JournalError {
  return new JournalError('TOO_LARGE', `A record of zone ${zone} has ${bytes} bytes; the limit is ${entryBytesMax}.`);
}

function full({ queuedEntriesMax, queuedBytesMax }: JournalLimits): JournalError {
  const text = `The journal's queue for the disk is full: ${queuedEntriesMax} records or ${queuedBytesMax} bytes.`;
  return new JournalError('FULL', text);
}
