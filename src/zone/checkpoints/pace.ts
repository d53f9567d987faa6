// Spreads the work of a checkpoint, of waking and of comparing over many turns of the event loop: by the number of rows and
// by their bytes, so that neither many rows nor large ones hold up a request.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SLICE_ACTORS } from '../../limits.ts';
import { SLICE_BYTES } from './limits.ts';

export class Pace {
  #rows = 0;
  #bytes = 0;

  /** Counts bytes that were encoded, decoded or hashed since the last step. */
  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Ends the work on one row. Resolves in a later turn of the event loop where the slice is full. */
  async step(): Promise<void> {
    this.#rows += 1;
    if (this.#rows < SLICE_ACTORS && this.#bytes < SLICE_BYTES) return;
    this.#rows = 0;
    this.#bytes = 0;
    await nextTurn();
  }
}
