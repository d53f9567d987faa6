// Ages of cached data, by a clock that may be stepped. A step can only end trust early: after a backward step the age of
// all older data is unknown, and data without a known age counts as too old.

import type { Clock, Instant } from '../clock.ts';

/** The instant at which data was received. */
export interface Mark {
  readonly at: Instant;
  /** The number of backward steps noticed until then. */
  readonly steps: number;
}

export class Ages {
  readonly #clock: Pick<Clock, 'now'>;
  #latest: Instant = -Infinity;
  #steps = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  now(): Instant {
    const now = this.#clock.now();
    if (now < this.#latest) this.#steps += 1;
    this.#latest = now;
    return now;
  }

  mark(): Mark {
    const at = this.now();
    return { at, steps: this.#steps };
  }

  /** Milliseconds since the mark; infinite if the clock has stepped back since. */
  since({ at, steps }: Mark): number {
    const now = this.now();
    return steps === this.#steps && now >= at ? now - at : Infinity;
  }
}
