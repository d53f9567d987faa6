// Finds the zone a request is for, wakes those that fall due, and lets go of those that nobody uses. A zone exists here
// from its first use until it is idle; there are never two of one name. Who owns a zone is decided here and nowhere else:
// in one process, always this one.
import type { Logger } from 'pino';
import type { Instant } from '../clock.ts';
import type { Store } from '../journal/journal.ts';
import type { ProcessTime } from '../time/process-time.ts';
import { ZoneTimes, type ZoneTime } from '../time/zone-time.ts';
import type { ZoneSupervisorState } from '../../machines/zone-supervisor.ts';
import { Alarm } from './due/alarm.ts';
import type { ChangeFeed, ChangeSink } from './messages/announcing.ts';
import type { ZoneFigures } from './figures.ts';
import { fits, type CheckpointRecord } from './checkpoints/checkpoint.ts';
import { Scrub } from './checks/scrub.ts';
import { DamageReports } from './checks/damage-reports.ts';
import type { ZoneLimits } from './decisions/decision.ts';
import { ForgettingPace } from './checkpoints/forgetting-pace.ts';
import { readCheckpoint } from './waking/recovery.ts';
import { forgetAtOf, type Retention } from './checkpoints/upkeep.ts';
import { Zone } from './zone.ts';

/** How soon a zone is tried again that could not do what was due, milliseconds. */
const TICK_RETRY_MS = 1_000;

export interface ZonesSettings {
  readonly store: Store;
  readonly clock: ProcessTime;
  readonly log: Logger;
  readonly limits: ZoneLimits;
  readonly retention: Retention;
  readonly checkpointEveryEntries: number;
  /** A zone unused for so long is checkpointed and leaves memory, milliseconds. */
  readonly idleMs: number;
  /** Records deleted in a minute because of their age. Default: the constant of the product. */
  readonly forgetPerMinuteMax?: number;
  /** See `ServingSettings`. */
  readonly feed: ChangeFeed | null;
  readonly sink: ChangeSink | null;
}

/** Whoever wants to know which zones are in memory. */
export interface ZonesWatcher {
  /** A zone has come, or is there already. */
  began(zone: Zone): void;
  /** It has gone; one of the same name that comes after it is another. */
  ended(zone: Zone): void;
}

export interface FaultedZone {
  readonly zone: string;
  readonly reason: string;
}

/** A zone as an operator finds it. */
export interface ZoneSeen {
  readonly zone: string;
  readonly state: ZoneSupervisorState | 'asleep';
  /** Why it is stopped, where it is. */
  readonly reason: string | null;
  /** Live actors by kind; empty where it is not in memory. */
  readonly live: Readonly<Record<string, number>>;
}

export class Zones {
  readonly #settings: ZonesSettings;
  readonly #zones = new Map<string, Zone>();
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #alarm: Alarm;
  readonly #times: ZoneTimes;
  readonly #pace: ForgettingPace;
  readonly #ticking = new Set<string>();
  readonly #watchers = new Set<ZonesWatcher>();
  /** The known damage below checkpoints. */
  readonly damage: DamageReports;
  readonly scrub: Scrub;
  #stopped = false;
  #cancelSweep: () => void = () => {};

  constructor(settings: ZonesSettings) {
    this.#settings = settings;
    this.#times = new ZoneTimes(settings.clock);
    this.#pace = new ForgettingPace(settings.clock, settings.forgetPerMinuteMax);
    this.damage = new DamageReports(settings.log);
    this.scrub = new Scrub({ store: settings.store, clock: settings.clock, damage: this.damage });
    this.#alarm = new Alarm(settings.clock, (zone) => void this.#tick(zone));
  }

  /** The zone of that name, woken by its first question. Waits while an earlier life of it is still letting go. */
  get(id: string): Zone | Promise<Zone> {
    const zone = this.#zones.get(id);
    if (zone) return zone;
    const leaving = this.#leaving.get(id);
    return leaving ? leaving.then(() => this.get(id)) : this.#create(id);
  }

  /**
   * Puts every stored zone on the alarm, without loading any. One whose journal goes on after its checkpoint was cut off
   * in the middle of work, and what is due there is not known; one where somebody holds a lease has to hear. Such zones
   * are woken, one at a time.
   */
  async start(): Promise<void> {
    this.#sweepLater();
    this.scrub.start();
    const { journal } = this.#settings.store;
    for await (const zone of journal.zones()) {
      if (this.#stopped) return;
      await this.#expect(zone);
    }
  }

  /** Tells of every zone that is in memory, now and from now on; the result ends that. Keeps nothing awake. */
  watch(watcher: ZonesWatcher): () => void {
    this.#watchers.add(watcher);
    for (const zone of this.#zones.values()) watcher.began(zone);
    return () => this.#watchers.delete(watcher);
  }

  get awake(): number {
    return this.#zones.size;
  }

  isAwake(id: string): boolean {
    return this.#zones.has(id);
  }

  /** Lets go of a zone that nobody has used after `since`, as it would be when it has been idle for long enough. */
  release(id: string, since: Instant): void {
    const zone = this.#zones.get(id);
    if (zone && !zone.isUsed && zone.usedAt <= since && zone.state === 'serving' && !zone.listens) this.#letGo(id);
  }

  /** What each zone in memory holds. */
  *figures(): Generator<ZoneFigures> {
    for (const zone of this.#zones.values()) yield zone.figures;
  }

  /** How many zones in memory are read-only. */
  get readOnly(): number {
    let count = 0;
    for (const { state } of this.#zones.values()) if (state === 'readOnly') count += 1;
    return count;
  }

  faulted(): FaultedZone[] {
    const faulted: FaultedZone[] = [];
    for (const [zone, { fault, state }] of this.#zones) {
      if (state === 'faulted' && fault) faulted.push({ zone, reason: fault.sentence });
    }
    return faulted;
  }

  /** The zones in memory, then those that are only stored, `most` in all; none is woken. */
  async seen(most: number): Promise<{ readonly zones: readonly ZoneSeen[]; readonly isMore: boolean }> {
    const zones = Array.from(this.#zones.values(), seenIn);
    for await (const zone of this.#settings.store.journal.zones()) {
      if (zones.length > most) break;
      if (!this.#zones.has(zone)) zones.push({ zone, state: 'asleep', reason: null, live: {} });
    }
    return { zones: zones.slice(0, most), isMore: zones.length > most };
  }

  /** Drains every zone; none is woken afterwards. */
  async drain(): Promise<void> {
    this.#stopped = true;
    this.#alarm.stop();
    this.#cancelSweep();
    for (const id of this.#zones.keys()) this.#letGo(id);
    await Promise.all([this.scrub.stop(), ...this.#leaving.values()]);
  }

  #create(id: string): Zone {
    const { idleMs: _idleMs, ...settings } = this.#settings;
    const zone = new Zone(id, {
      ...settings,
      times: this.#times,
      pace: this.#pace,
      onDeadline: (name, at) => this.#alarm.set(name, at),
      onDamage: (name, sentence) => this.damage.report(name, sentence),
      successor: () => (this.#stopped ? null : this.get(id)),
    });
    if (this.#stopped) {
      void zone.drain();
      return zone;
    }
    this.#zones.set(id, zone);
    this.#tellWatchers(zone, (watcher) => watcher.began(zone));
    return zone;
  }

  async #expect(id: string): Promise<void> {
    const { store, log } = this.#settings;
    try {
      const checkpoint = readCheckpoint(store.snapshots, id);
      const head = await store.journal.head(id);
      // Somebody has used it meanwhile: it says itself when it is due.
      const used = this.#zones.get(id);
      if (used) return this.#retry(used);
      const mayStay = checkpoint !== null && head === checkpoint.seq && fits(checkpoint) && !checkpoint.listens;
      // Also for zones that stay asleep: a zone that is ahead of the clock is ahead from the start of the process.
      const time = this.#times.of(id, checkpoint?.at ?? 0);
      if (mayStay) this.#alarm.set(id, wakeAtOf(checkpoint, this.#settings.retention, time));
      else await this.#tick(id);
    } catch (error) {
      log.error({ zone: id, err: error }, 'zone could not be looked at; its first use will say why');
    }
  }

  /** One at a time for a zone: while it waits for the disk, what is due rings again and again. */
  async #tick(id: string): Promise<void> {
    if (this.#stopped || this.#ticking.has(id)) return;
    this.#ticking.add(id);
    const zone = await this.get(id);
    await zone.tick().finally(() => this.#ticking.delete(id));
    this.#retry(zone);
  }

  // What is due there has not happened: a journal that comes back is not announced by anybody's call.
  #retry({ id, fault }: Zone): void {
    if (fault?.final === false) this.#alarm.set(id, this.#settings.clock.now() + TICK_RETRY_MS);
  }

  #sweepLater(): void {
    const { clock, idleMs } = this.#settings;
    this.#cancelSweep = clock.at(clock.now() + idleMs / 2, () => {
      this.#sweep(clock.now() - idleMs);
      this.#sweepLater();
    });
  }

  #sweep(before: Instant): void {
    for (const id of this.#zones.keys()) this.release(id, before);
  }

  // Whoever only watches must not keep a zone from coming or going.
  #tellWatchers({ id }: Zone, tell: (watcher: ZonesWatcher) => void): void {
    try {
      for (const watcher of this.#watchers) tell(watcher);
    } catch (error) {
      this.#settings.log.error({ zone: id, err: error }, 'a watcher of zones failed');
    }
  }

  #letGo(id: string): void {
    const zone = this.#zones.get(id);
    if (!zone) return;
    this.#zones.delete(id);
    const leaving = zone.drain().finally(() => {
      this.#leaving.delete(id);
      this.#tellWatchers(zone, (watcher) => watcher.ended(zone));
    });
    this.#leaving.set(id, leaving);
  }
}

const seenIn = ({ id, state, fault, figures }: Zone): ZoneSeen => {
  const live: Record<string, number> = {};
  for (const { kind, count } of figures.states) live[kind] = (live[kind] ?? 0) + count;
  return { zone: id, state, reason: fault?.sentence ?? null, live };
};

const wakeAtOf = ({ dueAt, oldest }: CheckpointRecord, retention: Retention, time: ZoneTime): Instant | null =>
  time.wakeAt(dueAt, forgetAtOf(oldest, retention));
