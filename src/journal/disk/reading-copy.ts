// A readable copy of a database whose disk accepts no bytes: a directory on another file system with links to the tables,
// which never change, and copies of the log and the manifest, which opening replaces. Its LOCK is a link too, so that no
// other process opens the original meanwhile.
import { access, constants, copyFile, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readManifest } from '../tables/manifest.ts';

const LOCK = 'LOCK';
const TABLE = /^\d+\.(?:ldb|sst)$/;
const COPIED = /^(?:CURRENT|MANIFEST-\d+|\d+\.log)$/;

/** Makes the copy in the first of `places` that has room. Rejects with the error of the last. The database must be closed. */
export const makeReadingCopy = async (location: string, places: readonly string[]): Promise<string> => {
  let failure: unknown = new Error('no directory for temporary files is known');
  for (const place of places) {
    try {
      return await copyBelow(resolve(location), place);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
};

const copyBelow = async (location: string, place: string): Promise<string> => {
  // A directory that `mkdtemp` makes is readable by its owner only.
  const copy = await mkdtemp(join(place, 'agent-coordinator-'));
  try {
    const isLinked = await linksOf(location);
    for (const name of await readdir(location)) {
      if (isLinked(name)) await symlink(join(location, name), join(copy, name));
      else if (COPIED.test(name)) await copyFile(join(location, name), join(copy, name));
    }
    return copy;
  } catch (error) {
    await removeReadingCopy(copy);
    throw error;
  }
};

/**
 * Returns the files that the copy links to. A table that is not part of the database is left out: LevelDB may reuse its
 * number and would write through the link. A lock that cannot be written, as on a read-only mount, is not held by a process.
 */
const linksOf = async (location: string): Promise<(name: string) => boolean> => {
  const manifest = await readManifest(location).catch(() => null);
  const isHeld = await access(join(location, LOCK), constants.W_OK).then(
    () => true,
    () => false,
  );
  return (name) => {
    if (name === LOCK) return isHeld;
    return TABLE.test(name) && (manifest?.tables.has(Number.parseInt(name, 10)) ?? true);
  };
};

/** Removes the copy; the linked files stay. */
export const removeReadingCopy = (copy: string): Promise<void> => rm(copy, { recursive: true, force: true });
