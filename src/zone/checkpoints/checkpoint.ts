// What a checkpoint is on disk, and how one is written. It holds one snapshot per live actor and per row of the directory, and
// the archive: what has ended, which child stood under which parent, receipts, and which entries touched which actor. The
// record that names it all carries counts and digests, so that a snapshot that is missing is noticed like one that is
// damaged. Everything of one checkpoint is stored at once; it is written in slices, so that no other request waits for it.
import type { Instant } from '../../../machines/words.ts';
import type { CheckpointBatch, SnapshotStore } from '../../journal/journal.ts';
import { decodeActor, encodeActor, MACHINES, type ActorKind, type Records } from '../actors/codec.ts';
import type { ActorRecord } from '../actors/population.ts';
import { Pace } from './pace.ts';
import { encodeRow } from './row-codec.ts';
import type { NamedRow } from './unstored-rows.ts';
import { rowId } from '../directory.ts';
import { NOTHING, Tally, type Inventory } from './inventory.ts';
import { decodeReceipt, encodeReceipt, type Receipt } from '../receipts.ts';
import {
  ageMark,
  AGING,
  ARCHIVE_TABLES,
  keys,
  prefixes,
  type Aging,
  type ArchiveTable,
  type Listing,
} from './stored-keys.ts';
import type { Underway } from '../due/underway.ts';
import type { Taken } from './unstored.ts';

export type Oldest = Readonly<Record<Aging, Instant | null>>;

export const NOTHING_OLD: Oldest = { session: null, invocation: null, edge: null, receipt: null };

/** How far old records have been forgotten: all marks up to here are deleted. */
export type Forgotten = Readonly<Record<Aging, string>>;

const NOTHING_FORGOTTEN: Forgotten = { session: '', invocation: '', edge: '', receipt: '' };

export interface CheckpointRecord {
  /** Raised when anything but the machines' snapshots changes its format; 7 since each row of the directory has a key. */
  readonly v: 7;
  /** The generation of its keys; see `checkpoints/generations.ts`. */
  readonly generation: number;
  /** Machines and versions that its snapshots are of. */
  readonly machines: string;
  readonly zone: string;
  /** The last entry it contains, that entry's hash, and the zone's time then. */
  readonly seq: number;
  readonly hash: string;
  readonly at: Instant;
  /** The last change of the graph of authority. */
  readonly epoch: number;
  /** A change of which only parts are journaled; null if there is none. */
  readonly underway: Underway | null;
  /** Snapshots of live actors and rows of the directory. */
  readonly live: Inventory;
  readonly archive: Readonly<Record<ArchiveTable, Inventory>>;
  /** The orders of age: a record that is missing there would never be forgotten. */
  readonly ages: Readonly<Record<Aging, Inventory>>;
  readonly forgotten: Forgotten;
  /** When something falls due there although nobody calls; null when nothing does. */
  readonly dueAt: Instant | null;
  /** From when on what is stored of a kind grows old, the oldest of it; null where there is nothing. */
  readonly oldest: Oldest;
  /** Somebody holds a lease there, which does not run while the zone sleeps: it must be woken as soon as possible. */
  readonly listens: boolean;
}

/** Whether what a checkpoint holds is as today's version writes it; where it is not, the journal says everything again. */
export const fits = ({ machines, v }: CheckpointRecord): boolean => v === 7 && machines === MACHINES;

export const encodeCheckpoint = (record: CheckpointRecord): Buffer => Buffer.from(JSON.stringify(record));
export const decodeCheckpoint = (bytes: Buffer): CheckpointRecord => JSON.parse(bytes.toString()) as CheckpointRecord;

/** What belongs together in a checkpoint: an actor as it was when storing began. */
export type Snapshot = {
  readonly [Kind in ActorKind]: { readonly kind: Kind; readonly record: Records[Kind] };
}[ActorKind];

type Unwritten = Pick<
  CheckpointRecord,
  'generation' | 'zone' | 'seq' | 'hash' | 'at' | 'epoch' | 'underway' | 'dueAt' | 'oldest' | 'listens'
>;

const EMPTY = Buffer.alloc(0);

/** Services do not end. */
type Ending = Exclude<ActorKind, 'service'>;

/** Writes one checkpoint into a batch. What a key held before is read back, so that the tallies stay exact. */
export class CheckpointWriter {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  readonly #batch: CheckpointBatch;
  readonly #storedSeq: number;
  readonly #pace = new Pace();
  readonly #live: Tally;
  readonly #archive: Readonly<Record<ArchiveTable, Tally>>;
  readonly #ages: Readonly<Record<Aging, Tally>>;
  readonly #forgotten: Record<Aging, string>;
  readonly #skipped: Forgotten | null;
  /** Actors of this checkpoint that have ended, and so leave memory with it. */
  readonly ended: { readonly kind: ActorKind; readonly id: string }[] = [];
  /** The earliest instant from which something of this checkpoint ages. */
  readonly oldest: Partial<Record<Aging, Instant>> = {};

  /** `forgotten` marks the records that were forgotten before and must not be stored again. */
  constructor(
    store: SnapshotStore,
    zone: string,
    previous: CheckpointRecord | null,
    forgotten: Forgotten | null = null,
  ) {
    this.#store = store;
    this.#zone = zone;
    this.#batch = store.begin(zone);
    this.#storedSeq = previous?.seq ?? 0;
    this.#live = new Tally(previous?.live);
    this.#archive = perName(ARCHIVE_TABLES, (table) => new Tally(previous?.archive[table] ?? NOTHING));
    this.#ages = perName(AGING, (what) => new Tally(previous?.ages[what] ?? NOTHING));
    this.#skipped = forgotten;
    this.#forgotten = { ...(previous?.forgotten ?? forgotten ?? NOTHING_FORGOTTEN) };
  }

  /** `rows` are the changed rows of the directory. The iterables are consumed over many turns of the event loop. */
  async add(contents: {
    readonly actors: Iterable<Taken>;
    readonly receipts: Iterable<Receipt>;
    readonly rows: Iterable<NamedRow>;
  }): Promise<void> {
    const { actors, receipts, rows } = contents;
    for (const { table, name, row } of rows) {
      const key = keys.row(rowId(table, name));
      this.#putLive(key, encodeRow(row), this.#store.get(this.#zone, key));
      await this.#pace.step();
    }
    for (const { snapshot, seqs } of actors) {
      await this.#actor(snapshot, seqs);
      await this.#pace.step();
    }
    for (const receipt of receipts) {
      if (!this.#isForgotten('receipt', receipt.at, receipt.key)) this.#receipt(receipt);
      await this.#pace.step();
    }
  }

  /** Takes away what has been kept for long enough, with all that is stored of it; gives the number of keys that went. */
  async forget(what: Aging, id: string, mark: string): Promise<number> {
    const age = keys.age(what, mark);
    if (this.#store.get(this.#zone, age)) this.#ages[what].remove(age, EMPTY);
    this.#batch.del(age);
    this.#forgotten[what] = mark;
    const key = keys.archive(what, id);
    const value = this.#store.get(this.#zone, key);
    if (!value) return 1;
    this.#take(what, key, value);
    if (what === 'receipt') return 2;
    this.#forgetListings(what, id, value);
    return 2 + (await this.#forgetHistory(id));
  }

  async commit(unwritten: Unwritten): Promise<CheckpointRecord> {
    const record: CheckpointRecord = {
      ...unwritten,
      v: 7,
      machines: MACHINES,
      live: this.#live.inventory,
      archive: perName(ARCHIVE_TABLES, (table) => this.#archive[table].inventory),
      ages: perName(AGING, (what) => this.#ages[what].inventory),
      forgotten: this.#forgotten,
    };
    this.#batch.put(keys.checkpoint, encodeCheckpoint(record));
    await this.#batch.commit();
    return record;
  }

  discard(): Promise<void> {
    return this.#batch.discard();
  }

  async #actor(snapshot: Snapshot, seqs: readonly number[]): Promise<void> {
    const { kind, record } = snapshot;
    const key = keys.live(kind, record.id);
    // What came into being after the last checkpoint is in none.
    const before = record.context.startedSeq > this.#storedSeq ? undefined : this.#store.get(this.#zone, key);
    const endedAt = kind === 'service' ? null : record.context.endedAt;
    if (kind === 'service' || endedAt === null) {
      this.#putLive(key, encodeActor(kind, record), before);
      return this.#history(record, seqs);
    }
    if (before) this.#live.remove(key, before);
    if (before) this.#batch.del(key);
    this.ended.push({ kind, id: record.id });
    if (this.#isForgotten(kind, endedAt, record.id)) return void (await this.#forgetHistory(record.id));
    this.#archiveActor(snapshot, endedAt);
    return this.#history(record, seqs);
  }

  #archiveActor(snapshot: Snapshot, endedAt: Instant): void {
    const { kind, record } = snapshot;
    this.#put(kind as Ending, keys.archive(kind as Ending, record.id), encodeActor(kind, record));
    this.#age(kind as Ending, endedAt, record.id);
    for (const [table, ownerId] of listingsOf(snapshot)) this.#put(table, keys.under(table, ownerId, record.id), EMPTY);
  }

  /** Only while a journal is folded again that contains forgotten records. */
  #isForgotten(what: Aging, at: Instant, id: string): boolean {
    return this.#skipped !== null && ageMark(at, id) <= this.#skipped[what];
  }

  async #history({ id, context }: ActorRecord, seqs: readonly number[]): Promise<void> {
    const first = context.changes - seqs.length + 1;
    for (const [index, seq] of seqs.entries()) {
      this.#batch.put(keys.history(id, seq), Buffer.from(String(first + index)));
      if (index > 0) await this.#pace.step();
    }
  }

  /** A key that is used again after its time has one receipt, the new one. */
  #receipt(receipt: Receipt): void {
    const key = keys.archive('receipt', receipt.key);
    const before = this.#store.get(this.#zone, key);
    if (before) {
      this.#archive.receipt.remove(key, before);
      const age = keys.age('receipt', ageMark(decodeReceipt(before).at, receipt.key));
      this.#batch.del(age);
      this.#ages.receipt.remove(age, EMPTY);
    }
    this.#put('receipt', key, encodeReceipt(receipt));
    this.#age('receipt', receipt.at, receipt.key);
  }

  #age(what: Aging, at: Instant, id: string): void {
    const key = keys.age(what, ageMark(at, id));
    this.#batch.put(key, EMPTY);
    this.#ages[what].add(key, EMPTY);
    this.oldest[what] = Math.min(this.oldest[what] ?? at, at);
  }

  #forgetListings(kind: Exclude<Aging, 'receipt'>, id: string, value: Buffer): void {
    for (const [table, ownerId] of listingsOf({ kind, record: decodeActor(kind, value) } as Snapshot))
      this.#take(table, keys.under(table, ownerId, id), EMPTY);
  }

  async #forgetHistory(id: string): Promise<number> {
    let taken = 0;
    for await (const { key } of this.#store.range(this.#zone, prefixes.historyOf(id))) {
      this.#batch.del(key);
      taken += 1;
    }
    return taken;
  }

  #putLive(key: string, value: Buffer, before: Buffer | undefined): void {
    if (before) this.#live.remove(key, before);
    this.#batch.put(key, value);
    this.#live.add(key, value);
    this.#pace.took(value.length + (before?.length ?? 0));
  }

  #put(table: ArchiveTable, key: string, value: Buffer): void {
    this.#batch.put(key, value);
    this.#archive[table].add(key, value);
    this.#pace.took(value.length);
  }

  #take(table: ArchiveTable, key: string, value: Buffer): void {
    this.#batch.del(key);
    this.#archive[table].remove(key, value);
  }
}

/** Under which sessions something that has ended is listed. */
const listingsOf = ({ kind, record }: Snapshot): [Listing, string][] => {
  if (kind === 'session') return record.context.parentId === null ? [] : [['child', record.context.parentId]];
  if (kind !== 'edge') return [];
  const { sourceSessionId, targetSessionId } = record.context;
  return [
    ['inbound', targetSessionId],
    ['outbound', sourceSessionId],
  ];
};

const perName = <Name extends string, Value>(
  names: readonly Name[],
  value: (name: Name) => Value,
): Record<Name, Value> => Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
