// LevelDB as ordered bytes. Writes run one at a time: LevelDB acknowledges a write that follows a failed one, and loses it
// when the database is reopened. After a failed write the open database still serves reads, until it can be reopened.
import { Availability } from './availability.ts';
import { makeReadingCopy, removeReadingCopy } from '../disk/reading-copy.ts';
import type { Reserve } from '../disk/reserve.ts';
import { bytesToOpen, proveRoom } from '../disk/room.ts';
import { JournalError, type DiskCause } from '../journal.ts';
import { EVERYTHING, type KeyRange } from '../layout.ts';
import { databaseIn, DURABLE, openDatabase, openForWriting } from './level-database.ts';
import { codeOf, LevelReader, unavailable, type Database } from './level-reader.ts';
import type { BytesView, Change, OpenBatch, OrderedBytes } from '../ordered-bytes.ts';
import { reasonOf } from '../reason.ts';

type ChainedBatch = ReturnType<Database['batch']>;

/** The location of a database, and the means to use it when its disk accepts no bytes. */
export interface DatabaseHome {
  /** The data directory. */
  readonly dir: string;
  readonly reserve: Reserve;
  /** Directories on other file systems, for a readable copy. */
  readonly copyPlaces: readonly string[];
  readonly maxOpenFiles?: number | undefined;
  readonly retryMs: number;
}

export class LevelBytes implements OrderedBytes {
  readonly availability: Availability;
  readonly #home: DatabaseHome;
  /** The database of the data directory. */
  readonly #own: Database;
  /** The database that is read: the original, or a copy while the original cannot be opened. */
  #read: { readonly db: Database; readonly copy: string | null };
  #present: LevelReader;
  #lastWrite: Promise<unknown> = Promise.resolve();

  /** `own` must be open, unless `startFromCopy` is called next. */
  constructor(own: Database, home: DatabaseHome) {
    this.#own = own;
    this.#home = home;
    this.#read = { db: own, copy: null };
    const recovery = { revive: (cause: DiskCause) => this.#revive(cause), shortage: () => this.#shortage() };
    this.availability = new Availability({ location: own.location, recovery, retryMs: home.retryMs });
    this.#present = new LevelReader(own, this.availability);
  }

  /** Makes the reserve. Without room for it, the store starts short of space. */
  async startWithReserve(): Promise<void> {
    const shortage = await this.#shortage();
    if (shortage !== null) this.availability.startShort(shortage);
  }

  /** Reads from a copy: the database could not be opened because of `error`. Rejects with a sentence for the operator. */
  async startFromCopy(error: unknown): Promise<void> {
    const failure = await this.#openCopy();
    if (failure !== null) throw noCopy(this.#own.location, error, failure);
    this.availability.startReadOnly(error);
  }

  get(key: string): Buffer | undefined {
    return this.#present.get(key);
  }

  entries(range: KeyRange): AsyncIterable<[string, Buffer]> {
    return this.#present.entries(range);
  }

  keys(range: KeyRange): AsyncIterable<string> {
    return this.#present.keys(range);
  }

  view(): BytesView {
    this.availability.assertReadable();
    const { db } = this.#read;
    return new LevelReader(db, this.availability, db.snapshot());
  }

  async isEmpty(): Promise<boolean> {
    for await (const _ of this.keys({ ...EVERYTHING, limit: 1 })) return false;
    return true;
  }

  write(changes: Change[]): Promise<void> {
    return this.#inTurn(() => this.#own.batch(changes, DURABLE));
  }

  begin(): OpenBatch {
    this.availability.assertWritable();
    return new LevelBatch(this.#own.batch(), {
      availability: this.availability,
      inTurn: (write) => this.#inTurn(write),
    });
  }

  async close(): Promise<void> {
    await this.availability.close();
    await this.#lastWrite;
    await this.#closeAll();
  }

  #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#lastWrite.then(() => this.#writeNow(write));
    this.#lastWrite = turn.catch(() => undefined);
    return turn;
  }

  async #writeNow(write: () => Promise<void>): Promise<void> {
    this.availability.assertWritable();
    try {
      await write();
    } catch (error) {
      throw leftBehind(error) ?? this.availability.takeDown(error);
    }
  }

  // Closing comes last: the open database serves reads until the disk accepts as many bytes as opening may write.
  async #revive(cause: DiskCause): Promise<void> {
    const { dir, reserve } = this.#home;
    if (cause === 'disk_full') await reserve.giveUp();
    try {
      await proveRoom(dir, await bytesToOpen(this.#own.location));
    } catch (error) {
      if (!this.availability.isReadable) await this.availability.whileClosed(() => this.#openCopy());
      throw error;
    }
    let failure: unknown = null;
    await this.availability.whileClosed(async () => {
      failure = await this.#reopen();
      return failure === null ? null : this.#openCopy();
    });
    if (failure !== null) throw failure;
  }

  /** Resolves to the error, or to null. */
  async #reopen(): Promise<unknown> {
    try {
      await this.#closeAll();
      await openForWriting(this.#own);
      this.#readFrom(this.#own, null);
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Resolves to the error, or to null. */
  async #openCopy(): Promise<unknown> {
    let copy: string | null = null;
    try {
      await this.#closeAll();
      copy = await makeReadingCopy(this.#own.location, this.#home.copyPlaces);
      const db = databaseIn(copy, { create: false, maxOpenFiles: this.#home.maxOpenFiles });
      await openDatabase(db);
      this.#readFrom(db, copy);
      return null;
    } catch (error) {
      if (copy !== null) await removeReadingCopy(copy);
      return error;
    }
  }

  #readFrom(db: Database, copy: string | null): void {
    this.#read = { db, copy };
    this.#present = new LevelReader(db, this.availability);
  }

  async #closeAll(): Promise<void> {
    const { db, copy } = this.#read;
    await db.close();
    await this.#own.close();
    if (copy === null) return;
    this.#read = { db: this.#own, copy: null };
    await removeReadingCopy(copy);
  }

  async #shortage(): Promise<string | null> {
    const { dir, reserve } = this.#home;
    const made = await reserve.make().catch(() => false);
    return made ? null : `The disk of the data directory ${dir} has no room for the reserve (DISK_RESERVE_MIB).`;
  }
}

interface BatchParts {
  readonly availability: Availability;
  readonly inTurn: (write: () => Promise<void>) => Promise<void>;
}

class LevelBatch implements OpenBatch {
  readonly #batch: ChainedBatch;
  readonly #parts: BatchParts;
  #over = false;

  constructor(batch: ChainedBatch, parts: BatchParts) {
    this.#batch = batch;
    this.#parts = parts;
  }

  put(key: string, value: Buffer): void {
    this.#fill(() => this.#batch.put(key, value));
  }

  del(key: string): void {
    this.#fill(() => this.#batch.del(key));
  }

  async write(): Promise<void> {
    this.#assertOpen();
    this.#over = true;
    await this.#parts.inTurn(() => this.#batch.write(DURABLE));
  }

  async discard(): Promise<void> {
    this.#over = true;
    await this.#batch.close();
  }

  #fill(change: () => void): void {
    this.#assertOpen();
    try {
      change();
    } catch (error) {
      throw leftBehind(error) ?? error;
    }
  }

  #assertOpen(): void {
    if (this.#over) throw new JournalError('CLOSED', 'This checkpoint was already committed or discarded.');
    this.#parts.availability.assertWritable();
  }
}

// A batch does not survive the reopening of its database.
const leftBehind = (cause: unknown): JournalError | undefined =>
  codeOf(cause) === 'LEVEL_BATCH_NOT_OPEN'
    ? unavailable('This checkpoint was begun before the database was opened again', cause)
    : undefined;

const noCopy = (location: string, cause: unknown, failure: unknown): JournalError =>
  unavailable(
    `The database in ${location} cannot be opened (${reasonOf(cause)}), and no copy for reading could be made. Free some space on its disk, or set TMPDIR to a directory with room for its log`,
    failure,
  );
