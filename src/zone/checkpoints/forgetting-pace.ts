// Limits how many records a process deletes per minute because of their age, over all zones. With a wrong retention, or a wrong
// clock that passed every other check, an operator can then intervene before everything is deleted.
import type { Clock, Instant } from '../../clock.ts';
import { FORGET_RECORDS_PER_MINUTE_MAX } from '../limits.ts';

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

  /** Returns how many of `wanted` records may be deleted now. */
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

  /** Returns when the next records may be deleted. */
  get nextAt(): Instant {
    return this.#minuteEndsAt;
  }
}
