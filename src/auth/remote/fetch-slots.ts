// Bounds how many fetches run at once, how many wait, and for how long.

import type { Ages, Mark } from '../ages.ts';
import { IssuerUnavailable } from '../caller.ts';

export interface SlotLimits {
  readonly runningMax: number;
  readonly waitingMax: number;
  /** How long a fetch may wait for its turn, milliseconds. */
  readonly waitMsMax: number;
}

interface Waiter {
  readonly since: Mark;
  readonly begin: () => void;
  readonly refuse: (fault: IssuerUnavailable) => void;
}

export class FetchSlots {
  readonly #ages: Ages;
  readonly #limits: SlotLimits;
  readonly #waiting: Waiter[] = [];
  #running = 0;

  constructor(ages: Ages, limits: SlotLimits) {
    this.#ages = ages;
    this.#limits = limits;
  }

  /** Whether a fetch that begins now would have to wait. */
  get isFull(): boolean {
    return this.#running >= this.#limits.runningMax;
  }

  /** Runs `fetch` once a slot is free. Rejects with `IssuerUnavailable` if too many wait, or if it has waited for too long. */
  async run<T>(fetch: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await fetch();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (!this.isFull) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.#limits.waitingMax) throw tooMany();
    const since = this.#ages.mark();
    await new Promise<void>((begin, refuse) => this.#waiting.push({ since, begin, refuse }));
  }

  // The slot passes to the next waiting fetch. No timer is needed: a slot is freed at the latest when a fetch times out.
  #leave(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (this.#ages.since(next.since) <= this.#limits.waitMsMax) return next.begin();
      next.refuse(tooMany());
    }
    this.#running -= 1;
  }
}

const tooMany = (): IssuerUnavailable => new IssuerUnavailable('Too many key sets are being fetched.');
