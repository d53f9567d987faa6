// The records of a zone in ordered bytes: the same code reads the current journal and a view.
import type { JournalRecord } from '../journal.ts';
import { assertSeq, assertZone, bodyKey, entriesFrom, entryKey, entryOf, missing, recordFrom } from '../layout.ts';
import type { ReadableBytes } from '../ordered-bytes.ts';

export class LevelRecords {
  readonly #bytes: ReadableBytes;

  constructor(bytes: ReadableBytes) {
    this.#bytes = bytes;
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

  #record(zone: string, seq: number, value: Buffer): JournalRecord {
    return recordFrom(zone, seq, value, () => this.#bytes.get(bodyKey(zone, seq)));
  }
}
