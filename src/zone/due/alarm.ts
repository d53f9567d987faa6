// One alarm for the whole process: the zone that falls due first decides when it rings. Zones that sleep are on it too, so
// that a zone nobody calls still does what is due at its instant.
import type { AlarmClock, Instant } from '../../clock.ts';
import { Deadlines } from './deadlines.ts';

export class Alarm {
  readonly #clock: AlarmClock;
  readonly #onDue: (zone: string) => void;
  readonly #due = new Deadlines();
  readonly #set = new Map<string, Instant>();
  #ringsAt: Instant | null = null;
  #cancel: () => void = () => {};
  #count = 0;

  constructor(clock: AlarmClock, onDue: (zone: string) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Wakes the zone at `at`, instead of whenever it was to be woken before; null for never. */
  set(zone: string, at: Instant | null): void {
    if ((this.#set.get(zone) ?? null) === at) return;
    this.#due.cancel(zone);
    if (at === null) this.#set.delete(zone);
    else {
      this.#count += 1;
      this.#set.set(zone, at);
      this.#due.set({ id: zone, at, seq: this.#count });
    }
    this.#arm();
  }

  stop(): void {
    this.#cancel();
    this.#ringsAt = null;
  }

  #arm(): void {
    const at = this.#due.next()?.at ?? null;
    if (at === this.#ringsAt) return;
    this.#cancel();
    this.#ringsAt = at;
    this.#cancel = at === null ? () => {} : this.#clock.at(at, () => this.#ring());
  }

  #ring(): void {
    this.#ringsAt = null;
    const now = this.#clock.now();
    for (let due = this.#due.next(); due && due.at <= now; due = this.#due.next()) {
      this.#due.cancel(due.id);
      this.#set.delete(due.id);
      this.#onDue(due.id);
    }
    this.#arm();
  }
}
