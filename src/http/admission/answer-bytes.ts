// Bytes of answers that are being made, or that wait for a client to read them, over the whole process and by caller. A large read
// counts with the most that it may answer until its answer is made, and waits where that would be too much.
import { ANSWER_BYTES_MAX, LARGE_ANSWER_BYTES, LARGE_ANSWERS_BYTES_MAX } from '../../limits.ts';

/** The part of each limit that one caller may use. */
const SHARE_OF_CALLER = 0.5;

export class AnswerBytes {
  readonly #ofCaller = new Map<string, number>();
  total = 0;

  /** Tells whether another answer of a caller may be made. */
  hasRoom(caller: string, isLarge: boolean): boolean {
    const most = isLarge ? LARGE_ANSWERS_BYTES_MAX : ANSWER_BYTES_MAX;
    const added = isLarge ? LARGE_ANSWER_BYTES : 0;
    const own = this.#ofCaller.get(caller) ?? 0;
    return this.total + added <= most && own + added <= most * SHARE_OF_CALLER;
  }

  add(caller: string, bytes: number): void {
    if (bytes === 0) return;
    this.total += bytes;
    const own = (this.#ofCaller.get(caller) ?? 0) + bytes;
    if (own === 0) this.#ofCaller.delete(caller);
    else this.#ofCaller.set(caller, own);
  }
}
