// A viewer of actors at no door: it remembers what it was told, can be waited on, and reads only when the test says so.
import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import { uuidIds } from '../../src/ids.ts';
import { Hub, type Wish } from '../../src/inspect/hub.ts';
import type { Message } from '../../src/inspect/messages.ts';
import type { Sink, Viewer } from '../../src/inspect/viewer.ts';
import type { ZoneWorld } from '../world/zone-world.ts';

/** A message as a viewer reads it. */
export interface Told {
  readonly type: string;
  readonly [name: string]: unknown;
  readonly actor?: string;
  readonly snapshot?: {
    readonly value: unknown;
    readonly status: string;
    readonly context: Readonly<Record<string, unknown>>;
  };
}

export const hubOf = (world: ZoneWorld): Hub =>
  new Hub({ zones: world.zones, clock: world.clock, ids: uuidIds, log: pino({ level: 'silent' }) });

export class Watcher implements Sink {
  readonly told: Told[] = [];
  /** How many messages came at a time. */
  readonly writes: number[] = [];
  beats = 0;
  isOver = false;
  isCut = false;
  /** While it does not read, it takes what it is given and says that it is full. */
  #isReading = true;
  readonly #changes = new EventEmitter();
  viewer!: Viewer;

  static of(hub: Hub, wish: Partial<Wish> = {}): Watcher {
    const watcher = new Watcher();
    const usual = { zones: ['z1'], session: null, events: false, show: [], dialect: 'page' as const };
    watcher.viewer = hub.watch({ ...usual, ...wish }, watcher);
    return watcher;
  }

  write(messages: readonly Message[]): boolean {
    this.writes.push(messages.length);
    this.told.push(...messages.map(({ text }) => JSON.parse(text)));
    this.#changes.emit('told');
    return this.#isReading;
  }

  async drained(): Promise<void> {
    while (!this.#isReading && !this.isOver) await once(this.#changes, 'reads');
  }

  beat(): void {
    this.beats += 1;
  }

  close(): void {
    this.isOver = true;
    this.#changes.emit('told');
    this.#changes.emit('reads');
  }

  cut(): void {
    this.isCut = true;
  }

  reads(isReading: boolean): void {
    this.#isReading = isReading;
    this.#changes.emit('reads');
  }

  /** Resolves with everything told once that fits. */
  async until(fits: (told: readonly Told[]) => boolean): Promise<readonly Told[]> {
    while (!fits(this.told)) {
      if (this.isOver) throw new Error(`let go after ${this.told.length} messages`);
      await once(this.#changes, 'told');
    }
    return this.told;
  }

  /** Waits until everything that exists was shown, the given time over. */
  async synced(times = 1): Promise<readonly Told[]> {
    return this.until((told) => told.filter(({ type }) => type === 'coordinator.synced').length >= times);
  }

  async saw(actor: string, fits: (told: Told) => boolean = () => true): Promise<Told> {
    const found = (told: readonly Told[]) => told.findLast((each) => each.actor === actor && fits(each));
    await this.until((told) => found(told) !== undefined);
    return found(this.told) as Told;
  }

  /** Of one type, which actors they are about. */
  actors(type: string): (string | undefined)[] {
    return this.told.filter((each) => each.type === type).map(({ actor }) => actor);
  }
}

/** Whether anybody observes an actor system: XState looks at what happens only then. */
export const isObserved = (system: object): boolean => {
  let looked = false;
  const probe = {
    get type(): string {
      looked = true;
      return '@xstate.probe';
    },
  };
  (system as { _sendInspectionEvent(event: object): void })._sendInspectionEvent(probe);
  return looked;
};

export const suspend = (world: ZoneWorld, id: string) => world.execute('session.suspend', { id });
export const resume = (world: ZoneWorld, id: string) => world.execute('session.resume', { id });
export const terminate = (world: ZoneWorld, id: string) => world.execute('session.terminate', { id, reason: 'done' });

export const valueOf = ({ snapshot }: Told): unknown => snapshot?.value;
export const ofZone = (told: readonly Told[]) => told.filter(({ type }) => type === 'coordinator.zone');
