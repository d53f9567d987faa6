// The journal over ordered bytes: records in, records out, every one checked. What it adds to the shared queue is where a
// record lies, where a zone's history ends, and the epoch; the head file is asked before a zone is opened and told after a
// batch is stored.
import { CommitQueue, demandAtLeast } from '../commit-queue.ts';
import { frame, unframe } from '../frame.ts';
import type { HeadFile } from '../head-file.ts';
import type {
  CommitObserver,
  Condition,
  Health,
  JournalEngine,
  JournalError,
  JournalLimits,
  JournalRecord,
  JournalWriter,
} from '../journal.ts';
import {
  bodyKey,
  bodyValue,
  entryKey,
  entryValue,
  epochKey,
  keyWithin,
  zoneKey,
  ZONES,
  type ZoneRecord,
} from '../layout.ts';
import { LevelRecords } from './level-records.ts';
import { ReadingWriter } from '../reading-writer.ts';
import type { Change, OrderedBytes } from '../ordered-bytes.ts';

const NOTHING = Buffer.alloc(0);

export interface LevelJournalParts {
  readonly bytes: OrderedBytes;
  readonly heads: HeadFile;
  readonly limits: JournalLimits;
  readonly health: () => Health;
  readonly condition: () => Condition;
  readonly settled: () => Promise<void> | undefined;
  /** What keeps every zone from being opened. */
  readonly damage: JournalError | undefined;
  readonly onCommit: CommitObserver | undefined;
}

export class LevelJournal implements JournalEngine {
  readonly name = 'level';
  readonly durability = 'power-loss';
  readonly limits: JournalLimits;
  readonly health: () => Health;
  readonly condition: () => Condition;
  readonly settled: () => Promise<void> | undefined;
  readonly #bytes: OrderedBytes;
  readonly #records: LevelRecords;
  readonly #heads: HeadFile;
  readonly #damage: JournalError | undefined;
  readonly #queue: CommitQueue;

  constructor({ bytes, heads, limits, health, condition, settled, damage, onCommit }: LevelJournalParts) {
    this.#bytes = bytes;
    this.#records = new LevelRecords(bytes);
    this.#heads = heads;
    this.#damage = damage;
    this.limits = limits;
    this.health = health;
    this.condition = condition;
    this.settled = settled;
    this.#queue = new CommitQueue(limits, (batch) => this.#store(batch), onCommit);
  }

  get queued(): number {
    return this.#queue.queued;
  }

  open(zone: string, { atLeast }: { atLeast: number }): Promise<JournalWriter> {
    return this.#queue.take(zone, async () => {
      const start = await this.#checkedEnd(zone, atLeast);
      return { start, epoch: await this.#raiseEpoch(zone) };
    });
  }

  async openForReading(zone: string, { atLeast }: { atLeast: number }): Promise<JournalWriter> {
    return new ReadingWriter(zone, await this.#checkedEnd(zone, atLeast));
  }

  read(zone: string, from: number, to?: number): AsyncIterable<JournalRecord> {
    return this.#records.read(zone, from, to);
  }

  at(zone: string, seq: number): JournalRecord {
    return this.#records.at(zone, seq);
  }

  head(zone: string): Promise<number> {
    return this.#records.head(zone);
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

  async #checkedEnd(zone: string, atLeast: number): Promise<number> {
    if (this.#damage !== undefined) throw this.#damage;
    const end = await this.head(zone);
    this.#heads.check(zone, end, (seq) => this.at(zone, seq).data);
    demandAtLeast(zone, end, atLeast);
    if (end > 0) this.at(zone, end);
    return end;
  }

  async #raiseEpoch(zone: string): Promise<number> {
    const key = epochKey(zone);
    const stored = this.#bytes.get(key);
    const epoch = 1 + (stored === undefined ? 0 : Number(unframe(key, stored).toString()));
    await this.#bytes.write([{ type: 'put', key, value: frame(key, Buffer.from(String(epoch))) }]);
    return epoch;
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
