// A journal and snapshots in memory, for tests and simulations: the same promises as any engine, kept for as long as the
// process lives. Its contents are an object of their own, so that a restart can be played by opening them again, and so
// that a test can damage them; `disk` stands where a real engine waits for its disk.
import { frame, unframe } from './frame.ts';
import { CommitQueue, demandAtLeast, type StoreBatch } from './commit-queue.ts';
import {
  JournalError,
  type CheckpointBatch,
  type Condition,
  type Health,
  type JournalEngine,
  type JournalLimits,
  type JournalRecord,
  type JournalWriter,
  type RangeOptions,
  type SnapshotStore,
  type Store,
  type StoredValue,
  type ViewOptions,
  type ZoneView,
} from './journal.ts';
import {
  assertSeq,
  assertSnapshotKey,
  assertZone,
  bodyValue,
  entryValue,
  epochKey,
  snapshotKey,
  type ZoneRecord,
} from './layout.ts';
import { journalLimits } from './limits.ts';
import { ReadingWriter } from './reading-writer.ts';
import { memoryKeys, memoryRange, memoryRecord, MemoryView, memoryValue } from './views/memory-view.ts';
import { OpenViews } from './views/open-views.ts';

/** What one zone has stored. Values are framed as in any engine. */
export interface MemoryZone {
  epoch: Buffer | undefined;
  /** Record `seq` lies at `seq - 1`. */
  readonly entries: (Buffer | undefined)[];
  readonly bodies: Map<number, Buffer>;
  readonly snapshots: Map<string, Buffer>;
}

export type MemoryContents = Map<string, MemoryZone>;

export interface MemoryStoreOptions {
  /** What an earlier store over the same contents left behind. That store must be closed, or be one that "crashed". */
  contents?: MemoryContents;
  limits?: Partial<JournalLimits>;
  /** Runs before a batch is stored; it may take its time, and what it rejects is not stored. */
  disk?: StoreBatch;
  /** What the store accepts; default: everything. */
  condition?: () => Condition;
}

export function openMemoryStore({ contents = new Map(), limits, disk, condition }: MemoryStoreOptions = {}): Store {
  const shelf = new Shelf(contents, condition ?? (() => WHOLE));
  const views = new OpenViews();
  const journal = new MemoryJournal(shelf, journalLimits(limits), disk ?? (() => Promise.resolve()));
  return {
    journal,
    snapshots: new MemorySnapshots(shelf, views),
    async close() {
      await views.close();
      await journal.close();
      shelf.close();
    },
  };
}

const WHOLE: Condition = { access: 'everything', cause: null };

/** The contents, for as long as the store is open. */
class Shelf {
  readonly condition: () => Condition;
  readonly #contents: MemoryContents;
  #closed = false;

  constructor(contents: MemoryContents, condition: () => Condition) {
    this.#contents = contents;
    this.condition = condition;
  }

  /** Undefined for a zone that nobody has written to. */
  find(zone: string): MemoryZone | undefined {
    this.#assertOpen();
    assertZone(zone);
    return this.#contents.get(zone);
  }

  ofWriting(zone: string): MemoryZone {
    if (this.condition().access === 'reads') throw unavailable('written');
    const found = this.find(zone) ?? { epoch: undefined, entries: [], bodies: new Map(), snapshots: new Map() };
    this.#contents.set(zone, found);
    return found;
  }

  zonesWithEntries(): string[] {
    this.#assertOpen();
    return [...this.#contents].filter(([, { entries }]) => entries.length > 0).map(([zone]) => zone);
  }

  close(): void {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new JournalError('CLOSED', 'The store is closed.');
    if (this.condition().access === 'nothing') throw unavailable('read');
  }
}

const unavailable = (what: 'read' | 'written'): JournalError =>
  new JournalError('UNAVAILABLE', `The store cannot be ${what} now.`, { nothingStored: true });

class MemoryJournal implements JournalEngine {
  readonly name = 'memory';
  readonly durability = 'memory';
  readonly limits: JournalLimits;
  readonly #shelf: Shelf;
  readonly #queue: CommitQueue;

  constructor(shelf: Shelf, limits: JournalLimits, disk: StoreBatch) {
    this.#shelf = shelf;
    this.limits = limits;
    this.#queue = new CommitQueue(limits, async (batch) => {
      await disk(batch);
      for (const record of batch) this.#keep(record);
    });
  }

  get queued(): number {
    return this.#queue.queued;
  }

  open(zone: string, { atLeast }: { atLeast: number }): Promise<JournalWriter> {
    return this.#queue.take(zone, async () => {
      const start = await this.#checkedEnd(zone, atLeast);
      return { start, epoch: this.#raiseEpoch(zone) };
    });
  }

  async openForReading(zone: string, { atLeast }: { atLeast: number }): Promise<JournalWriter> {
    return new ReadingWriter(zone, await this.#checkedEnd(zone, atLeast));
  }

  async *read(zone: string, from: number, to?: number): AsyncIterable<JournalRecord> {
    assertSeq(from);
    const last = to ?? (await this.head(zone));
    for (let seq = from; seq <= last; seq += 1) yield this.at(zone, seq);
  }

  at(zone: string, seq: number): JournalRecord {
    assertSeq(seq);
    return memoryRecord(zone, this.#shelf.find(zone), seq);
  }

  async head(zone: string): Promise<number> {
    return this.#shelf.find(zone)?.entries.length ?? 0;
  }

  async *zones(): AsyncIterable<string> {
    yield* this.#shelf.zonesWithEntries().toSorted();
  }

  health(): Health {
    const { access } = this.condition();
    return access === 'everything' ? { ok: true } : { ok: false, reason: `The store accepts ${access}.` };
  }

  condition(): Condition {
    return this.#shelf.condition();
  }

  settled(): Promise<void> | undefined {
    return undefined;
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #checkedEnd(zone: string, atLeast: number): Promise<number> {
    const end = await this.head(zone);
    demandAtLeast(zone, end, atLeast);
    if (end > 0) this.at(zone, end);
    return end;
  }

  #raiseEpoch(zone: string): number {
    const stored = this.#shelf.ofWriting(zone);
    const key = epochKey(zone);
    const epoch = 1 + (stored.epoch === undefined ? 0 : Number(unframe(key, stored.epoch).toString()));
    stored.epoch = frame(key, Buffer.from(String(epoch)));
    return epoch;
  }

  #keep(record: ZoneRecord): void {
    const { zone, seq, body } = record;
    const stored = this.#shelf.ofWriting(zone);
    stored.entries[seq - 1] = entryValue(record);
    if (body !== null) stored.bodies.set(seq, bodyValue(zone, seq, body));
  }
}

class MemorySnapshots implements SnapshotStore {
  readonly #shelf: Shelf;
  readonly #views: OpenViews;

  constructor(shelf: Shelf, views: OpenViews) {
    this.#shelf = shelf;
    this.#views = views;
  }

  get(zone: string, key: string): Buffer | undefined {
    return memoryValue(zone, this.#shelf.find(zone)?.snapshots, key);
  }

  async *range(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<StoredValue> {
    yield* memoryRange(zone, this.#shelf.find(zone)?.snapshots, prefix, options);
  }

  async *keys(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<string> {
    yield* memoryKeys(this.#shelf.find(zone)?.snapshots, prefix, options);
  }

  view(zone: string, { msMax }: ViewOptions = {}): ZoneView {
    return this.#views.open(() => new MemoryView(zone, this.#shelf.find(zone)), msMax);
  }

  begin(zone: string): CheckpointBatch {
    this.#shelf.find(zone);
    return new MemoryCheckpoint(this.#shelf, zone);
  }
}

class MemoryCheckpoint implements CheckpointBatch {
  readonly #shelf: Shelf;
  readonly #zone: string;
  // A null drops the key. The last word about a key counts.
  readonly #changes = new Map<string, Buffer | null>();
  #over = false;

  constructor(shelf: Shelf, zone: string) {
    this.#shelf = shelf;
    this.#zone = zone;
  }

  put(key: string, value: Buffer): void {
    this.#change(key, frame(snapshotKey(this.#zone, key), value));
  }

  del(key: string): void {
    this.#change(key, null);
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    this.#over = true;
    const { snapshots } = this.#shelf.ofWriting(this.#zone);
    for (const [key, value] of this.#changes) {
      if (value === null) snapshots.delete(key);
      else snapshots.set(key, value);
    }
  }

  async discard(): Promise<void> {
    this.#over = true;
  }

  #change(key: string, value: Buffer | null): void {
    this.#assertOpen();
    assertSnapshotKey(key);
    this.#changes.set(key, value);
  }

  #assertOpen(): void {
    if (this.#over) throw new JournalError('CLOSED', 'This checkpoint was already committed or discarded.');
  }
}
