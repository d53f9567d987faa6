// Reads of the in-memory engine, and its view of a zone, which is a copy.
import { unframe } from '../frame.ts';
import type { JournalRecord, RangeOptions, StoredValue, ZoneView } from '../journal.ts';
import { assertSeq, missing, recordFrom, snapshotKey } from '../layout.ts';
import type { MemoryZone } from '../memory-engine.ts';

type Values = ReadonlyMap<string, Buffer>;

export const memoryValue = (zone: string, values: Values | undefined, key: string): Buffer | undefined => {
  const value = values?.get(key);
  return value === undefined ? undefined : unframe(snapshotKey(zone, key), value);
};

export function* memoryRange(
  zone: string,
  values: Values | undefined,
  prefix: string,
  options?: RangeOptions,
): Generator<StoredValue> {
  for (const [key, value] of stored(values, prefix, options))
    yield { key, value: unframe(snapshotKey(zone, key), value) };
}

export function* memoryKeys(values: Values | undefined, prefix: string, options?: RangeOptions): Generator<string> {
  for (const [key] of stored(values, prefix, options)) yield key;
}

const stored = (
  values: Values | undefined,
  prefix: string,
  { reverse = false, before, after }: RangeOptions = {},
): [string, Buffer][] => {
  const within = ([key]: [string, Buffer]): boolean =>
    key.startsWith(prefix) && (before === undefined || key < before) && (after === undefined || key > after);
  const found = [...(values ?? [])].filter(within);
  return found.toSorted(([a], [b]) => (a < b === reverse ? 1 : -1));
};

export const memoryRecord = (
  zone: string,
  stored: Pick<MemoryZone, 'entries' | 'bodies'> | undefined,
  seq: number,
): JournalRecord => {
  assertSeq(seq);
  const value = stored?.entries[seq - 1];
  if (value === undefined) throw missing(zone, seq);
  return recordFrom(zone, seq, value, () => stored?.bodies.get(seq));
};

export class MemoryView implements ZoneView {
  readonly #zone: string;
  readonly #stored: Omit<MemoryZone, 'epoch'>;

  constructor(zone: string, stored: MemoryZone | undefined) {
    this.#zone = zone;
    this.#stored = {
      entries: [...(stored?.entries ?? [])],
      bodies: new Map(stored?.bodies),
      snapshots: new Map(stored?.snapshots),
    };
  }

  get(key: string): Buffer | undefined {
    return memoryValue(this.#zone, this.#stored.snapshots, key);
  }

  async *range(prefix: string, options?: RangeOptions): AsyncIterable<StoredValue> {
    yield* memoryRange(this.#zone, this.#stored.snapshots, prefix, options);
  }

  async head(): Promise<number> {
    return this.#stored.entries.length;
  }

  at(seq: number): JournalRecord {
    return memoryRecord(this.#zone, this.#stored, seq);
  }

  async *read(from: number, to?: number): AsyncIterable<JournalRecord> {
    assertSeq(from);
    for (let seq = from; seq <= (to ?? this.#stored.entries.length); seq += 1) yield this.at(seq);
  }

  async close(): Promise<void> {}
}
