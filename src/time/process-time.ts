// Time as one process knows it. Everything below the entry point takes it from here.
import type { AlarmClock, Instant } from '../clock.ts';
import type { Gaps } from './gaps.ts';

/** A wall clock that differs from process time by more than a step. */
export interface Dispute {
  readonly since: Instant;
  /** How far the wall clock is ahead of process time, milliseconds; negative where it is behind. */
  readonly aheadMs: number;
}

export interface ClockFigures {
  readonly disputes: number;
  /** Forward steps of the wall clock that were followed, milliseconds. */
  readonly believedMs: number;
  readonly gaps: number;
  readonly deafMs: number;
}

/** `now` starts at the wall clock, runs with the monotonic clock and never decreases. */
export interface ProcessTime extends AlarmClock {
  /** Milliseconds that this process has run, believed steps of the wall clock not included. */
  elapsedMs(): number;
  /** The later of process time and a wall clock that disputes it: what is valid until an instant ends by this one. */
  latest(): Instant;
  /** Null while the clocks agree. */
  dispute(): Dispute | null;
  /**
   * The instant from which the age of records counts: the clocks have agreed for long enough by then, provided they go on to.
   * In the future while they have not; later with every call while they disagree.
   */
  steadyAt(): Instant;
  /** Spans in which nothing could be heard. */
  readonly gaps: Gaps;
  readonly figures: ClockFigures;
}
