// Journal and snapshots in LevelDB; only this file and `level-reader.ts` know LevelDB. After a write error LevelDB refuses every later
// write until it is opened anew, and only then shows what became of the failed batch; so the first failed write takes the
// store down, and it comes back by itself once the database opens again and a probe is on the disk.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Level } from 'level';
import { Availability } from './availability.ts';
import { makeDirectory } from './directory.ts';
import { frame } from './frame.ts';
import { HeadFile, headsLost, readHeads, writeHeads, type Heads } from './head-file.ts';
import { JournalError, type CommitObserver, type Health, type JournalLimits, type Store } from './journal.ts';
import { EVERYTHING, PROBE_KEY, type KeyRange } from './layout.ts';
import { LevelJournal } from './level-journal.ts';
import { LevelSnapshots } from './level-snapshots.ts';
import { journalLimits, RETRY_MS, TABLE_BYTES_CHECKED_MAX } from './limits.ts';
import { codeOf, damaged, LevelReader, unavailable, type Database } from './level-reader.ts';
import type { BytesView, Change, OpenBatch, OrderedBytes } from './ordered-bytes.ts';
import { damagedTables } from './tables.ts';
import { OpenViews } from './views/open-views.ts';

type ChainedBatch = ReturnType<Database['batch']>;

const DATABASE = 'journal';
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const;
// `sync` is what makes an acknowledgement mean something: the batch is on the disk, not only in the system's cache.
const DURABLE = { ...ENCODINGS, sync: true };
// One restart point per block, so that a lookup reads a block as a scan does: damage among the restart points could
// otherwise make the one miss what the other finds.
const BLOCK_RESTART_INTERVAL = 2 ** 31 - 1;

export interface LevelStoreOptions {
  /** The data directory. */
  dir: string;
  /** Whether a directory that is missing is made; a tool that only looks must not leave one behind. Default true. */
  create?: boolean;
  /** Bytes of tables up to which every block is checked before the database is opened. */
  tableBytesCheckedMax?: number;
  limits?: Partial<JournalLimits>;
  retryMs?: number;
  /** Told at every change of health. */
  onHealth?: (health: Health) => void;
  onCommit?: CommitObserver;
}

/** Rejects with `LOCKED`, `CORRUPT` or `UNAVAILABLE` and a sentence for the operator. */
export async function openLevelStore({
  dir,
  create = true,
  tableBytesCheckedMax,
  limits,
  retryMs,
  onHealth,
  onCommit,
}: LevelStoreOptions): Promise<Store> {
  const bytes = await LevelBytes.open(dir, { create, tableBytesCheckedMax, retryMs });
  const { known, damage } = await loadHeads(dir, bytes);
  const changed = (): void => onHealth?.(health());
  const heads = new HeadFile(dir, known, changed);
  const health = (): Health => {
    const reason = bytes.availability.problem ?? damage?.message ?? heads.problem;
    return reason === undefined ? { ok: true } : { ok: false, reason };
  };
  const journal = new LevelJournal({ bytes, heads, onCommit, limits: journalLimits(limits), health, damage });
  bytes.availability.watch({ changed, down: (cause) => journal.fail(cause) });
  const views = new OpenViews();
  return {
    journal,
    snapshots: new LevelSnapshots(bytes, { views, onCommit: () => heads.flush() }),
    async close() {
      await views.close();
      await journal.close();
      await heads.close();
      await bytes.close();
    },
  };
}

// The head file is written before anything else can be: a database without it is either new or has lost it.
async function loadHeads(dir: string, bytes: LevelBytes): Promise<{ known: Heads; damage?: JournalError }> {
  try {
    const known = await readHeads(dir);
    if (known !== undefined) return { known };
    if (!(await bytes.isEmpty())) return { known: new Map(), damage: headsLost(dir, 'is missing') };
    await writeHeads(dir, new Map());
    return { known: new Map() };
  } catch (error) {
    if (codeOf(error) === 'CORRUPT') return { known: new Map(), damage: headsLost(dir, 'is damaged') };
    await bytes.close();
    throw unavailable(`The data directory ${dir} cannot be used`, error);
  }
}

/** LevelDB as ordered bytes. */
export class LevelBytes implements OrderedBytes {
  readonly availability: Availability;
  readonly #db: Database;
  readonly #present: LevelReader;

  private constructor(db: Database, retryMs: number) {
    this.#db = db;
    this.availability = new Availability(db.location, { reopen: () => reopen(db), retryMs });
    this.#present = new LevelReader(db, this.availability);
  }

  static async open(
    dir: string,
    options: { create: boolean; tableBytesCheckedMax?: number | undefined; retryMs?: number | undefined },
  ): Promise<LevelBytes> {
    const location = join(dir, DATABASE);
    if (options.create) await createDirectory(dir);
    await demandCurrent(location);
    await demandSoundTables(location, options.tableBytesCheckedMax ?? TABLE_BYTES_CHECKED_MAX);
    const db: Database = new Level(location, {
      ...ENCODINGS,
      createIfMissing: options.create,
      blockRestartInterval: BLOCK_RESTART_INTERVAL,
    });
    await openDatabase(db);
    return new LevelBytes(db, options.retryMs ?? RETRY_MS);
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
    this.availability.assertUsable();
    return new LevelReader(this.#db, this.availability, this.#db.snapshot());
  }

  async isEmpty(): Promise<boolean> {
    for await (const _ of this.keys({ ...EVERYTHING, limit: 1 })) return false;
    return true;
  }

  async write(changes: Change[]): Promise<void> {
    this.availability.assertUsable();
    try {
      await this.#db.batch(changes, DURABLE);
    } catch (error) {
      throw this.availability.takeDown(error);
    }
  }

  begin(): OpenBatch {
    this.availability.assertUsable();
    return new LevelBatch(this.#db.batch(), this.availability);
  }

  async close(): Promise<void> {
    await this.availability.close();
    await this.#db.close();
  }
}

class LevelBatch implements OpenBatch {
  readonly #batch: ChainedBatch;
  readonly #availability: Availability;
  #over = false;

  constructor(batch: ChainedBatch, availability: Availability) {
    this.#batch = batch;
    this.#availability = availability;
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
    try {
      await this.#batch.write(DURABLE);
    } catch (error) {
      throw leftBehind(error) ?? this.#availability.takeDown(error);
    }
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
    this.#availability.assertUsable();
  }
}

// A batch does not survive the reopening of its database.
function leftBehind(cause: unknown): JournalError | undefined {
  if (codeOf(cause) !== 'LEVEL_BATCH_NOT_OPEN') return undefined;
  return unavailable('This checkpoint was begun before the database was opened anew', cause);
}

async function createDirectory(dir: string): Promise<void> {
  try {
    await makeDirectory(dir);
  } catch (error) {
    throw unavailable(`The data directory ${dir} cannot be created`, error);
  }
}

// LevelDB takes a directory without CURRENT for an empty one, starts over and deletes the tables it finds.
async function demandCurrent(location: string): Promise<void> {
  const names = await readdir(location).catch((): string[] => []);
  const holdsRecords = names.some((name) => /\.(ldb|sst|log)$/.test(name));
  if (holdsRecords && !names.includes('CURRENT')) throw damaged(location, new Error('its file CURRENT is missing'));
}

async function demandSoundTables(location: string, bytesMax: number): Promise<void> {
  const problems = await damagedTables(location, bytesMax).catch(ignoreMissing);
  if (problems?.[0] !== undefined) throw damaged(location, new Error(problems.join('; ')));
}

// There is no database yet, or another process holds it and dropped a table just now: opening it tells.
function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
}

async function openDatabase(db: Database): Promise<void> {
  try {
    await db.open();
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    if (codeOf(cause) === 'LEVEL_LOCKED') throw locked(db.location, cause);
    if (codeOf(cause) === 'LEVEL_CORRUPTION') throw damaged(db.location, cause);
    throw unavailable(
      `The database in ${db.location} cannot be opened; check its permissions and the space left`,
      cause,
    );
  }
}

// What the database must do to prove that it is back.
async function reopen(db: Database): Promise<void> {
  await db.close();
  await db.open();
  await db.put(PROBE_KEY, frame(PROBE_KEY, Buffer.alloc(0)), DURABLE);
}

function locked(location: string, cause: unknown): JournalError {
  const text = `The database in ${location} is in use by another process. Stop that process, or choose another data directory.`;
  return new JournalError('LOCKED', text, { cause });
}
