// Reserved space: a file of allocated bytes in the data directory. It is removed when the disk is full, so that the database
// can be reopened and changes that lessen authority can be stored.
import { rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { RESERVE_MARGIN, RESERVE_SHARE_MAX } from '../limits.ts';
import { writeAllocated } from './room.ts';

const NAME = 'reserve';
const BLOCK_BYTES = 512;

export class Reserve {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #dir: string;
  readonly #bytesMax: number | null;
  #held = 0;

  /** `bytesMax` is its size, less on a small file system; 0 for no reserve; null keeps an existing reserve unchanged. */
  constructor(dir: string, bytesMax: number | null) {
    this.#dir = dir;
    this.#path = join(dir, NAME);
    this.#unfinished = `${this.#path}.tmp`;
    this.#bytesMax = bytesMax;
  }

  /** The bytes that are reserved now. */
  get held(): number {
    return this.#held;
  }

  /** Makes the file unless it exists. Returns false if the disk has no room for it; a partial file is removed. */
  async make(): Promise<boolean> {
    if (this.#bytesMax === null) return true;
    if (this.#bytesMax === 0) {
      await this.giveUp();
      return true;
    }
    const { bytes, free } = await this.#measured(this.#bytesMax);
    if (await this.#isThere(bytes)) this.#held = bytes;
    else if (free < bytes * RESERVE_MARGIN) this.#held = 0;
    else this.#held = (await this.#written(bytes)) ? bytes : 0;
    return this.#held > 0;
  }

  /** Removes the file, which frees its space. */
  async giveUp(): Promise<void> {
    this.#held = 0;
    if (this.#bytesMax === null) return;
    await rm(this.#path, { force: true });
    await rm(this.#unfinished, { force: true });
  }

  /** Returns the size of the reserve on this file system, and the free bytes. */
  async #measured(bytesMax: number): Promise<{ readonly bytes: number; readonly free: number }> {
    const { bsize, blocks, bavail } = await statfs(this.#dir);
    return { bytes: Math.min(bytesMax, Math.floor(bsize * blocks * RESERVE_SHARE_MAX)), free: bsize * bavail };
  }

  /** A file that is shorter, or has holes, does not reserve its space. */
  async #isThere(bytes: number): Promise<boolean> {
    try {
      const { size, blocks } = await stat(this.#path);
      return size >= bytes && blocks * BLOCK_BYTES >= bytes;
    } catch {
      return false;
    }
  }

  async #written(bytes: number): Promise<boolean> {
    try {
      await rm(this.#path, { force: true });
      await writeAllocated(this.#unfinished, bytes);
      await rename(this.#unfinished, this.#path);
      return true;
    } catch {
      await rm(this.#unfinished, { force: true });
      return false;
    }
  }
}
