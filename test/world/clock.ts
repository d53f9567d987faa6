// A clock that moves only when a test moves it, and then jumps from alarm to alarm, so that hours pass in microseconds and
// everything happens at its own instant. It stands for the clock of a whole process: what a process finds out about the clocks
// of its host, a test sets.
import { Gaps } from '../../src/time/gaps.ts';
import type { ClockFigures, ClockReading, Dispute, ProcessTime } from '../../src/time/process-time.ts';
import type { Instant } from '../../src/clock.ts';

interface Pending {
  readonly at: Instant;
  readonly order: number;
  readonly callback: () => void;
}

export class HandClock implements ProcessTime {
  #now: Instant;
  #startedAt: Instant;
  #jumpedMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();
  gaps = new Gaps();
  readonly figures: ClockFigures = { disputes: 0, believedMs: 0, gaps: 0, deafMs: 0 };
  /** How far the wall clock is ahead, while it disputes the time. */
  wallAheadMs = 0;
  /** How far the time is ahead of a wall clock that was set back and is believed. */
  aheadOfWallMs = 0;
  /** The instant from which records may be deleted by their age. */
  #steadyAt: Instant = 0;

  constructor(start: Instant = Date.UTC(2026, 0, 1)) {
    this.#now = start;
    this.#startedAt = start;
  }

  now(): Instant {
    return this.#now;
  }

  read(): ClockReading {
    const wallAt = this.#now - this.aheadOfWallMs;
    return {
      now: this.#now,
      elapsedMs: this.#elapsedMs,
      wallAt,
      latest: wallAt + Math.max(0, this.wallAheadMs),
      steadyAt: this.wallAheadMs === 0 ? this.#steadyAt : this.#now + 3_600_000,
    };
  }

  dispute(): Dispute | null {
    return this.wallAheadMs === 0 ? null : { since: this.#startedAt, aheadMs: this.wallAheadMs };
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

  /** The time of a new process, without the gaps of the previous one. */
  begin(): void {
    this.forget();
    this.gaps = new Gaps();
    this.#startedAt = this.#now;
    this.#jumpedMs = 0;
  }

  /** The same clock for a process that does nothing after its end. */
  forProcess(life: { readonly over: boolean }): ProcessTime {
    return {
      now: () => this.now(),
      read: () => this.read(),
      dispute: () => this.dispute(),
      at: (at, ring) => (life.over ? () => {} : this.at(at, ring)),
      gaps: this.gaps,
      figures: this.figures,
    };
  }

  /** The wall clock of the next process is `ms` earlier: a host whose clock was corrected between two processes. */
  setBack(ms: number): void {
    this.#now -= ms;
  }

  /** Time passes in which the process does not run and rings nothing; alarms ring with the next `advance`. */
  pause(ms: number): void {
    this.#addGap(ms, false);
  }

  /** The process follows a forward step of the wall clock. */
  believe(ms: number): void {
    this.#jumpedMs += ms;
    this.#addGap(ms, true);
    this.wallAheadMs = 0;
  }

  /** Records may be deleted by their age from `at` on. */
  setSteady(at: Instant): void {
    this.#steadyAt = at;
  }

  get #elapsedMs(): number {
    return this.#now - this.#startedAt - this.#jumpedMs;
  }

  #addGap(ms: number, isStep: boolean): void {
    this.#now += ms;
    this.gaps.add({ endedAt: this.#now, ms, isStep, elapsedMs: this.#elapsedMs });
  }

  #next(target: Instant): Pending | undefined {
    const due = [...this.#pending].filter(({ at }) => at <= target);
    return due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}
