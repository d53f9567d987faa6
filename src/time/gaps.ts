// The gaps of a process: spans in which it could not receive requests. Leases and deadlines of running work do not run in
// them. Each zone reads the length of the gaps after its last entry, and extends its leases and deadlines by it.
import type { Instant } from '../clock.ts';
import { GAPS_MAX } from './limits.ts';

export interface Gap {
  /** The instant of process time at which the gap was noticed: entries with an earlier instant were written before it. */
  readonly endedAt: Instant;
  readonly ms: number;
  /** A step of the wall clock that was followed, not a span that the monotonic clock measured. */
  readonly isStep: boolean;
  /** How long the process had run by then, milliseconds; believed steps not included. */
  readonly elapsedMs: number;
}

export class Gaps {
  readonly #max: number;
  #recent: Gap[] = [];
  #count = 0;

  constructor(max = GAPS_MAX) {
    this.#max = max;
  }

  /** How many gaps there were in this process. */
  get count(): number {
    return this.#count;
  }

  /** Milliseconds of all gaps that are kept. */
  get totalMs(): number {
    return this.#recent.reduce((sum, { ms }) => sum + ms, 0);
  }

  add(gap: Gap): void {
    this.#count += 1;
    this.#recent.push(gap);
    // Half of them at once, so that dropping costs nothing on average.
    if (this.#recent.length > this.#max) this.#recent = this.#recent.slice(Math.ceil(this.#max / 2));
  }

  /** Returns the gaps after the first `count`, as far as they are kept. */
  since(count: number): readonly Gap[] {
    const newer = this.#count - count;
    return newer <= 0 ? [] : this.#recent.slice(-newer);
  }

  /** Returns how many gaps had ended by `at`. All dropped gaps count as ended. */
  countAt(at: Instant): number {
    const later = this.#recent.length - 1 - this.#recent.findLastIndex(({ endedAt }) => endedAt <= at);
    return this.#count - later;
  }
}
