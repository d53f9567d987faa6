// The clocks of a host, moved by a test: time passes, the wall clock is set, the process is stopped, the machine sleeps.
import type { HostClocks } from '../../src/time/process-clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class HandHost implements HostClocks {
  #monotonic = 1_000;
  #wallOffset: number;
  readonly #timers = new Set<Timer>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = wall - this.#monotonic;
  }

  wall(): number {
    return Math.floor(this.#monotonic + this.#wallOffset);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#monotonic + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time passes, and timers ring. */
  run(ms: number): void {
    const target = this.#monotonic + ms;
    for (let timer = this.#next(target); timer; timer = this.#next(target)) {
      this.#timers.delete(timer);
      this.#monotonic = Math.max(this.#monotonic, timer.at);
      timer.callback();
    }
    this.#monotonic = target;
  }

  /** The wall clock is set; also how far it drifts, in steps. */
  setWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** The process is stopped: time passes, no timer rings. */
  stop(ms: number): void {
    this.#monotonic += ms;
  }

  /** The machine sleeps: its monotonic clock does not advance. */
  sleep(ms: number): void {
    this.setWall(ms);
  }

  #next(target: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (timer.at <= target && (!first || timer.at < first.at)) first = timer;
    return first;
  }
}
