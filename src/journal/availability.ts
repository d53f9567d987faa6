// Whether the database can be used, and how it comes back after a failed write: by being opened anew, again and again,
// until it works. While it is down or closed every call is told why, and nothing reaches it.
import { setTimeout as pause } from 'node:timers/promises';
import { JournalError } from './journal.ts';
import { reasonOf } from './reason.ts';

export interface Watch {
  /** Writers must stop: the outcome of a write is unknown. Called before that write rejects. */
  down(cause: JournalError): void;
  /** `problem` has changed. */
  changed(): void;
}

export class Availability {
  readonly #location: string;
  readonly #reopen: () => Promise<void>;
  readonly #retryMs: number;
  readonly #closing = new AbortController();
  // What every call is told; null while the database can be used.
  #unusable: JournalError | null = null;
  #recovery: Promise<void> = Promise.resolve();
  #watch: Watch | undefined;

  /** `reopen` resolves only when the database has proved that it writes. */
  constructor(location: string, { reopen, retryMs }: { reopen: () => Promise<void>; retryMs: number }) {
    this.#location = location;
    this.#reopen = reopen;
    this.#retryMs = retryMs;
  }

  /** Why the database cannot be used; undefined while it can. */
  get problem(): string | undefined {
    return this.#unusable?.message;
  }

  watch(watch: Watch): void {
    this.#watch = watch;
  }

  assertUsable(): void {
    if (this.#unusable !== null) throw this.#unusable;
  }

  /** A write failed. Answers what its caller is told. */
  takeDown(cause: unknown): JournalError {
    const failure = this.#unavailable('could not be written', cause, false);
    if (this.#unusable !== null) return failure;
    this.#becomes(this.#unavailable('is down after a failed write', cause));
    this.#watch?.down(failure);
    this.#recovery = this.#recover();
    return failure;
  }

  /** Ends the attempts to come back; resolves when none is under way. */
  async close(): Promise<void> {
    this.#unusable = new JournalError('CLOSED', 'The store is closed.');
    this.#closing.abort();
    await this.#recovery;
  }

  async #recover(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const problem = await this.#attempt();
      if (signal.aborted) return;
      this.#becomes(problem);
      if (problem === null) return;
      await pause(this.#retryMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #attempt(): Promise<JournalError | null> {
    try {
      await this.#reopen();
      return null;
    } catch (error) {
      return this.#unavailable('is down and cannot be brought back yet', error);
    }
  }

  #becomes(unusable: JournalError | null): void {
    const changed = this.#unusable?.message !== unusable?.message;
    this.#unusable = unusable;
    if (changed) this.#watch?.changed();
  }

  #unavailable(what: string, cause: unknown, nothingStored = true): JournalError {
    const text = `The database in ${this.#location} ${what}: ${reasonOf(cause)}`;
    return new JournalError('UNAVAILABLE', text, { cause, nothingStored });
  }
}
