// How much one page may still carry: rows and bytes are taken until it is full.
import { PAGE_BYTES_MAX } from '../limits.ts';

export class PageRoom {
  readonly #bytesMax: number;
  #bytes = 0;
  #rows = 0;

  constructor(bytesMax: number = PAGE_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Whether a row of so many bytes fits; it is counted if so. The first row always fits: a page must get on. */
  takes(bytes: number): boolean {
    if (this.#rows > 0 && this.#bytes + bytes > this.#bytesMax) return false;
    this.#rows += 1;
    this.#bytes += bytes;
    return true;
  }
}
