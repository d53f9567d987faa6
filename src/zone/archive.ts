// What has left a zone's memory: what has ended, who stood under whom, receipts, histories. A value that is damaged is
// noticed when it is read; a key that is missing could not be, so before the first answer that relies on something not
// being in a table, that table is counted once against the checkpoint. What does not check is thrown as `CORRUPT`.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError, type SnapshotStore } from '../journal/journal.ts';
import { SLICE_ACTORS } from '../limits.ts';
import { decodeActor, type ActorKind, type Records } from './actors/codec.ts';
import type { CheckpointRecord } from './checkpoint.ts';
import { NOTHING, Tally } from './inventory.ts';
import { decodeReceipt, type Receipt } from './receipts.ts';
import { historySeq, keys, prefixes, type ArchiveTable, type Listing } from './stored-keys.ts';

/** Services do not end. */
type Ending = Exclude<ActorKind, 'service'>;

export class Archive {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  readonly #counted = new Set<ArchiveTable>();

  constructor(store: SnapshotStore, zone: string) {
    this.#store = store;
    this.#zone = zone;
  }

  /** Whether "not there" can be believed of a table. */
  isCounted(table: ArchiveTable): boolean {
    return this.#counted.has(table);
  }

  /** Counts a table against the checkpoint. No checkpoint may be committed meanwhile. */
  async count(table: ArchiveTable, checkpoint: CheckpointRecord | null): Promise<void> {
    const tally = new Tally();
    let seen = 0;
    for await (const { key, value } of this.#store.range(this.#zone, prefixes.archiveOf(table))) {
      tally.add(key, value);
      seen += 1;
      if (seen % SLICE_ACTORS === 0) await nextTurn();
    }
    if (!tally.equals(checkpoint?.archive[table] ?? NOTHING)) throw this.#corrupt();
    this.#counted.add(table);
  }

  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    if (kind === 'service') return undefined;
    const bytes = this.#store.get(this.#zone, keys.archive(kind, id));
    return bytes && decodeActor(kind, bytes);
  }

  receipt(key: string): Receipt | undefined {
    const bytes = this.#store.get(this.#zone, keys.archive('receipt', key));
    return bytes && decodeReceipt(bytes);
  }

  /** What has ended with an id below `before`, the greatest first. */
  async *below<Kind extends Ending>(kind: Kind, before: string | null): AsyncGenerator<Records[Kind]> {
    const from = before === null ? {} : { before: keys.archive(kind, before) };
    for await (const { value } of this.#store.range(this.#zone, prefixes.archiveOf(kind), { reverse: true, ...from })) {
      yield decodeActor(kind, value);
    }
  }

  /** What is listed under a session with an id below `before`, the greatest first. What was forgotten while this looked is passed over. */
  async *listed<Kind extends Ending>(
    kind: Kind,
    table: Listing,
    ownerId: string,
    before: string | null,
  ): AsyncGenerator<Records[Kind]> {
    const prefix = prefixes.listOf(table, ownerId);
    const from = before === null ? {} : { before: `${prefix}${before}` };
    for await (const { key } of this.#store.range(this.#zone, prefix, { reverse: true, ...from })) {
      const record = this.find(kind, key.slice(prefix.length));
      if (record) yield record;
      else if (this.#store.get(this.#zone, key)) throw this.#corrupt();
    }
  }

  /** The stored part of an actor's history after entry `after`: sequence and place in the history, oldest first. */
  async *historyAfter(id: string, after: number): AsyncGenerator<{ seq: number; place: number }> {
    const prefix = prefixes.historyOf(id);
    for await (const { key, value } of this.#store.range(this.#zone, prefix, { after: keys.history(id, after) })) {
      yield { seq: historySeq(key), place: Number(value.toString()) };
    }
  }

  /** The place of an entry in an actor's stored history, if it is there. */
  placeOf(id: string, seq: number): number | undefined {
    const value = this.#store.get(this.#zone, keys.history(id, seq));
    return value && Number(value.toString());
  }

  #corrupt(): JournalError {
    return new JournalError(
      'CORRUPT',
      `Some of what has left memory of zone ${this.#zone} is missing or not as it was stored. ` +
        'Restore the data directory from a backup; "npm run verify" lists all damage.',
    );
  }
}
