// Makes the data directory private. It contains signing keys, the operator token and every entry: other users of the
// machine must not read them, under any umask.
import { chmod, lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Levels of folders below the data directory that are made private: the coordinator makes two. */
const DEPTH_MAX = 4;

const OTHERS = 0o077;
const OWNER = 0o700;

export interface Tightened {
  /** Paths that were open to other users and no longer are. */
  readonly paths: readonly string[];
  /** Paths that are still open to other users, each with the error of the change. */
  readonly failed: readonly { readonly path: string; readonly cause: unknown }[];
}

/**
 * Removes all access of group and others from `directory` and everything below it. Symbolic links below it are not
 * followed. A missing directory is ignored: the journal creates it, or reports why it cannot.
 */
export const makePrivate = async (directory: string): Promise<Tightened> => {
  const found: Found = { paths: [], failed: [] };
  const entry = await stat(directory).catch(() => null);
  if (entry?.isDirectory() !== true) return found;
  await tighten(directory, entry.mode, found);
  await tightenBelow(directory, DEPTH_MAX, found);
  return found;
};

interface Found {
  readonly paths: string[];
  readonly failed: { readonly path: string; readonly cause: unknown }[];
}

const tightenBelow = async (directory: string, levels: number, found: Found): Promise<void> => {
  if (levels === 0) return;
  for (const name of await namesIn(directory, found)) {
    const path = join(directory, name);
    const entry = await lstat(path).catch(() => null); // Another process may remove a file that has just been listed.
    if (entry?.isFile() || entry?.isDirectory()) await tighten(path, entry.mode, found);
    if (entry?.isDirectory()) await tightenBelow(path, levels - 1, found);
  }
};

const namesIn = async (directory: string, { failed }: Found): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (cause) {
    failed.push({ path: directory, cause });
    return [];
  }
};

const tighten = async (path: string, mode: number, { paths, failed }: Found): Promise<void> => {
  if ((mode & OTHERS) === 0) return;
  try {
    await chmod(path, mode & OWNER);
    paths.push(path);
  } catch (cause) {
    failed.push({ path, cause });
  }
};
