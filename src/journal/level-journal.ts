// The journal over ordered bytes: records in, records out, every one checked. What it adds to the shared queue is where a
// record lies, where a zone's history ends, and the epoch; the head file is asked before a zone is opened and told after a
// batch is stored.
import { CommitQueue, demandAtLeast } from './commit-queue.ts';
import { frame, unframe } from './frame.ts';
import type { HeadFile } from './head-file.ts';
import type {
  CommitObserver,
  Health,
  JournalEngine,
  JournalError,
  JournalLimits,
  JournalRecord,
  JournalWriter,
} from './journal.ts';
import {
  assertSeq,
  assertZone,
  bodyKey,
  bodyValue,
  entriesFrom,
  entryKey,
  entryOf,
  entryValue,
  epochKey,
  keyWithin,
  missing,
  recordFrom,
  zoneKey,
  ZONES,
  type ZoneRecord,
} from './layout.ts';
import type { Change, OrderedBytes } from './ordered-bytes.ts';

const NOTHING = Buffer.alloc(0);

export interface LevelJournalParts {
  readonly bytes: OrderedBytes;
  readonly heads: HeadFile;
  readonly limits: JournalLimits;
  readonly health: () => Health;
  /** What keeps every zone from being opened. */
  readonly damage: JournalError | undefined;
  readonly onCommit: CommitObserver | undefined;
}

export class LevelJournal implements JournalEngine {
  readonly name = 'level';
  readonly durability = 'power-loss';
  readonly limits: JournalLimits;
  readonly health: () => Health;
  readonly #bytes: OrderedBytes;
  readonly #heads: HeadFile;
  readonly #damage: JournalError | undefined;
  readonly #queue: CommitQueue;

  constructor({ bytes, heads, limits, health, damage, onCommit }: LevelJournalParts) {
    this.#bytes = bytes;
    this.#heads = heads;
    this.#damage = damage;
    this.limits = limits;
    this.health = health;
    this.#queue = new CommitQueue(limits, (batch) => this.#store(batch), onCommit);
  }

  get queued(): number {
    return this.#queue.queued;
  }

  open(zone: string, { atLeast }: { atLeast: number }): Promise<JournalWriter> {
    return this.#queue.take(zone, async () => {
      if (this.#damage !== undefined) throw this.#damage;
      const start = await this.head(zone);
      this.#check(zone, start, atLeast);
      return { start, epoch: await this.#raiseEpoch(zone) };
    });
  }

  async *read(zone: string, from: number, to?: number): AsyncIterable<JournalRecord> {
    assertZone(zone);
    assertSeq(from);
    let due = from;
    for await (const [key, value] of this.#bytes.entries(entriesFrom(zone, from, to))) {
      if (entryOf(key).seq !== due) throw missing(zone, due);
      yield this.#record(zone, due, value);
      due += 1;
    }
    if (to !== undefined && due <= to) throw missing(zone, due);
  }

  at(zone: string, seq: number): JournalRecord {
    assertZone(zone);
    assertSeq(seq);
    const value = this.#bytes.get(entryKey(zone, seq));
    if (value === undefined) throw missing(zone, seq);
    return this.#record(zone, seq, value);
  }

  async head(zone: string): Promise<number> {
    assertZone(zone);
    const last = { ...entriesFrom(zone, 1), reverse: true, limit: 1 };
    for await (const key of this.#bytes.keys(last)) return entryOf(key).seq;
    return 0;
  }

  // A zone whose records are all lost is still found here, as long as the head file remembers it, and will not open.
  async *zones(): AsyncIterable<string> {
    const remembered = this.#heads.zones().toSorted().values();
    let lost = remembered.next();
    for await (const key of this.#bytes.keys(ZONES)) {
      const zone = keyWithin(key, zoneKey(''));
      for (; !lost.done && lost.value < zone; lost = remembered.next()) yield lost.value;
      if (lost.value === zone) lost = remembered.next();
      yield zone;
    }
    for (; !lost.done; lost = remembered.next()) yield lost.value;
  }

  /** Ends every writer: the database is down. */
  fail(cause: JournalError): void {
    this.#queue.fail(cause);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #store(batch: readonly ZoneRecord[]): Promise<void> {
    await this.#bytes.write(batch.flatMap(changesOf));
    this.#heads.remember(batch);
  }

  #check(zone: string, end: number, atLeast: number): void {
    this.#heads.check(zone, end, (seq) => this.at(zone, seq).data);
    demandAtLeast(zone, end, atLeast);
    if (end > 0) this.at(zone, end);
  }

  async #raiseEpoch(zone: string): Promise<number> {
    const key = epochKey(zone);
    const stored = this.#bytes.get(key);
    const epoch = 1 + (stored === undefined ? 0 : Number(unframe(key, stored).toString()));
    await this.#bytes.write([{ type: 'put', key, value: frame(key, Buffer.from(String(epoch))) }]);
    return epoch;
  }

  #record(zone: string, seq: number, value: Buffer): JournalRecord {
    return recordFrom(zone, seq, value, () => this.#bytes.get(bodyKey(zone, seq)));
  }
}

// The first record of a zone brings the zone's own key along, so that listing zones does not walk their records.
function changesOf(record: ZoneRecord): Change[] {
  const { zone, seq, body } = record;
  const changes: Change[] = [{ type: 'put', key: entryKey(zone, seq), value: entryValue(record) }];
  if (body !== null) changes.push({ type: 'put', key: bodyKey(zone, seq), value: bodyValue(zone, seq, body) });
  if (seq === 1) changes.push({ type: 'put', key: zoneKey(zone), value: frame(zoneKey(zone), NOTHING) });
  return changes;
}
