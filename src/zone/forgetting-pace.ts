// How fast a process deletes records because of their age: so many a minute, over all its zones. A retention that was set wrong,
// or a clock that fooled every other check, has not deleted everything before an operator notices.
import type { Clock, Instant } from '../clock.ts';
import { FORGET_RECORDS_PER_MINUTE_MAX } from './limits.ts';

const MINUTE_MS = 60_000;

export class ForgettingPace {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #max: number;
  #minuteEndsAt: Instant = 0;
  #left = 0;

  constructor(clock: Pick<Clock, 'now'>, max = FORGET_RECORDS_PER_MINUTE_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  /** How many of `wanted` records may be deleted now. */
  take(wanted: number): number {
    const now = this.#clock.now();
    if (now >= this.#minuteEndsAt) {
      this.#minuteEndsAt = now + MINUTE_MS;
      this.#left = this.#max;
    }
    const taken = Math.min(wanted, this.#left);
    this.#left -= taken;
    return taken;
  }

  /** When more may be deleted after nothing was granted. */
  get nextAt(): Instant {
    return this.#minuteEndsAt;
  }
}
