// The gaps of a process: spans in which it could not hear its callers. Leases and deadlines of running work do not run in them.
// Each zone asks how many milliseconds of gaps there were after its last entry, and extends what runs by as many.
import type { Instant } from '../clock.ts';
import { GAPS_MAX } from './limits.ts';

interface Gap {
  /** The instant of process time at which the gap was noticed: every entry with an earlier instant was written before it. */
  readonly endedAt: Instant;
  /** Milliseconds of all gaps up to and including this one. */
  readonly totalMs: number;
}

export class Gaps {
  readonly #max: number;
  #recent: Gap[] = [];
  #totalMs = 0;
  /** Milliseconds of the gaps that are no longer remembered one by one. */
  #forgottenMs = 0;

  constructor(max = GAPS_MAX) {
    this.#max = max;
  }

  /** Milliseconds of all gaps of this process. */
  get totalMs(): number {
    return this.#totalMs;
  }

  add(endedAt: Instant, ms: number): void {
    this.#totalMs += ms;
    this.#recent.push({ endedAt, totalMs: this.#totalMs });
    // Half of them at once, so that dropping costs nothing on average.
    if (this.#recent.length > this.#max) this.#drop(Math.ceil(this.#max / 2));
  }

  /** Milliseconds of the gaps that had ended by `at`. Of those that are no longer remembered all had. */
  totalMsAt(at: Instant): number {
    const last = this.#recent.findLast(({ endedAt }) => endedAt <= at);
    return last?.totalMs ?? this.#forgottenMs;
  }

  #drop(count: number): void {
    this.#forgottenMs = this.#recent[count - 1]?.totalMs ?? this.#forgottenMs;
    this.#recent = this.#recent.slice(count);
  }
}
