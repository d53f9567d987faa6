// Time as one zone knows it. It is process time, unless the zone's last entry lies ahead of that: a clock was wrong when the entry
// was written, or is wrong now. Then zone time starts at that entry and runs on with the process, until process time is later.
import type { Instant } from '../clock.ts';
import type { Gap } from './gaps.ts';
import { ZONES_AHEAD_MAX } from './limits.ts';
import type { ProcessTime } from './process-time.ts';

/** One reading of the clocks, on which everything of one turn is based. */
export interface Moment {
  /** Zone time: what entries carry. Never decreases, and always runs. */
  readonly at: Instant;
  /** Zone time by the later of the disputing clocks: authority ends by this. Equal to `at` while the clocks agree. */
  readonly authorityAt: Instant;
  /** The instant that an absolute instant of a caller is compared with: the later of the disputing clocks. */
  readonly callersAt: Instant;
  /** The instant by which records age; null while the clocks have not agreed for long enough to delete by. */
  readonly agesAt: Instant | null;
}

type ZoneTimeParts = Pick<ProcessTime, 'now' | 'elapsedMs' | 'latest' | 'steadyAt' | 'gaps'>;

export class ZoneTime {
  readonly #clock: ZoneTimeParts;
  /** What zone time was when the process started, where that is ahead of process time; null where it is not. */
  readonly #startedAt: Instant | null;

  constructor(clock: ZoneTimeParts, startedAt: Instant | null) {
    this.#clock = clock;
    this.#startedAt = startedAt;
  }

  now(): Instant {
    return this.#ahead(this.#clock.now());
  }

  moment(): Moment {
    const now = this.#clock.now();
    const at = this.#ahead(now);
    const callersAt = Math.max(now, this.#clock.latest());
    const isSteady = this.#clock.steadyAt() <= now;
    return { at, callersAt, authorityAt: Math.max(at, callersAt), agesAt: isSteady ? now : null };
  }

  /** The instant of process time at which it is `at` in the zone. */
  inProcessTime(at: Instant): Instant {
    const now = this.#clock.now();
    return now + (at - this.#ahead(now));
  }

  /**
   * The instant of process time at which the zone has to be awake: `dueAt` is zone time. Records that age by `forgetAt`, which is
   * process time, wait for a steady clock besides.
   */
  wakeAt(dueAt: Instant | null, forgetAt: Instant | null): Instant | null {
    const due = dueAt === null ? null : this.inProcessTime(dueAt);
    const forget = forgetAt === null ? null : Math.max(forgetAt, this.#clock.steadyAt());
    return due === null || forget === null ? (due ?? forget) : Math.min(due, forget);
  }

  /** How many gaps the process had, and how many of them before an instant of the zone. */
  get gaps(): number {
    return this.#clock.gaps.count;
  }

  gapsAt(at: Instant): number {
    return this.#clock.gaps.countAt(this.inProcessTime(at));
  }

  /** By how many milliseconds the gaps after the first `count` have moved zone time. */
  gapsMsSince(count: number): number {
    return this.#clock.gaps.since(count).reduce((sum, gap) => sum + this.#movedMs(gap), 0);
  }

  /** A step that process time followed moves a zone that was ahead only as far as process time is later than the zone then. */
  #movedMs({ ms, isStep, endedAt, elapsedMs }: Gap): number {
    if (!isStep || this.#startedAt === null) return ms;
    return Math.min(ms, Math.max(0, endedAt - (this.#startedAt + elapsedMs)));
  }

  #ahead(now: Instant): Instant {
    return this.#startedAt === null ? now : Math.max(now, this.#startedAt + this.#clock.elapsedMs());
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

  /** The time of a zone whose last entry was written at `lastAt`. */
  of(zone: string, lastAt: Instant): ZoneTime {
    return new ZoneTime(this.#clock, this.#look(zone, lastAt));
  }

  /** A later look may see a later entry: the one before saw only the checkpoint. */
  #look(zone: string, lastAt: Instant): Instant | null {
    const known = this.#ahead.get(zone);
    const elapsedMs = this.#clock.elapsedMs();
    if (lastAt <= Math.max(this.#clock.now(), known === undefined ? 0 : known + elapsedMs)) return known ?? null;
    const startedAt = lastAt - elapsedMs;
    this.#ahead.set(zone, startedAt);
    const [oldest] = this.#ahead.keys();
    if (this.#ahead.size > this.#max && oldest !== undefined) this.#ahead.delete(oldest);
    return startedAt;
  }
}
