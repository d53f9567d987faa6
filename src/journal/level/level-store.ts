// Journal and snapshots in LevelDB, opened together: the checks before the database is opened, the head file, the reserve.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../directory.ts';
import { causeOf } from '../disk/cause.ts';
import { Reserve } from '../disk/reserve.ts';
import { HeadFile, headsLost, readHeads, writeHeads, type Heads } from '../head-file.ts';
import { JournalError, type CommitObserver, type Health, type JournalLimits, type Store } from '../journal.ts';
import { LevelBytes } from './level-bytes.ts';
import { databaseIn, openDatabase } from './level-database.ts';
import { LevelJournal } from './level-journal.ts';
import { codeOf, damaged, unavailable, type Database } from './level-reader.ts';
import { LevelSnapshots } from './level-snapshots.ts';
import { journalLimits, RETRY_MS, TABLE_BYTES_CHECKED_MAX } from '../limits.ts';
import { damageIn } from '../tables/tables.ts';
import { OpenViews } from '../views/open-views.ts';

const DATABASE = 'journal';

export interface LevelStoreOptions {
  /** The data directory. */
  dir: string;
  /** Whether a directory that is missing is made; a tool that only looks must not leave one behind. Default true. */
  create?: boolean;
  /** Files that LevelDB may hold open; it takes 74 at least. */
  maxOpenFiles?: number | undefined;
  /** Bytes of tables up to which every block is checked before the database is opened. */
  tableBytesCheckedMax?: number;
  limits?: Partial<JournalLimits>;
  retryMs?: number;
  /** Bytes that are reserved for a full disk. Default: none. */
  reserveBytes?: number;
  /** Directories for a readable copy, used while a full disk prevents opening the database. Default: none. */
  copyPlaces?: readonly string[];
  /** Called at every change of health or condition. */
  onHealth?: (health: Health) => void;
  onCommit?: CommitObserver;
}

/** Rejects with `LOCKED`, `CORRUPT` or `UNAVAILABLE` and a sentence for the operator. */
export async function openLevelStore({
  dir,
  create = true,
  maxOpenFiles,
  tableBytesCheckedMax,
  limits,
  retryMs,
  reserveBytes,
  copyPlaces,
  onHealth,
  onCommit,
}: LevelStoreOptions): Promise<Store> {
  const bytes = await openLevelBytes(dir, {
    create,
    maxOpenFiles,
    tableBytesCheckedMax,
    retryMs,
    reserveBytes,
    copyPlaces,
  });
  const { known, damage } = await loadHeads(dir, bytes);
  const changed = (): void => onHealth?.(health());
  const heads = new HeadFile(dir, known, changed);
  const health = (): Health => {
    const reason = bytes.availability.problem ?? damage?.message ?? heads.problem;
    return reason === undefined ? { ok: true } : { ok: false, reason };
  };
  const { availability } = bytes;
  const journal = new LevelJournal({
    bytes,
    heads,
    onCommit,
    limits: journalLimits(limits),
    health,
    condition: () => availability.condition,
    settled: () => availability.settling,
    damage,
  });
  availability.watch({ changed, down: (cause) => journal.fail(cause) });
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

export interface BytesOptions {
  create: boolean;
  maxOpenFiles?: number | undefined;
  tableBytesCheckedMax?: number | undefined;
  retryMs?: number | undefined;
  reserveBytes?: number | undefined;
  copyPlaces?: readonly string[] | undefined;
}

/** Rejects with `LOCKED`, `CORRUPT` or `UNAVAILABLE` and a sentence for the operator. */
export async function openLevelBytes(dir: string, options: BytesOptions): Promise<LevelBytes> {
  const { create, tableBytesCheckedMax = TABLE_BYTES_CHECKED_MAX, copyPlaces = [], retryMs = RETRY_MS } = options;
  const location = join(dir, DATABASE);
  if (create) await createDirectory(dir);
  await demandCurrent(location);
  await demandSoundTables(location, tableBytesCheckedMax);
  const own = databaseIn(location, { create, maxOpenFiles: options.maxOpenFiles });
  const reserve = new Reserve(dir, options.reserveBytes ?? null);
  const bytes = new LevelBytes(own, { dir, reserve, copyPlaces, retryMs, maxOpenFiles: options.maxOpenFiles });
  const failure = await openWithReserve(own, reserve);
  if (failure === null) await bytes.startWithReserve();
  else if (await isThere(location)) await bytes.startFromCopy(failure);
  else throw failure;
  return bytes;
}

// Opening writes, and the reserve is large enough for it. Resolves to the error of a full disk, or to null.
async function openWithReserve(own: Database, reserve: Reserve): Promise<unknown> {
  try {
    await openDatabase(own).catch(async (error: unknown) => {
      if (causeOf(error) !== 'disk_full') throw error;
      await reserve.giveUp();
      await openDatabase(own);
    });
    return null;
  } catch (error) {
    if (causeOf(error) !== 'disk_full') throw error;
    return error;
  }
}

const isThere = async (location: string): Promise<boolean> =>
  (await readdir(location).catch((): string[] => [])).includes('CURRENT');

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
  const problems = await damageIn(location, bytesMax).catch(ignoreMissing);
  if (problems?.[0] !== undefined) throw damaged(location, new Error(problems.join('; ')));
}

// There is no database yet, or another process holds it and dropped a table just now: opening it tells.
function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
}
