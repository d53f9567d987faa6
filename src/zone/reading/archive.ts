// What has left a zone's memory: what has ended, who stood under whom, receipts, histories. A value that is damaged is
// noticed when it is read; a key that is missing could not be, so before the first answer that relies on something not
// being in a table, that table is counted once against the checkpoint. What does not check is thrown as `CORRUPT`.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError, withView, type SnapshotStore, type ZoneReader } from '../../journal/journal.ts';
import { SLICE_ACTORS } from '../../limits.ts';
import { decodeActor, type ActorKind, type Records } from '../actors/codec.ts';
import type { CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { NOTHING, Tally } from '../checkpoints/inventory.ts';
import { decodeReceipt, type Receipt } from '../receipts.ts';
import { historySeq, keys, prefixes, type ArchiveTable, type Listing } from '../checkpoints/stored-keys.ts';

/** Services do not end. */
type Ending = Exclude<ActorKind, 'service'>;

/** The archive of a zone as one reader of the store sees it. */
export class ArchiveReader {
  readonly #stored: ZoneReader;
  readonly #zone: string;

  constructor(stored: ZoneReader, zone: string) {
    this.#stored = stored;
    this.#zone = zone;
  }

  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    if (kind === 'service') return undefined;
    const bytes = this.#stored.get(keys.archive(kind, id));
    return bytes && decodeActor(kind, bytes);
  }

  receipt(key: string): Receipt | undefined {
    const bytes = this.#stored.get(keys.archive('receipt', key));
    return bytes && decodeReceipt(bytes);
  }

  /** What has ended with an id below `before`, the greatest first. */
  async *below<Kind extends Ending>(kind: Kind, before: string | null): AsyncGenerator<Records[Kind]> {
    const from = before === null ? {} : { before: keys.archive(kind, before) };
    for await (const { value } of this.#stored.range(prefixes.archiveOf(kind), { reverse: true, ...from })) {
      yield decodeActor(kind, value);
    }
  }

  /** The children of a session with an id below `before`, the greatest first. */
  async *listed<Kind extends Ending>(
    kind: Kind,
    table: Listing,
    ownerId: string,
    before: string | null,
  ): AsyncGenerator<Records[Kind]> {
    const prefix = prefixes.listOf(table, ownerId);
    const from = before === null ? {} : { before: `${prefix}${before}` };
    for await (const { key } of this.#stored.range(prefix, { reverse: true, ...from })) {
      const record = this.find(kind, key.slice(prefix.length));
      if (!record) throw corrupt(this.#zone);
      yield record;
    }
  }

  /** The stored part of an actor's history after entry `after`: sequence and place in the history, oldest first. */
  async *historyAfter(id: string, after: number): AsyncGenerator<{ seq: number; place: number }> {
    const prefix = prefixes.historyOf(id);
    for await (const { key, value } of this.#stored.range(prefix, { after: keys.history(id, after) })) {
      yield { seq: historySeq(key), place: Number(value.toString()) };
    }
  }

  /** The place of an entry in an actor's stored history, if it is there. */
  placeOf(id: string, seq: number): number | undefined {
    const value = this.#stored.get(keys.history(id, seq));
    return value && Number(value.toString());
  }
}

/** The archive of a zone. Operations with more than one read open a view. */
export class Archive {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  readonly #present: ArchiveReader;
  readonly #counted = new Set<ArchiveTable>();

  constructor(store: SnapshotStore, zone: string) {
    this.#store = store;
    this.#zone = zone;
    const get = (key: string) => store.get(zone, key);
    this.#present = new ArchiveReader({ get, range: (prefix, options) => store.range(zone, prefix, options) }, zone);
  }

  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    return this.#present.find(kind, id);
  }

  receipt(key: string): Receipt | undefined {
    return this.#present.receipt(key);
  }

  /**
   * Runs `look` on the archive as it is in this turn of the event loop. Memory in this turn and this archive are one
   * consistent state: an actor that memory has released is in the archive.
   */
  view<Found>(look: (seen: ArchiveReader) => Promise<Found>): Promise<Found> {
    return withView(this.#store, this.#zone, (view) => look(new ArchiveReader(view, this.#zone)));
  }

  /** Whether a table is verified to be complete, so that a lookup in it may answer "not found". */
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
    if (!tally.equals(checkpoint?.archive[table] ?? NOTHING)) throw corrupt(this.#zone);
    this.#counted.add(table);
  }
}

const corrupt = (zone: string): JournalError =>
  new JournalError(
    'CORRUPT',
    `Some of the archive of zone ${zone} is missing or not as it was stored. ` +
      'Restore the data directory from a backup; "npm run verify" lists all damage.',
  );
