// Files that only their owner may read: signing keys and the operator token. A file is there completely or not at all, is
// never overwritten, and is not read when others could have read it too.

import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;
const OTHERS = 0o077;

/** A secret or key is a few hundred bytes; what is larger is not one. */
const BYTES_MAX = 16 * 1024;

/**
 * The text of a private file, or null when there is none. Throws a sentence for the operator when its mode lets group or
 * others in: what they may have read has to count as lost, so it is not used and not quietly repaired.
 */
export async function readPrivateFile(path: string): Promise<string | null> {
  const file = await openUnlessAbsent(path);
  if (file === null) return null;
  try {
    const { mode, size } = await file.stat(); // Of the open file, so that it is the one that is read.
    if ((mode & OTHERS) !== 0) throw new Error(exposed(path, mode));
    if (size > BYTES_MAX)
      throw new Error(`${path} is damaged: it has ${size} bytes, and at most ${BYTES_MAX} are expected.`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/**
 * Puts `content` at `path` with mode 0600, in a directory of mode 0700 when that has to be made. Returns false, and changes
 * nothing, when a file is there already: of several processes that race, one wins and the others read what it wrote.
 * Survives a power loss once it has returned.
 */
export async function createPrivateFile(path: string, content: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    await writeDurably(draft, content);
    return await linkUnlessPresent(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function openUnlessAbsent(path: string) {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', OWNER_ONLY_FILE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

// A link is the one way to give a finished file a name only if that name is free; a rename would replace the winner's.
async function linkUnlessPresent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  await syncDirectory(dirname(to));
  return true;
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

const exposed = (path: string, mode: number): string =>
  `${path} may be read by others than its owner (mode ${(mode & 0o777).toString(8)}). ` +
  `If nobody did, run chmod 600 on it; otherwise remove it, and a new one is made.`;

/** Whether a caught error is the file system's of that code, such as ENOENT. */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
