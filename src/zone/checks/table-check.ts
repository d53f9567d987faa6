// Checks one table of a checkpoint row by row, in bounded memory: the rows against the count and digest of the checkpoint, and
// each row against the keys that it requires in other tables.
import { isDamage, type ZoneReader } from '../../journal/journal.ts';
import type { Traced } from '../../../machines/words.ts';
import { ACTOR_KINDS, decodeActor, type ActorKind } from '../actors/codec.ts';
import type { CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { NOTHING, Tally, type Inventory } from '../checkpoints/inventory.ts';
import { decodeReceipt } from '../receipts.ts';
import {
  AGING,
  ageMark,
  ARCHIVE_TABLES,
  historySeq,
  keys,
  prefixes,
  readAgeMark,
  type Aging,
} from '../checkpoints/stored-keys.ts';

export interface Table {
  readonly name: string;
  readonly prefix: string;
  readonly expected: (checkpoint: CheckpointRecord) => Inventory;
}

const archived: readonly Table[] = ARCHIVE_TABLES.map((table) => ({
  name: `archive/${table}`,
  prefix: prefixes.archiveOf(table),
  expected: ({ archive }) => archive[table] ?? NOTHING,
}));

const aged: readonly Table[] = AGING.map((what) => ({
  name: `age/${what}`,
  prefix: prefixes.ageOf(what),
  expected: ({ ages }) => ages[what] ?? NOTHING,
}));

/** All tables that a checkpoint counts. */
export const TABLES: readonly Table[] = [
  { name: 'live', prefix: prefixes.live, expected: ({ live }) => live },
  ...archived,
  ...aged,
];

/** The cost of a row in addition to its bytes: the blocks around it are read too. */
const ROW_BYTES = 64;

export class TableCheck {
  readonly #table: Table;
  readonly #stored: ZoneReader;
  readonly #report: (sentence: string) => void;
  readonly #tally = new Tally();
  #isWhole = false;
  /** Actors and receipts that were checked. */
  count = 0;

  constructor(table: Table, stored: ZoneReader, report: (sentence: string) => void) {
    this.#table = table;
    this.#stored = stored;
    this.#report = report;
  }

  /** Checks the rows; yields the number of bytes read. Throws if a row does not match its checksum: a range ends there. */
  async *run(): AsyncGenerator<number> {
    for await (const { key, value } of this.#stored.range(this.#table.prefix)) {
      this.#tally.add(key, value);
      yield key.length + value.length + ROW_BYTES;
      yield await this.#checked(key, value);
    }
    this.#isWhole = true;
  }

  /** Compares what was read with the checkpoint, if it was read to its end. Without a checkpoint there may be nothing. */
  compare(checkpoint: CheckpointRecord | null): void {
    const expected = checkpoint === null ? NOTHING : this.#table.expected(checkpoint);
    if (!this.#isWhole || this.#tally.equals(expected)) return;
    const { count } = this.#tally.inventory;
    this.#report(
      `The table ${this.#table.name} has ${count} rows, and is not the one with ${expected.count} that was stored.`,
    );
  }

  /** Damage that a row leads to is reported, and the rows behind it are checked all the same. */
  async #checked(key: string, value: Buffer): Promise<number> {
    try {
      return await this.#row(key, value);
    } catch (error) {
      if (!isDamage(error) && !(error instanceof SyntaxError)) throw error;
      this.#report(error.message);
      return 0;
    }
  }

  async #row(key: string, value: Buffer): Promise<number> {
    const [place = '', what = '', ...rest] = key.split('/');
    if (place === 'age') return this.#aged(what as Aging, rest.join('/'));
    if (what !== 'receipt' && !isActorKind(what)) return 0;
    this.count += 1;
    return what === 'receipt' ? this.#receipt(value) : this.#actor(what, value, place);
  }

  /** A mark at another instant than that of its record would delete it early, or late. */
  #aged(what: Aging, mark: string): number {
    const { id } = readAgeMark(mark);
    const value = this.#stored.get(keys.archive(what, id));
    if (!value) this.#report(`The order of age names ${what} ${id}, which is not there.`);
    else if (mark !== ageMarkOf(what, value))
      this.#report(`The order of age has ${what} ${id} at another instant than its record.`);
    return ROW_BYTES + (value?.length ?? 0);
  }

  #receipt(value: Buffer): number {
    const { at, key } = decodeReceipt(value);
    return this.#demandAge('receipt', at, key);
  }

  async #actor(kind: ActorKind, value: Buffer, place: string): Promise<number> {
    const { id, context } = decodeActor(kind, value);
    if (place === 'archive' && kind !== 'service') this.#demandAge(kind, endOf(context), id);
    return this.#history(id, context);
  }

  #demandAge(what: Aging, at: number, id: string): number {
    if (!this.#stored.get(keys.age(what, ageMark(at, id))))
      this.#report(`${what} ${id} is in no order of age, so it is never forgotten.`);
    return ROW_BYTES;
  }

  async #history(id: string, { startedSeq, seq, changes }: Traced): Promise<number> {
    let places = 0;
    let [first, last, isDense] = [0, 0, true];
    for await (const { key, value } of this.#stored.range(prefixes.historyOf(id))) {
      places += 1;
      last = historySeq(key);
      if (places === 1) first = last;
      isDense &&= Number(value.toString()) === places;
    }
    if (!isDense || first !== startedSeq || last !== seq || places !== changes)
      this.#report(
        `The history of ${id} has ${places} entries from ${first} to ${last}, not ${changes} from ${startedSeq} to ${seq}.`,
      );
    return places * ROW_BYTES;
  }
}

const endOf = (context: object): number => ('endedAt' in context ? Number(context.endedAt ?? 0) : 0);

const ageMarkOf = (what: Aging, value: Buffer): string => {
  if (what === 'receipt') {
    const { at, key } = decodeReceipt(value);
    return ageMark(at, key);
  }
  const { id, context } = decodeActor(what, value);
  return ageMark(endOf(context), id);
};

const isActorKind = (what: string): what is ActorKind => (ACTOR_KINDS as readonly string[]).includes(what);
