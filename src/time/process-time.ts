// The time interface of a process. Everything below the entry point takes time from here.
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

/** The instants that result from one reading of the clocks of the host. */
export interface ClockReading {
  /** Process time. */
  readonly now: Instant;
  /** Milliseconds since the start of this process, without followed steps of the wall clock. */
  readonly elapsedMs: number;
  /** The wall clock as far as it is believed: `now`, or earlier after the wall clock was set back. */
  readonly wallAt: Instant;
  /** The later of `wallAt` and a disputing wall clock. The ends of tokens and, in a dispute, of authority are compared with it. */
  readonly latest: Instant;
  /**
   * The instant at which the clocks will have agreed for long enough to delete records by age, if they continue to agree. In
   * the future until then; later with every reading while the clocks disagree.
   */
  readonly steadyAt: Instant;
}

/** `now` starts at the wall clock, runs with the monotonic clock and never decreases. */
export interface ProcessTime extends AlarmClock {
  /** Reads each clock of the host once. Values of two readings must not be mixed. */
  read(): ClockReading;
  /** Null while the clocks agree. */
  dispute(): Dispute | null;
  /** Spans in which no request could be received. */
  readonly gaps: Gaps;
  readonly figures: ClockFigures;
}
