// Snapshots over ordered bytes. A checkpoint is filled over many turns of the event loop, beside the appends, and stored
// in one batch; when it is stored the head file is renewed too, so that the two always describe a common past.
import { frame } from '../frame.ts';
import type { CheckpointBatch, RangeOptions, SnapshotStore, StoredValue, ViewOptions, ZoneView } from '../journal.ts';
import { assertSnapshotKey, assertZone, snapshotKey } from '../layout.ts';
import type { OpenBatch, OrderedBytes } from '../ordered-bytes.ts';
import { LevelView } from '../views/level-view.ts';
import type { OpenViews } from '../views/open-views.ts';
import { keysIn, rangeIn, valueIn } from '../views/stored-values.ts';

export class LevelSnapshots implements SnapshotStore {
  readonly #bytes: OrderedBytes;
  readonly #views: OpenViews;
  readonly #onCommit: () => Promise<void>;

  constructor(bytes: OrderedBytes, { views, onCommit }: { views: OpenViews; onCommit: () => Promise<void> }) {
    this.#bytes = bytes;
    this.#views = views;
    this.#onCommit = onCommit;
  }

  get(zone: string, key: string): Buffer | undefined {
    return valueIn(this.#bytes, zone, key);
  }

  range(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<StoredValue> {
    return rangeIn(this.#bytes, zone, prefix, options);
  }

  keys(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<string> {
    return keysIn(this.#bytes, zone, prefix, options);
  }

  view(zone: string, { msMax }: ViewOptions = {}): ZoneView {
    assertZone(zone);
    return this.#views.open(() => new LevelView(zone, this.#bytes.view()), msMax);
  }

  begin(zone: string): CheckpointBatch {
    assertZone(zone);
    return new LevelCheckpoint(zone, this.#bytes.begin(), this.#onCommit);
  }
}

class LevelCheckpoint implements CheckpointBatch {
  readonly #zone: string;
  readonly #batch: OpenBatch;
  readonly #onCommit: () => Promise<void>;

  constructor(zone: string, batch: OpenBatch, onCommit: () => Promise<void>) {
    this.#zone = zone;
    this.#batch = batch;
    this.#onCommit = onCommit;
  }

  put(key: string, value: Buffer): void {
    assertSnapshotKey(key);
    const stored = snapshotKey(this.#zone, key);
    this.#batch.put(stored, frame(stored, value));
  }

  del(key: string): void {
    assertSnapshotKey(key);
    this.#batch.del(snapshotKey(this.#zone, key));
  }

  async commit(): Promise<void> {
    await this.#batch.write();
    await this.#onCommit();
  }

  discard(): Promise<void> {
    return this.#batch.discard();
  }
}
