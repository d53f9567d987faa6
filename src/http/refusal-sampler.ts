// Decides which refusals are logged. Refusals with the same code, address and caller are one kind. The first few of a kind in
// an interval are logged; the others are counted, and one line reports their number. A flood of refusals therefore causes
// a bounded number of log lines, at any rate.
import type { AlarmClock } from '../clock.ts';
import { REFUSAL_KINDS_MAX, REFUSAL_LINES_MAX, REFUSAL_SAMPLE_MS } from './limits.ts';

/** The properties that refusals of one kind share. */
export interface RefusalKind {
  readonly code: string;
  /** The client's address; null once there are more kinds than are counted separately. */
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
  readonly #report: (unlogged: Unlogged) => void;
  readonly #seen = new Map<string, Seen>();

  /** `report` is called at the end of an interval for each kind of which not all refusals were logged. */
  constructor(clock: AlarmClock, report: (unlogged: Unlogged) => void) {
    this.#clock = clock;
    this.#report = report;
  }

  /** Counts a refusal. Returns whether to log it. */
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
      if (count > REFUSAL_LINES_MAX) this.#report({ ...kind, count: count - REFUSAL_LINES_MAX });
  }
}
