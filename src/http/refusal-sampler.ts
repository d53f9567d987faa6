// Which refusals leave a line in the log. Of those with the same code, from the same address and by the same caller, the first
// few of an interval do; the others are counted, and one line says how many they were. A flood of refusals then costs the log
// a bounded number of lines, whatever its rate.
import type { AlarmClock } from '../clock.ts';
import { REFUSAL_KINDS_MAX, REFUSAL_LINES_MAX, REFUSAL_SAMPLE_MS } from './limits.ts';

/** What refusals have in common. */
export interface RefusalKind {
  readonly code: string;
  /** The client's address; null for the many beyond the number that is told apart. */
  readonly from: string | null;
  readonly who: object | null;
}

export interface Unlogged extends RefusalKind {
  readonly count: number;
}

interface Seen {
  readonly kind: RefusalKind;
  count: number;
}

export class RefusalSampler {
  readonly #clock: AlarmClock;
  readonly #tell: (unlogged: Unlogged) => void;
  readonly #seen = new Map<string, Seen>();

  /** `tell` is called at the end of an interval for each kind of which not all were logged. */
  constructor(clock: AlarmClock, tell: (unlogged: Unlogged) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Counts a refusal. Returns whether it is to be logged. */
  admits(kind: RefusalKind): boolean {
    if (this.#seen.size === 0) this.#clock.at(this.#clock.now() + REFUSAL_SAMPLE_MS, () => this.#end());
    const seen = this.#find(kind);
    seen.count += 1;
    return seen.count <= REFUSAL_LINES_MAX;
  }

  #find(kind: RefusalKind): Seen {
    const key = JSON.stringify(kind);
    const known = this.#seen.get(key);
    if (known) return known;
    if (this.#seen.size >= REFUSAL_KINDS_MAX && kind.from !== null)
      return this.#find({ ...kind, from: null, who: null });
    const seen = { kind, count: 0 };
    this.#seen.set(key, seen);
    return seen;
  }

  #end(): void {
    const ended = [...this.#seen.values()];
    this.#seen.clear();
    for (const { kind, count } of ended)
      if (count > REFUSAL_LINES_MAX) this.#tell({ ...kind, count: count - REFUSAL_LINES_MAX });
  }
}
