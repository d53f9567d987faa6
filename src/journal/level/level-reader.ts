// Reads from LevelDB: the current state, or one snapshot of it.
import type { Level } from 'level';
import type { Availability } from './availability.ts';
import { JournalError } from '../journal.ts';
import type { KeyRange } from '../layout.ts';
import { READ_CHUNK_BYTES, READ_CHUNK_ENTRIES } from '../limits.ts';
import type { BytesView } from '../ordered-bytes.ts';
import { reasonOf } from '../reason.ts';
import { viewEnded } from '../views/open-views.ts';

export type Database = Level<string, Buffer>;
type Snapshot = ReturnType<Database['snapshot']>;

export class LevelReader implements BytesView {
  readonly #db: Database;
  readonly #availability: Availability;
  readonly #snapshot: Snapshot | undefined;

  /** Without a snapshot, every read sees the state at its own time. */
  constructor(db: Database, availability: Availability, snapshot?: Snapshot) {
    this.#db = db;
    this.#availability = availability;
    this.#snapshot = snapshot;
  }

  get(key: string): Buffer | undefined {
    this.#availability.assertReadable();
    try {
      if (this.#snapshot === undefined) return this.#db.getSync(key);
      return this.#db.getSync(key, { snapshot: this.#snapshot });
    } catch (error) {
      throw this.#readError(error);
    }
  }

  async *entries(range: KeyRange): AsyncIterable<[string, Buffer]> {
    const options = { ...range, highWaterMarkBytes: READ_CHUNK_BYTES, snapshot: this.#snapshot };
    yield* this.#inChunks(() => this.#db.iterator(options));
  }

  async *keys(range: KeyRange): AsyncIterable<string> {
    yield* this.#inChunks(() => this.#db.keys({ ...range, snapshot: this.#snapshot }));
  }

  async close(): Promise<void> {
    await this.#snapshot?.close();
  }

  async *#inChunks<T>(open: () => { nextv(size: number): Promise<T[]>; close(): Promise<void> }): AsyncIterable<T> {
    this.#availability.assertReadable();
    let iterator: ReturnType<typeof open> | null = null;
    try {
      iterator = open();
      for (;;) {
        const chunk = await iterator.nextv(READ_CHUNK_ENTRIES);
        if (chunk.length === 0) return;
        yield* chunk;
      }
    } catch (error) {
      throw this.#readError(error);
    } finally {
      await iterator?.close();
    }
  }

  #readError(cause: unknown): JournalError {
    if (cause instanceof JournalError) return cause;
    this.#availability.assertReadable();
    const code = codeOf(cause);
    if (code === 'LEVEL_CORRUPTION') return damaged(this.#db.location, cause);
    if (code === 'LEVEL_SNAPSHOT_NOT_OPEN') return viewEnded(cause);
    // A closed iterator of a snapshot means that the database was closed; the view has then ended.
    if (code === 'LEVEL_ITERATOR_NOT_OPEN' && this.#snapshot !== undefined) return viewEnded(cause);
    return unavailable(`The database in ${this.#db.location} could not be read`, cause);
  }
}

/** Only for reads. `Availability` classifies failed writes. */
export const unavailable = (what: string, cause: unknown): JournalError =>
  new JournalError('UNAVAILABLE', `${what}: ${reasonOf(cause)}`, { cause, nothingStored: true });

export const damaged = (location: string, cause: unknown): JournalError => {
  const text = `The database in ${location} is damaged (${reasonOf(cause)}) and was left as it is. Restore the data directory from a backup.`;
  return new JournalError('CORRUPT', text, { cause });
};

export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
