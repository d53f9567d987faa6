// Random choices that a seed repeats: mulberry32, small and good enough to choose what a test does next. A failing run prints
// its seed; the same seed in the environment makes the same choices.

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** One of the items; undefined when there are none. */
  of<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}

/** The seed of this run: `SEED` of the environment, or a new one. */
export const seedOfRun = (): number => {
  const given = Number(process.env['SEED']);
  return Number.isSafeInteger(given) && given > 0 ? given : (Date.now() % 1_000_000_000) + 1;
};
