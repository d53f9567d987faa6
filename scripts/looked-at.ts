// Read-only commands must not change the database, but opening LevelDB writes: it replaces the log and the MANIFEST. So they
// open a copy: links to the tables, which never change, and copies of the few files that opening replaces. The lock of the
// original is linked too, so that a coordinator that runs on the directory is detected.
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeReadingCopy } from '../src/journal/disk/reading-copy.ts';

const DATABASE = 'journal';
const HEADS = 'heads';

/** Runs `work` on a copy of an existing data directory; sentences of errors name the original. */
export const lookedAt = async <Result>(dir: string, work: (copy: string) => Promise<Result>): Promise<Result> => {
  const copy = await copyOf(resolve(dir));
  try {
    return await work(copy);
  } catch (error) {
    if (error instanceof Error) error.message = named(error.message, copy, dir);
    throw error;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
};

/** Replaces the path of the copy in a sentence by that of the original. */
export const named = (sentence: string, copy: string, dir: string): string => sentence.replaceAll(copy, dir);

const copyOf = async (dir: string): Promise<string> => {
  let failure: unknown;
  for (const place of [tmpdir(), dirname(dir), dir]) {
    try {
      return await copyBelow(dir, place);
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(
    `There is no room for a copy of the log of ${dir}, neither in ${tmpdir()} nor next to it. Free some megabytes, or set TMPDIR to another directory.`,
    { cause: failure },
  );
};

const copyBelow = async (dir: string, place: string): Promise<string> => {
  const copy = await mkdtemp(join(place, 'agent-coordinator-look-'));
  try {
    const made = await makeReadingCopy(join(dir, DATABASE), [copy]).catch(missingAsNull);
    if (made !== null) await rename(made, join(copy, DATABASE));
    await copyFile(join(dir, HEADS), join(copy, HEADS)).catch(missingAsNull);
    return copy;
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
};

const missingAsNull = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};
