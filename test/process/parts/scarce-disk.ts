// Real ways to run out of disk: a small file system that is filled up, where mounting is permitted, and a limit on the size
// of the files that the process may write, where it is not.
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServerProcess } from './server.ts';

const run = promisify(execFile);

export interface ScarceDisk {
  readonly name: string;
  /** Makes a data directory on such a disk below `folder`. Rejects where the system does not permit it. */
  make(folder: string): Promise<string>;
  fill(dataDir: string, server: ServerProcess): Promise<void>;
  free(dataDir: string, server: ServerProcess): Promise<void>;
  remove(dataDir: string): Promise<void>;
}

const SIZE_MIB = 48;
const CHUNK = Buffer.alloc(64 * 1024, 1);

const ballastOf = (dataDir: string): string => join(dataDir, 'ballast');

export const smallFileSystem: ScarceDisk = {
  name: 'a full file system',
  async make(folder) {
    const dir = join(folder, 'data');
    await mkdir(dir);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', dir]);
    return dir;
  },
  async fill(dataDir) {
    const ballast = await open(ballastOf(dataDir), 'w');
    try {
      for (let size = CHUNK.length; size > 0;) {
        const { bytesWritten } = await ballast.write(CHUNK, 0, size).catch(nothingWritten);
        if (bytesWritten === 0) size = Math.floor(size / 2);
      }
    } finally {
      await ballast.close();
    }
  },
  free: (dataDir) => rm(ballastOf(dataDir)),
  async remove(dataDir) {
    await run('umount', [dataDir]);
  },
};

const nothingWritten = (error: unknown): { bytesWritten: number } => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return { bytesWritten: 0 };
  throw error;
};

export const limitedFiles: ScarceDisk = {
  name: 'files that may not grow',
  async make(folder) {
    await run('prlimit', ['--pid', String(process.pid), '--fsize']);
    const dir = join(folder, 'data');
    await mkdir(dir);
    return dir;
  },
  async fill(dataDir, { pid }) {
    await run('prlimit', ['--pid', String(pid), `--fsize=${await logSizeOf(dataDir)}:`]);
  },
  async free(_, { pid }) {
    await run('prlimit', ['--pid', String(pid), '--fsize=unlimited:']);
  },
  remove: () => Promise.resolve(),
};

const logSizeOf = async (dataDir: string): Promise<number> => {
  const database = join(dataDir, 'journal');
  const logs = (await readdir(database)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(logs.map(async (name) => (await stat(join(database, name))).size));
  return Math.max(...sizes);
};
