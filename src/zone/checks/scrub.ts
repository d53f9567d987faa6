// Checks all stored data slowly, zone by zone, while the coordinator serves, so that damage below checkpoints is found before
// a request needs the damaged data. It reads every entry with its chain and body, then the tables of the checkpoint,
// the histories and the orders of age. It changes nothing, wakes no zone, and reports its findings.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AlarmClock, Instant } from '../../clock.ts';
import { CHAIN_START } from '../../journal/entry.ts';
import { isDamage, JournalError, withView, type Store } from '../../journal/journal.ts';
import { VIEW_OF_ZONE_MS_MAX } from '../../limits.ts';
import {
  SCRUB_BYTES_PER_STEP,
  SCRUB_BYTES_PER_TURN,
  SCRUB_PASS_MS,
  SCRUB_ROWS_PER_TURN,
  SCRUB_START_MS,
  SCRUB_STEP_MS,
} from './limits.ts';
import { checkpointIn } from '../waking/recovery.ts';
import { fits } from '../checkpoints/checkpoint.ts';
import { generationReader } from '../checkpoints/generations.ts';
import type { DamageReports } from './damage-reports.ts';
import { verifyEntry } from './verify.ts';
import { TABLES, TableCheck } from './table-check.ts';

export interface ScrubFigures {
  readonly bytes: number;
  readonly zones: number;
  readonly passes: number;
  /** The end of the last complete pass; null before the first. */
  readonly completedAt: Instant | null;
}

interface ScrubParts {
  readonly store: Store;
  readonly clock: AlarmClock;
  readonly damage: DamageReports;
}

interface Turn {
  readonly rows: number;
  readonly bytes: number;
}

const NEW_TURN: Turn = { rows: 0, bytes: 0 };

export class Scrub {
  readonly #store: Store;
  readonly #clock: AlarmClock;
  readonly #damage: DamageReports;
  readonly #figures = { bytes: 0, zones: 0, passes: 0, completedAt: null as Instant | null };
  #running: Promise<void> | null = null;
  #stopped = false;
  /** Bytes read since the last pause. */
  #step = 0;
  /** Read in this turn of the event loop. */
  #turn = NEW_TURN;
  #endPause: () => void = () => {};

  constructor({ store, clock, damage }: ScrubParts) {
    this.#store = store;
    this.#clock = clock;
    this.#damage = damage;
  }

  get figures(): ScrubFigures {
    return { ...this.#figures };
  }

  /** Begins after a pause: a start has more urgent reads. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when it has stopped reading. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    await this.#pause(SCRUB_START_MS);
    while (!this.#stopped) {
      await this.#pass();
      await this.#pause(SCRUB_PASS_MS);
    }
  }

  async #pass(): Promise<void> {
    try {
      const zones: string[] = [];
      for await (const zone of this.#store.journal.zones()) zones.push(zone);
      for (const zone of rotated(zones, this.#clock.now())) await this.#unlessDown(() => this.#zone(zone));
      if (this.#stopped) return;
      this.#figures.passes += 1;
      this.#figures.completedAt = this.#clock.now();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
    }
  }

  // An unavailable or reopened store is not damage: the next pass checks this zone again.
  async #unlessDown(work: () => Promise<void>): Promise<void> {
    if (this.#stopped) return;
    try {
      await work();
      this.#figures.zones += 1;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
    }
  }

  async #zone(zone: string): Promise<void> {
    await this.#entries(zone);
    for (const table of TABLES) await this.#reporting(zone, () => this.#table(zone, table));
  }

  async #entries(zone: string): Promise<void> {
    const end = await this.#store.journal.head(zone);
    let prev: string | undefined = CHAIN_START;
    for (let seq = 1; seq <= end && !this.#stopped; seq += 1) {
      const before: string | undefined = prev;
      prev = await this.#reporting(zone, async () => {
        const { hash, bytes } = verifyEntry(zone, this.#store.journal, seq, before);
        await this.#read(bytes);
        return hash;
      });
    }
  }

  /** One view contains a table, the record with its count, and the keys that its rows must have in other tables. */
  #table(zone: string, table: (typeof TABLES)[number]): Promise<void> {
    const check = async (view: ReturnType<Store['snapshots']['view']>): Promise<void> => {
      const checkpoint = checkpointIn(view);
      if (checkpoint === null || !fits(checkpoint)) return;
      const rows = new TableCheck(table, generationReader(view, checkpoint.generation), (sentence) =>
        this.#damage.report(zone, sentence),
      );
      for await (const bytes of rows.run()) {
        await this.#read(bytes);
        if (this.#stopped) return;
      }
      rows.compare(checkpoint);
    };
    return withView(this.#store.snapshots, zone, check, { msMax: VIEW_OF_ZONE_MS_MAX });
  }

  /** Undefined if the data is damaged. */
  async #reporting<Found>(zone: string, look: () => Promise<Found>): Promise<Found | undefined> {
    try {
      return await look();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#damage.report(zone, error.message);
      return undefined;
    }
  }

  async #read(bytes: number): Promise<void> {
    this.#figures.bytes += bytes;
    this.#step += bytes;
    this.#turn = { rows: this.#turn.rows + 1, bytes: this.#turn.bytes + bytes };
    if (this.#step < SCRUB_BYTES_PER_STEP) return this.#endTurn();
    this.#step = 0;
    this.#turn = NEW_TURN;
    await this.#pause(SCRUB_STEP_MS);
  }

  async #endTurn(): Promise<void> {
    const { rows, bytes } = this.#turn;
    if (rows < SCRUB_ROWS_PER_TURN && bytes < SCRUB_BYTES_PER_TURN) return;
    this.#turn = NEW_TURN;
    await nextTurn();
  }

  async #pause(ms: number): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.at(this.#clock.now() + ms, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** A pass begins with another zone each time: a process that is often restarted would never reach the last ones. */
const rotated = (zones: readonly string[], now: Instant): readonly string[] => {
  const first = zones.length === 0 ? 0 : now % zones.length;
  return [...zones.slice(first), ...zones.slice(0, first)];
};
