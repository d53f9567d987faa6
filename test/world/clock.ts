// A clock that moves only when a test moves it, and then jumps from alarm to alarm, so that hours pass in microseconds and
// everything happens at its own instant.
import type { AlarmClock, Instant } from '../../src/clock.ts';

interface Pending {
  readonly at: Instant;
  readonly order: number;
  readonly callback: () => void;
}

export class HandClock implements AlarmClock {
  #now: Instant;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(start: Instant = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): Instant {
    return this.#now;
  }

  at(at: Instant, callback: () => void): () => void {
    this.#order += 1;
    const pending = { at, order: this.#order, callback };
    this.#pending.add(pending);
    return () => this.#pending.delete(pending);
  }

  /** Moves on by `ms`, ringing on the way whatever was set for then. */
  advance(ms: number): void {
    const target = this.#now + ms;
    for (let next = this.#next(target); next; next = this.#next(target)) {
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = target;
  }

  /** Drops what was set: the process that wanted it is dead. */
  forget(): void {
    this.#pending.clear();
  }

  /** Sets the hands without ringing anything: a host whose clock was corrected. */
  setBack(ms: number): void {
    this.#now -= ms;
  }

  #next(target: Instant): Pending | undefined {
    const due = [...this.#pending].filter(({ at }) => at <= target);
    return due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}
