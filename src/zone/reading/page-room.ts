// The remaining room of one page, in rows and bytes.
import { PAGE_BYTES_MAX } from '../../limits.ts';

export class PageRoom {
  readonly #bytesMax: number;
  #bytes = 0;
  #rows = 0;

  constructor(bytesMax: number = PAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Returns whether a row of `bytes` fits, and counts it if so. The first row always fits, so that every page progresses. */
  takes(bytes: number): boolean {
    if (this.#rows > 0 && this.#bytes + bytes > this.#bytesMax) return false;
    this.#rows += 1;
    this.#bytes += bytes;
    return true;
  }
}
