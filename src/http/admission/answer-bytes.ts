// Bounds the bytes of answers that are being built or are unread by their client, for the whole process and per caller. Until
// its answer is built, a large read counts with the maximum size of an answer. It waits if a limit would be exceeded.
import { ANSWER_BYTES_MAX, LARGE_ANSWER_BYTES, LARGE_ANSWERS_BYTES_MAX } from './limits.ts';

/** The part of each limit that one caller may use. */
const SHARE_OF_CALLER = 0.5;

export class AnswerBytes {
  readonly #ofCaller = new Map<string, number>();
  total = 0;

  /** Returns whether another answer of a caller may begin. */
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
