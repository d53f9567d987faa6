// Where those who look at actors meet the zones. It looks at nothing while nobody views: the first viewer makes it watch which
// zones are in memory, the first of a zone attaches to that zone, and the last takes both away.
import type { Logger } from 'pino';
import type { AlarmClock } from '../clock.ts';
import type { Ids } from '../ids.ts';
import { INSPECTOR_VIEWERS_MAX } from '../limits.ts';
import type { Zone } from '../zone/zone.ts';
import type { Zones } from '../zone/zones.ts';
import type { Showable } from './allowed.ts';
import { Audience, type Dialect } from './messages.ts';
import { Viewer, type Sink } from './viewer.ts';
import { ZoneTap } from './zone-tap.ts';
import { ZoneView, type Interest } from './zone-view.ts';

export interface Wish extends Interest {
  /** These, in memory or not; null for all that are in memory, and come to be. */
  readonly zones: readonly string[] | null;
  readonly dialect: Dialect;
  readonly show: readonly Showable[];
}

export interface HubParts {
  readonly zones: Zones;
  readonly clock: AlarmClock;
  readonly ids: Ids;
  readonly log: Logger;
}

const BOOT_LENGTH = 8;

export class Hub {
  readonly #zones: Zones;
  readonly #clock: AlarmClock;
  readonly #log: Logger;
  /** Stands before the ids of actors, which XState counts from zero in each process. */
  readonly #boot: string;
  readonly #viewers = new Map<Viewer, Wish>();
  /** Zones in memory, while anybody watches. */
  readonly #inMemory = new Map<string, Zone>();
  readonly #taps = new Map<Zone, ZoneTap>();
  #unwatch: () => void = () => {};

  constructor({ zones, clock, ids, log }: HubParts) {
    this.#zones = zones;
    this.#clock = clock;
    this.#log = log;
    this.#boot = ids.random().slice(0, BOOT_LENGTH);
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= INSPECTOR_VIEWERS_MAX;
  }

  /** Shows what is wished for from now on, until the viewer or the sink ends. Not while `isFull`. */
  watch(wish: Wish, sink: Sink): Viewer {
    const parts = { clock: this.#clock, log: this.#log, onEnd: () => this.#left(viewer) };
    const viewer: Viewer = new Viewer(sink, parts);
    this.#viewers.set(viewer, wish);
    if (this.#viewers.size === 1) {
      const began = (zone: Zone) => this.#began(zone);
      this.#unwatch = this.#zones.watch({ began, ended: (zone) => this.#ended(zone) });
    }
    const zones = wish.zones ?? [...this.#inMemory.keys()];
    for (const zone of zones) if (!viewer.views.has(zone)) this.#show(zone, viewer, wish);
    return viewer;
  }

  /** Lets everybody go. */
  close(): void {
    for (const viewer of [...this.#viewers.keys()]) viewer.end();
  }

  #show(zone: string, viewer: Viewer, wish: Wish): void {
    const audience = new Audience(wish.dialect, wish.show);
    const view = new ZoneView(zone, { boot: this.#boot, interest: wish, audience });
    viewer.views.set(zone, view);
    this.#join(zone, viewer, view);
    viewer.wake();
  }

  #join(id: string, viewer: Viewer, view: ZoneView): void {
    const zone = this.#inMemory.get(id);
    if (!zone) return;
    const tap = this.#taps.get(zone) ?? new ZoneTap(zone.inspection, { boot: this.#boot, clock: this.#clock });
    this.#taps.set(zone, tap);
    tap.add(view, viewer);
  }

  #began(zone: Zone): void {
    this.#inMemory.set(zone.id, zone);
    for (const [viewer, wish] of this.#viewers) {
      const view = viewer.views.get(zone.id);
      if (view) this.#join(zone.id, viewer, view);
      else if (wish.zones === null) this.#show(zone.id, viewer, wish);
    }
  }

  #ended(zone: Zone): void {
    if (this.#inMemory.get(zone.id) === zone) this.#inMemory.delete(zone.id);
    this.#taps.get(zone)?.end();
    this.#taps.delete(zone);
    for (const [viewer, wish] of this.#viewers) if (wish.zones === null) viewer.views.delete(zone.id);
  }

  #left(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    for (const view of viewer.views.values()) {
      const zone = this.#inMemory.get(view.zone);
      if (zone) this.#taps.get(zone)?.remove(view);
    }
    if (this.#viewers.size > 0) return;
    this.#unwatch();
    this.#inMemory.clear();
    this.#taps.clear();
  }
}
