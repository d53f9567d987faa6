// A zone in one LevelDB snapshot.
import type { JournalRecord, RangeOptions, StoredValue, ZoneView } from '../journal.ts';
import { LevelRecords } from '../level/level-records.ts';
import type { BytesView } from '../ordered-bytes.ts';
import { rangeIn, valueIn } from './stored-values.ts';

export class LevelView implements ZoneView {
  readonly #zone: string;
  readonly #bytes: BytesView;
  readonly #records: LevelRecords;

  constructor(zone: string, bytes: BytesView) {
    this.#zone = zone;
    this.#bytes = bytes;
    this.#records = new LevelRecords(bytes);
  }

  get(key: string): Buffer | undefined {
    return valueIn(this.#bytes, this.#zone, key);
  }

  range(prefix: string, options?: RangeOptions): AsyncIterable<StoredValue> {
    return rangeIn(this.#bytes, this.#zone, prefix, options);
  }

  head(): Promise<number> {
    return this.#records.head(this.#zone);
  }

  at(seq: number): JournalRecord {
    return this.#records.at(this.#zone, seq);
  }

  read(from: number, to?: number): AsyncIterable<JournalRecord> {
    return this.#records.read(this.#zone, from, to);
  }

  close(): Promise<void> {
    return this.#bytes.close();
  }
}
