// Tests by writing whether the data directory accepts new bytes. Free space alone is not enough: quotas, file size limits
// and failing disks refuse writes too.
import { open, readdir, rm, stat } from 'node:fs/promises';
import { createCipheriv } from 'node:crypto';
import { join } from 'node:path';
import { ROOM_TO_OPEN_BYTES } from '../limits.ts';

const PROBE = 'room.tmp';
const CHUNK_BYTES = 1024 * 1024;

/** Writes and removes a file of `bytes`. Rejects with the system's error when the bytes cannot be stored. */
export const proveRoom = async (dir: string, bytes: number): Promise<void> => {
  const path = join(dir, PROBE);
  try {
    await writeAllocated(path, bytes);
  } finally {
    await rm(path, { force: true });
  }
};

/** Makes a file of incompressible bytes, so that the file system has to allocate all of them. */
export const writeAllocated = async (path: string, bytes: number): Promise<void> => {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
  const file = await open(path, 'w', 0o600);
  try {
    for (let left = bytes; left > 0; left -= CHUNK_BYTES)
      await file.writeFile(noise.update(Buffer.alloc(Math.min(left, CHUNK_BYTES))));
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Returns the bytes that opening the database may write: a table from its log, a new log and a new manifest. */
export const bytesToOpen = async (location: string): Promise<number> => {
  const logs = (await readdir(location)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(logs.map(async (name) => (await stat(join(location, name))).size));
  return sizes.reduce((sum, size) => sum + size, ROOM_TO_OPEN_BYTES);
};
