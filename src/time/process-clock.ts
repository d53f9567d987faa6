// The clock of the process, computed from two clocks of the host. The monotonic clock measures elapsed time. The wall clock
// gives the starting point, and corrects the rate by less than a thousandth. A step of the wall clock opens a dispute. A
// backward step is never followed. A forward step is followed once the wall clock has been consistent for a minute: the
// machine is then assumed to have slept, and leases and deadlines are extended by the step. A wall clock that was set back
// and has been consistent for as long is believed for the instants of callers alone.
import type { Instant } from '../clock.ts';
import { Gaps } from './gaps.ts';
import {
  BEAT_MS,
  CLOCK_BELIEVE_MS,
  CLOCK_COMPARE_MS,
  CLOCK_SLEW_MS,
  CLOCK_STEP_MS_MAX,
  DEAF_GRACE_MS,
  DEAF_MS,
  TIMER_MS_MAX,
} from './limits.ts';
import type { ClockFigures, ClockReading, Dispute, ProcessTime } from './process-time.ts';

/** The clocks and timers of a host. A test replaces all three. */
export interface HostClocks {
  /** Milliseconds since the Unix epoch; may step. */
  wall(): Instant;
  /** Milliseconds since some point; never steps back, and may pause while the machine sleeps. */
  monotonic(): number;
  /** Calls back after so many milliseconds of the monotonic clock, without keeping the process alive. The result cancels. */
  after(ms: number, callback: () => void): () => void;
}

export type ClockEvent =
  | { readonly type: 'disputed'; readonly aheadMs: number }
  | { readonly type: 'agreed' }
  /** A step of the wall clock was followed; a negative one only for the instants of callers. */
  | { readonly type: 'believed'; readonly stepMs: number }
  | { readonly type: 'deaf'; readonly gapMs: number };

export interface ProcessClockSettings {
  /** How long the clocks must have agreed before records are deleted by their age, milliseconds. */
  readonly steadyMs: number;
  readonly onEvent: (event: ClockEvent) => void;
}

/** A step of the wall clock, and the monotonic time since which the wall clock has been consistent. */
interface Step {
  readonly since: Instant;
  readonly aheadMs: number;
  readonly agreesFrom: number;
}

export class ProcessClock implements ProcessTime {
  readonly gaps = new Gaps();
  readonly #host: HostClocks;
  readonly #settings: ProcessClockSettings;
  readonly #startedAt: number;
  /** Process time minus the monotonic clock. */
  #offsetMs: number;
  /** How far process time is ahead of the wall clock that is believed, milliseconds. */
  #aheadMs = 0;
  #now: Instant;
  #beatAt: number;
  #comparedAt: number;
  #agreesFrom: number;
  #step: Step | null = null;
  #figures: ClockFigures = { disputes: 0, believedMs: 0, gaps: 0, deafMs: 0 };
  #cancelBeat: () => void = () => {};

  constructor(host: HostClocks, settings: ProcessClockSettings) {
    const monotonic = host.monotonic();
    this.#host = host;
    this.#settings = settings;
    this.#startedAt = monotonic;
    this.#offsetMs = host.wall() - monotonic;
    this.#now = Math.floor(monotonic + this.#offsetMs);
    this.#beatAt = monotonic;
    this.#comparedAt = monotonic;
    this.#agreesFrom = monotonic;
    this.#beatLater();
  }

  now(): Instant {
    return this.#at(this.#monotonic());
  }

  read(): ClockReading {
    const monotonic = this.#monotonic();
    const now = this.#at(monotonic);
    const wallAt = now - this.#aheadMs;
    const wall = this.#host.wall();
    const latest = wall - wallAt > CLOCK_STEP_MS_MAX ? wall : wallAt;
    return { now, elapsedMs: this.#elapsedMs(monotonic), wallAt, latest, steadyAt: this.#steadyAt(monotonic) };
  }

  dispute(): Dispute | null {
    return this.#step && { since: this.#step.since, aheadMs: Math.round(this.#step.aheadMs) };
  }

  get figures(): ClockFigures {
    return this.#figures;
  }

  at(instant: Instant, callback: () => void): () => void {
    let cancel = () => {};
    const wait = () => {
      const leftMs = instant - this.now();
      cancel = leftMs <= 0 ? this.#host.after(0, callback) : this.#host.after(Math.min(leftMs, TIMER_MS_MAX), wait);
    };
    wait();
    return () => cancel();
  }

  stop(): void {
    this.#cancelBeat();
  }

  /** Reads the monotonic clock. Records a gap if there was no beat for longer than `DEAF_MS`. */
  #monotonic(): number {
    const monotonic = this.#host.monotonic();
    if (monotonic - this.#beatAt > DEAF_MS) this.#wasDeaf(monotonic);
    return monotonic;
  }

  #elapsedMs(monotonic: number): number {
    return Math.floor(monotonic - this.#startedAt);
  }

  #steadyAt(monotonic: number): Instant {
    const { steadyMs } = this.#settings;
    const at = this.#step ? monotonic + Math.max(steadyMs, CLOCK_COMPARE_MS) : this.#agreesFrom + steadyMs;
    return Math.ceil(at + this.#offsetMs);
  }

  #at(monotonic: number): Instant {
    this.#now = Math.max(this.#now, Math.floor(monotonic + this.#offsetMs));
    return this.#now;
  }

  #beatLater(): void {
    this.#cancelBeat = this.#host.after(BEAT_MS, () => {
      this.#beat();
      this.#beatLater();
    });
  }

  #beat(): void {
    const monotonic = this.#monotonic();
    this.#beatAt = monotonic;
    if (monotonic - this.#comparedAt < CLOCK_COMPARE_MS) return;
    this.#comparedAt = monotonic;
    this.#compare(monotonic);
  }

  #wasDeaf(monotonic: number): void {
    const gapMs = Math.ceil(monotonic - this.#beatAt);
    this.#beatAt = monotonic;
    this.#addGap(monotonic, gapMs + DEAF_GRACE_MS, false);
    const { gaps, deafMs } = this.#figures;
    this.#figures = { ...this.#figures, gaps: gaps + 1, deafMs: deafMs + gapMs };
    this.#settings.onEvent({ type: 'deaf', gapMs });
  }

  #addGap(monotonic: number, ms: number, isStep: boolean): void {
    this.gaps.add({ endedAt: this.#at(monotonic), ms, isStep, elapsedMs: this.#elapsedMs(monotonic) });
  }

  #compare(monotonic: number): void {
    const aheadMs = this.#host.wall() - (monotonic + this.#offsetMs - this.#aheadMs);
    if (Math.abs(aheadMs) <= CLOCK_STEP_MS_MAX) {
      this.#agree(monotonic);
      this.#offsetMs += Math.max(-CLOCK_SLEW_MS, Math.min(CLOCK_SLEW_MS, aheadMs));
      return;
    }
    this.#disagree(monotonic, aheadMs);
  }

  #agree(monotonic: number): void {
    if (!this.#step) return;
    this.#step = null;
    this.#agreesFrom = monotonic;
    this.#settings.onEvent({ type: 'agreed' });
  }

  #disagree(monotonic: number, aheadMs: number): void {
    const step = this.#step;
    if (step && Math.abs(aheadMs - step.aheadMs) <= CLOCK_STEP_MS_MAX) {
      if (monotonic - step.agreesFrom >= CLOCK_BELIEVE_MS) this.#believe(monotonic, aheadMs);
      return;
    }
    this.#step = { since: step?.since ?? this.#at(monotonic), aheadMs, agreesFrom: monotonic };
    if (step) return;
    this.#figures = { ...this.#figures, disputes: this.#figures.disputes + 1 };
    this.#settings.onEvent({ type: 'disputed', aheadMs: Math.round(aheadMs) });
  }

  #believe(monotonic: number, aheadMs: number): void {
    const stepMs = Math.ceil(aheadMs);
    this.#step = null;
    this.#agreesFrom = monotonic;
    this.#follow(monotonic, stepMs);
    this.#settings.onEvent({ type: 'believed', stepMs });
  }

  // A step back only widens the distance to the wall clock; a step forward closes it before it moves process time.
  #follow(monotonic: number, stepMs: number): void {
    const movedMs = Math.max(0, stepMs - this.#aheadMs);
    this.#aheadMs = Math.max(0, this.#aheadMs - stepMs);
    if (movedMs === 0) return;
    this.#offsetMs += movedMs;
    this.#addGap(monotonic, movedMs, true);
    this.#figures = { ...this.#figures, believedMs: this.#figures.believedMs + movedMs };
  }
}
