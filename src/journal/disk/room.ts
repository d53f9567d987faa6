// Whether the data directory takes new bytes: found out by writing them. Free space alone does not tell, since quotas, limits
// on files and failing disks refuse writes too.
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

/** Makes a file whose bytes are really allocated: a file system that compresses or leaves holes cannot save any of them. */
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

/** The bytes that opening the database may write: its log becomes a table, and a new log and a new manifest begin. */
export const bytesToOpen = async (location: string): Promise<number> => {
  const logs = (await readdir(location)).filter((name) => name.endsWith('.log'));
  const sizes = await Promise.all(logs.map(async (name) => (await stat(join(location, name))).size));
  return sizes.reduce((sum, size) => sum + size, ROOM_TO_OPEN_BYTES);
};
