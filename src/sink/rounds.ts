// Zones take turns: a bounded number at a time, each one turn and then to the end of the queue, so that a zone with a long
// history to tell does not hold up a revocation in another. A zone has one turn at a time, which keeps its messages in order.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmClock } from '../clock.ts';
import { SINK_RETRY_MS, SINK_RETRY_MS_MAX, SINK_WAITING_MAX, SINK_ZONES_AT_ONCE } from '../limits.ts';
import { backoffMs } from './backoff.ts';

/** `more`: it wants another turn; `failed`: it wants one after a while. */
export type TurnEnd = 'done' | 'more' | 'failed';

export interface RoundsSettings {
  readonly clock: AlarmClock;
  /** Never rejects. */
  readonly turn: (zone: string) => Promise<TurnEnd>;
  /** The zone has nothing more to do for now. */
  readonly onIdle: (zone: string) => void;
}

export class Rounds {
  readonly #settings: RoundsSettings;
  readonly #waiting = new Set<string>();
  /** Whether it was called again meanwhile. */
  readonly #busy = new Map<string, boolean>();
  /** How to call its rest off. */
  readonly #resting = new Map<string, () => void>();
  /** How often in a row it failed. */
  readonly #failures = new Map<string, number>();
  #isOpen = false;
  #isPumping = false;
  #onChange: (() => void)[] = [];

  constructor(settings: RoundsSettings) {
    this.#settings = settings;
  }

  /** The zone has something to do. False where it will not do so soon: one that failed rests first. */
  call(zone: string): boolean {
    if (!this.#isOpen || this.#resting.has(zone)) return false;
    if (this.#busy.has(zone)) this.#busy.set(zone, true);
    else this.#waiting.add(zone);
    if (!this.#isPumping) void this.#pump();
    return true;
  }

  open(): void {
    this.#isOpen = true;
  }

  /** Forgets whoever waits and takes nobody more; turns that have begun end by themselves. */
  close(): void {
    this.#isOpen = false;
    this.#waiting.clear();
    for (const cancel of this.#resting.values()) cancel();
    this.#resting.clear();
    this.#failures.clear();
    this.#changed();
  }

  /** Resolves when few enough wait or rest for one more to be called. */
  async room(): Promise<void> {
    while (this.#isOpen && this.#waiting.size + this.#resting.size >= SINK_WAITING_MAX) await this.#change();
  }

  /** Resolves when nobody has a turn or waits for one; those that rest do not count. */
  async quiet(): Promise<void> {
    while (this.#busy.size > 0 || this.#waiting.size > 0) await this.#change();
  }

  // What was called in one turn of the event loop begins together in the next, behind the answers to whoever asked for it.
  async #pump(): Promise<void> {
    this.#isPumping = true;
    await nextTurn();
    this.#isPumping = false;
    for (const zone of this.#waiting) {
      if (this.#busy.size >= SINK_ZONES_AT_ONCE) break;
      this.#waiting.delete(zone);
      this.#busy.set(zone, false);
      void this.#settings.turn(zone).then((end) => this.#ended(zone, end));
    }
    this.#changed();
  }

  #ended(zone: string, end: TurnEnd): void {
    const again = this.#busy.get(zone) === true;
    this.#busy.delete(zone);
    if (end === 'failed') this.#rest(zone);
    else this.#failures.delete(zone);
    if (end === 'more' || (end === 'done' && again)) this.call(zone);
    else if (end === 'done') this.#settings.onIdle(zone);
    if (this.#waiting.size > 0 && !this.#isPumping) void this.#pump();
    this.#changed();
  }

  #rest(zone: string): void {
    if (!this.#isOpen) return;
    const failures = (this.#failures.get(zone) ?? 0) + 1;
    this.#failures.set(zone, failures);
    const { clock } = this.#settings;
    const cancel = clock.at(clock.now() + backoffMs(failures, SINK_RETRY_MS, SINK_RETRY_MS_MAX), () => {
      this.#resting.delete(zone);
      this.call(zone);
    });
    this.#resting.set(zone, cancel);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#onChange.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#onChange.splice(0)) resolve();
  }
}
