// Makes and opens LevelDB databases, and classifies their errors.
import { Level } from 'level';
import { frame } from '../frame.ts';
import { JournalError } from '../journal.ts';
import { PROBE_KEY } from '../layout.ts';
import { codeOf, damaged, unavailable, type Database } from './level-reader.ts';

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'buffer' } as const;
// With `sync`, an acknowledged batch is on the disk, not only in the system's cache.
export const DURABLE = { ...ENCODINGS, sync: true };
// One restart point per block, so that a lookup reads a block as a scan does. Otherwise damaged restart points could hide a
// key from lookups but not from scans.
const BLOCK_RESTART_INTERVAL = 2 ** 31 - 1;

export interface DatabaseOptions {
  readonly create: boolean;
  /** Files that LevelDB may hold open; it takes 74 at least. */
  readonly maxOpenFiles?: number | undefined;
}

/** Returns the database in a directory, without opening it. */
export const databaseIn = (location: string, { create, maxOpenFiles }: DatabaseOptions): Database =>
  new Level(location, {
    ...ENCODINGS,
    createIfMissing: create,
    blockRestartInterval: BLOCK_RESTART_INTERVAL,
    ...(maxOpenFiles === undefined ? {} : { maxOpenFiles }),
  });

/** Rejects with `LOCKED`, `CORRUPT` or `UNAVAILABLE`. */
export const openDatabase = async (db: Database): Promise<void> => {
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
};

/** Opens a database, and verifies with a write that it can be written. */
export const openForWriting = async (db: Database): Promise<void> => {
  await openDatabase(db);
  try {
    await db.put(PROBE_KEY, frame(PROBE_KEY, Buffer.alloc(0)), DURABLE);
  } catch (error) {
    await db.close();
    throw error;
  }
};

const locked = (location: string, cause: unknown): JournalError => {
  const text = `The database in ${location} is in use by another process. Stop that process, or choose another data directory.`;
  return new JournalError('LOCKED', text, { cause });
};
