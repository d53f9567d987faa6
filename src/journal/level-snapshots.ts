// Snapshots over ordered bytes. A checkpoint is filled over many turns of the event loop, beside the appends, and stored
// in one batch; when it is stored the head file is renewed too, so that the two always describe a common past.
import { frame, unframe } from './frame.ts';
import type { CheckpointBatch, SnapshotStore } from './journal.ts';
import { assertSnapshotKey, assertZone, keyWithin, snapshotKey, snapshotsWithin } from './layout.ts';
import type { OpenBatch, OrderedBytes } from './ordered-bytes.ts';

export class LevelSnapshots implements SnapshotStore {
  readonly #bytes: OrderedBytes;
  readonly #onCommit: () => Promise<void>;

  constructor(bytes: OrderedBytes, onCommit: () => Promise<void>) {
    this.#bytes = bytes;
    this.#onCommit = onCommit;
  }

  get(zone: string, key: string): Buffer | undefined {
    assertZone(zone);
    const stored = this.#bytes.get(snapshotKey(zone, key));
    return stored === undefined ? undefined : unframe(snapshotKey(zone, key), stored);
  }

  async *range(
    zone: string,
    prefix: string,
    { reverse = false, ...bounds }: { reverse?: boolean; before?: string; after?: string } = {},
  ): AsyncIterable<{ key: string; value: Buffer }> {
    assertZone(zone);
    const range = { ...snapshotsWithin(zone, prefix, bounds), reverse };
    for await (const [key, value] of this.#bytes.entries(range)) {
      yield { key: keyWithin(key, snapshotKey(zone, '')), value: unframe(key, value) };
    }
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
