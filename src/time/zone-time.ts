// The time of one zone. It is process time, unless the zone's last entry is ahead of process time: the clock was wrong when
// the entry was written, or is wrong now. Then zone time starts at that entry and advances until process time is later.
import { earlierOf, type Instant } from '../clock.ts';
import type { Gap } from './gaps.ts';
import { ZONES_AHEAD_MAX } from './limits.ts';
import type { ClockReading, ProcessTime } from './process-time.ts';

/** The instants with which the two ends of authority are compared. The earlier end applies. */
export interface AuthorityTime {
  /** Zone time, or a wall clock that disputes it and is later: compared with ends in zone time. */
  readonly zone: Instant;
  /** A disputing wall clock that is ahead, compared with ends by the clock of callers; null if there is none. */
  readonly callers: Instant | null;
}

/** One reading of the clocks, used for a whole turn of the event loop. */
export interface Moment {
  /** Zone time: the time of entries. Never decreases, and always advances. */
  readonly at: Instant;
  /** The instants by which authority ends. `zone` equals `at` while the wall clock is not ahead in a dispute. */
  readonly authorityAt: AuthorityTime;
  /** The wall clock as far as it is believed: to compare with instants of an issuer later. */
  readonly wallAt: Instant;
  /** Whether the wall clock is ahead by a step that is not believed yet: what starts now may be over once it is believed. */
  readonly isAheadDisputed: boolean;
  /** The instant for the age of records; null until the clocks have agreed for long enough to delete records. */
  readonly agesAt: Instant | null;
}

type ZoneTimeParts = Pick<ProcessTime, 'read' | 'gaps'>;

export class ZoneTime {
  readonly #clock: ZoneTimeParts;
  /** Zone time at the start of the process, if it is ahead of process time; else null. */
  readonly #startedAt: Instant | null;

  constructor(clock: ZoneTimeParts, startedAt: Instant | null) {
    this.#clock = clock;
    this.#startedAt = startedAt;
  }

  now(): Instant {
    return this.#ahead(this.#clock.read());
  }

  moment(): Moment {
    const reading = this.#clock.read();
    const { now, wallAt, latest } = reading;
    const at = this.#ahead(reading);
    const isAheadDisputed = latest > wallAt;
    const authorityAt = isAheadDisputed ? { zone: Math.max(at, latest), callers: latest } : { zone: at, callers: null };
    const agesAt = reading.steadyAt <= now ? now : null;
    return { at, wallAt, isAheadDisputed, authorityAt, agesAt };
  }

  /** Converts an instant of zone time to process time. */
  inProcessTime(at: Instant): Instant {
    return this.#inProcessTime(at, this.#clock.read());
  }

  /**
   * Returns the instant of process time at which the zone must be awake. `dueAt` is zone time. `forgetAt` is process time, and
   * forgetting also waits for a steady clock.
   */
  wakeAt(dueAt: Instant | null, forgetAt: Instant | null): Instant | null {
    const reading = this.#clock.read();
    const due = dueAt === null ? null : this.#inProcessTime(dueAt, reading);
    const forget = forgetAt === null ? null : Math.max(forgetAt, reading.steadyAt);
    return earlierOf(due, forget);
  }

  /** How many gaps the process had, and how many of them before an instant of the zone. */
  get gaps(): number {
    return this.#clock.gaps.count;
  }

  gapsAt(at: Instant): number {
    return this.#clock.gaps.countAt(this.inProcessTime(at));
  }

  /** Returns the milliseconds by which the gaps after the first `count` have moved zone time. */
  gapsMsSince(count: number): number {
    return this.#clock.gaps.since(count).reduce((sum, gap) => sum + this.#movedMs(gap), 0);
  }

  /** A followed step moves a zone that was ahead only as far as process time is then later than the zone. */
  #movedMs({ ms, isStep, endedAt, elapsedMs }: Gap): number {
    if (!isStep || this.#startedAt === null) return ms;
    return Math.min(ms, Math.max(0, endedAt - (this.#startedAt + elapsedMs)));
  }

  #inProcessTime(at: Instant, reading: ClockReading): Instant {
    return reading.now + (at - this.#ahead(reading));
  }

  #ahead({ now, elapsedMs }: ClockReading): Instant {
    return this.#startedAt === null ? now : Math.max(now, this.#startedAt + elapsedMs);
  }
}

/** Remembers which zones are ahead, so that their time also runs while they sleep. */
export class ZoneTimes {
  readonly #clock: ZoneTimeParts;
  readonly #max: number;
  readonly #ahead = new Map<string, Instant>();

  constructor(clock: ZoneTimeParts, max = ZONES_AHEAD_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  /** Returns the time of a zone whose last entry was written at `lastAt`. */
  of(zone: string, lastAt: Instant): ZoneTime {
    return new ZoneTime(this.#clock, this.#look(zone, lastAt));
  }

  /** A later call may pass a later entry: the first one knows only the checkpoint. */
  #look(zone: string, lastAt: Instant): Instant | null {
    const known = this.#ahead.get(zone);
    const { now, elapsedMs } = this.#clock.read();
    if (lastAt <= Math.max(now, known === undefined ? 0 : known + elapsedMs)) return known ?? null;
    const startedAt = lastAt - elapsedMs;
    this.#ahead.set(zone, startedAt);
    const [oldest] = this.#ahead.keys();
    if (this.#ahead.size > this.#max && oldest !== undefined) this.#ahead.delete(oldest);
    return startedAt;
  }
}
