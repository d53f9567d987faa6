// Tracks whether the database can be read and written, and recovers it after a failed write. A failed write leaves the log in
// an unknown state: nothing may be written until the database has been reopened. Acknowledged data is still read from the
// open database, which does not contain the failed batch. The database is closed only when the disk accepts bytes again.
import { setTimeout as pause } from 'node:timers/promises';
import { causeOf } from '../disk/cause.ts';
import { JournalError, type Condition, type DiskCause } from '../journal.ts';
import { reasonOf } from '../reason.ts';

export interface Watch {
  /** Writers must stop: the outcome of a write is unknown. Called before that write rejects. */
  down(cause: JournalError): void;
  /** Called when `problem` or the condition has changed. */
  changed(): void;
}

/** The steps that recover a database that cannot be written. */
export interface Recovery {
  /** Resolves only when a test write has succeeded. */
  revive(cause: DiskCause): Promise<void>;
  /** Why additions have to wait although the database can be written; null if they do not. */
  shortage(): Promise<string | null>;
}

export interface AvailabilityParts {
  readonly location: string;
  readonly recovery: Recovery;
  readonly retryMs: number;
}

export class Availability {
  readonly #location: string;
  readonly #recovery: Recovery;
  readonly #retryMs: number;
  readonly #closing = new AbortController();
  // The errors of every read and of every write; null while they work.
  #unreadable: JournalError | null = null;
  #unwritable: JournalError | null = null;
  #short: string | null = null;
  #cause: DiskCause | null = null;
  #closed: JournalError | null = null;
  #settling: Promise<void> | undefined;
  #recovering: Promise<void> | null = null;
  #watch: Watch | undefined;

  constructor({ location, recovery, retryMs }: AvailabilityParts) {
    this.#location = location;
    this.#recovery = recovery;
    this.#retryMs = retryMs;
  }

  /** Why reads or writes are limited; undefined while they are not. */
  get problem(): string | undefined {
    return this.#unwritable?.message ?? this.#unreadable?.message ?? this.#short ?? undefined;
  }

  get condition(): Condition {
    const cause = this.#cause;
    if (this.#unreadable !== null) return { access: 'nothing', cause };
    if (this.#unwritable !== null) return { access: 'reads', cause };
    return this.#short === null ? { access: 'everything', cause: null } : { access: 'lessening', cause };
  }

  /** See `JournalEngine`. */
  get settling(): Promise<void> | undefined {
    return this.#settling;
  }

  watch(watch: Watch): void {
    this.#watch = watch;
  }

  assertReadable(): void {
    const error = this.#closed ?? this.#unreadable;
    if (error !== null) throw error;
  }

  assertWritable(): void {
    this.assertReadable();
    if (this.#unwritable !== null) throw this.#unwritable;
  }

  /** Records that a write failed. Returns the error for its caller. */
  takeDown(error: unknown): JournalError {
    const failure = this.#unavailable('could not be written', error, false);
    if (this.#unwritable !== null) return failure;
    this.#cause = causeOf(error);
    this.#unwritable = this.#unavailable('is read-only after a failed write', error);
    this.#watch?.down(failure);
    this.#watch?.changed();
    this.#begin();
    return failure;
  }

  /** Records that the database was opened for reading only, because of `error`. */
  startReadOnly(error: unknown): void {
    this.#cause = causeOf(error);
    this.#unwritable = this.#unavailable('is read-only, it could not be opened for writing', error);
    this.#begin();
  }

  /** Records that the database was opened. `shortage` is the reason why additions have to wait. */
  startShort(shortage: string): void {
    this.#cause = 'disk_full';
    this.#short = shortage;
    this.#begin();
  }

  /** Runs `work`, which reopens the database; reads fail meanwhile. It resolves to the error of later reads, or to null. */
  async whileClosed(work: () => Promise<unknown>): Promise<void> {
    this.#unreadable = this.#unavailable('is being opened again', 'read again in a moment');
    this.#settling = this.#readAfter(work);
    await this.#settling;
    this.#settling = undefined;
  }

  get isReadable(): boolean {
    return this.#unreadable === null;
  }

  /** Ends the attempts to come back; resolves when none is under way. */
  async close(): Promise<void> {
    this.#closed = new JournalError('CLOSED', 'The store is closed.');
    this.#closing.abort();
    await this.#recovering;
  }

  #begin(): void {
    this.#recovering ??= this.#recover();
  }

  async #readAfter(work: () => Promise<unknown>): Promise<void> {
    const error = await work();
    this.#unreadable = error === null ? null : this.#unavailable('cannot be opened, not even for reading', error);
  }

  async #recover(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const before = { problem: this.problem, ...this.condition };
      await this.#attempt();
      if (signal.aborted) return;
      const { access } = this.condition;
      if (this.problem !== before.problem || access !== before.access) this.#watch?.changed();
      if (access === 'everything') {
        // In this turn, so that a write that fails in the next turn begins another recovery.
        this.#recovering = null;
        return;
      }
      await pause(this.#retryMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #attempt(): Promise<void> {
    try {
      if (this.#unwritable !== null) await this.#recovery.revive(this.#cause ?? 'disk_failed');
      this.#unwritable = null;
      this.#short = await this.#recovery.shortage();
      if (this.#short !== null) this.#cause = 'disk_full';
    } catch (error) {
      this.#stillDown(error);
    }
  }

  /** Whether an attempt failed for the same cause as the first write; only a new cause is reported. */
  #stillDown(error: unknown): void {
    const cause = causeOf(error);
    if (cause === this.#cause) return;
    this.#cause = cause;
    this.#unwritable = this.#unavailable('is read-only, and cannot be reopened for writing yet', error);
  }

  #unavailable(what: string, cause: unknown, nothingStored = true): JournalError {
    const text = `The database in ${this.#location} ${what}: ${reasonOf(cause)}`;
    return new JournalError('UNAVAILABLE', text, { cause, nothingStored });
  }
}
