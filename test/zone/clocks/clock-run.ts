// Zones on a host whose clocks, processes and power a random test moves, and what the test knows of time by its own count: how
// much of it every thing has had, how much of it could be heard in, and since when both clocks have agreed.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeEntry } from '../../../src/journal/entry.ts';
import { CLOCK_STEP_MS_MAX } from '../../../src/time/limits.ts';
import { ProcessClock, type HostClocks } from '../../../src/time/process-clock.ts';
import { ZoneTimes, type ZoneTime } from '../../../src/time/zone-time.ts';
import { HandHost } from '../../world/host.ts';
import { ZoneWorld } from '../../world/zone-world.ts';

export const RETENTION_MS = 600_000;
export const STEADY_MS = 120_000;

/** Slices of a span in which the process runs: between them its own work gets its turn. */
const SLICES = 10;

/** How often the test reads the clocks of the process, milliseconds of a span. */
export const READING_EVERY_MS = 1_000;

export class ClockRun {
  readonly host = new HandHost();
  readonly world: ZoneWorld;
  clock!: ProcessClock;
  /** Counts the processes. */
  life = 0;
  /** Time that a zone must have noticed, milliseconds: after a restart under an earlier clock, only what its journal shows. */
  countedMs = 0;
  /** Time in which the process ran and could hear, milliseconds. */
  heardMs = 0;
  /** What `heardMs` was when the process started. */
  heardMsAtStart = 0;
  /** Whether records may be, or since the last check could have been, deleted by their age. */
  wasSteady = false;
  /** The last entry. After a restart under an earlier clock, zone time continues from its instant. */
  #last = { seq: 0, at: 0, countedMs: 0 };
  #zoneTime!: ZoneTime;
  /** Zone time and `countedMs` at each reading of this process; the first element is the last entry before it. */
  #readings: { readonly at: number; readonly countedMs: number }[] = [];
  #disturbedAt = 0;
  #offsetMax = Number.NEGATIVE_INFINITY;
  #kill = () => {};

  constructor(checkpointEveryEntries: number) {
    const retention = { session: RETENTION_MS, invocation: RETENTION_MS, edge: RETENTION_MS, receipt: RETENTION_MS };
    const newClock = () => this.#newProcess();
    this.world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries, retention, idleMs: 30_000, newClock });
    this.#record();
  }

  /** How far the wall clock is ahead of the one that is believed; 0 where it is not. */
  get disputedMs(): number {
    const aheadMs = this.host.wall() - this.clock.read().wallAt;
    return aheadMs > CLOCK_STEP_MS_MAX ? aheadMs : 0;
  }

  async run(ms: number): Promise<void> {
    for (let slice = 0; slice < SLICES; slice += 1) {
      for (let leftMs = ms / SLICES; leftMs > 0; leftMs -= READING_EVERY_MS)
        this.#runFor(Math.min(leftMs, READING_EVERY_MS));
      await settle();
    }
  }

  #runFor(ms: number): void {
    this.host.run(ms);
    this.countedMs += ms;
    this.heardMs += ms;
    this.#record();
  }

  pause(ms: number): void {
    this.host.stop(ms);
    this.countedMs += ms;
    this.#record();
  }

  setWall(ms: number): void {
    this.host.setWall(ms);
    this.#record();
  }

  /** Another process on what this one has stored. */
  async restart(downMs: number, isCrash: boolean): Promise<void> {
    if (!isCrash) await this.world.zones.drain();
    await this.countEntries();
    this.#kill();
    this.host.stop(downMs);
    const isBehind = this.#offset < this.#offsetMax;
    this.countedMs = isBehind ? this.#last.countedMs : this.countedMs + downMs;
    this.world.open();
    this.#record();
    await this.world.zones.start();
  }

  /** Updates the last entry. An expiry is journaled with the instant at which it was due. */
  async countEntries(): Promise<void> {
    const { journal } = this.world.store;
    const seq = await journal.head('z1');
    if (seq === this.#last.seq) return;
    for await (const { data } of journal.read('z1', seq)) {
      const { at } = decodeEntry(data, { zone: 'z1', seq });
      this.#last = { seq, at, countedMs: this.#countedAt(at) };
    }
  }

  /** Returns `countedMs` at an instant of zone time, interpolated between two readings. */
  #countedAt(at: number): number {
    const before = this.#readings.findLastIndex((reading) => reading.at <= at);
    const { at: from, countedMs } = this.#readings[before] ?? { at, countedMs: 0 };
    return Math.min(countedMs + (at - from), this.#readings[before + 1]?.countedMs ?? this.countedMs);
  }

  /** For how long the process has not disputed its wall clock, milliseconds. */
  get steadyMs(): number {
    return this.host.monotonic() - this.#disturbedAt;
  }

  get #offset(): number {
    return this.host.wall() - this.host.monotonic();
  }

  #record(): void {
    this.#offsetMax = Math.max(this.#offsetMax, this.#offset);
    if (this.clock.dispute() !== null) this.#disturbedAt = this.host.monotonic();
    this.wasSteady ||= this.steadyMs >= STEADY_MS;
    this.#readings.push({ at: this.#zoneTime.now(), countedMs: this.countedMs });
  }

  #newProcess(): ProcessClock {
    const life = { isOver: false };
    this.#kill();
    this.#kill = () => (life.isOver = true);
    this.life += 1;
    this.#disturbedAt = this.host.monotonic();
    this.heardMsAtStart = this.heardMs;
    this.clock = new ProcessClock(processHost(this.host, life), { steadyMs: STEADY_MS, onEvent: () => {} });
    this.#zoneTime = new ZoneTimes(this.clock).of('z1', this.#last.at);
    this.#readings = [this.#last];
    return this.clock;
  }
}

/** The clocks of a host as one process has them: no timer rings for a process that is over. */
const processHost = (host: HandHost, life: { readonly isOver: boolean }): HostClocks => ({
  wall: () => host.wall(),
  monotonic: () => host.monotonic(),
  after: (ms, callback) => (life.isOver ? () => {} : host.after(ms, () => (life.isOver ? undefined : callback()))),
});

/** Turns that an alarm takes to wake a zone, to write and to let it go. */
const TURNS = 6;

const settle = async (): Promise<void> => {
  for (let turns = 0; turns < TURNS; turns += 1) await nextTurn();
};
