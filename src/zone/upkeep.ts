// What a zone does for its disk beside answering: checkpoints, and counting the archive before it is relied on. One at a
// time, so that the count always meets the checkpoint it is counted against.
import assert from 'node:assert/strict';
import type { SnapshotStore } from '../journal/journal.ts';
import type { Archive } from './archive.ts';
import { CheckpointWriter, MACHINES, type CheckpointRecord } from './checkpoint.ts';
import type { Ledger } from './ledger.ts';
import type { ZoneMemory } from './memory.ts';
import type { SessionRecord } from './sessions.ts';

export class Upkeep {
  readonly #memory: ZoneMemory;
  readonly #ledger: Ledger;
  readonly #store: SnapshotStore;
  readonly #archive: Archive;
  #checkpoint: CheckpointRecord | null;
  #last: Promise<void> = Promise.resolve();
  #checkpointing: Promise<void> | null = null;

  constructor(parts: {
    memory: ZoneMemory;
    ledger: Ledger;
    store: SnapshotStore;
    archive: Archive;
    checkpoint: CheckpointRecord | null;
  }) {
    this.#memory = parts.memory;
    this.#ledger = parts.ledger;
    this.#store = parts.store;
    this.#archive = parts.archive;
    this.#checkpoint = parts.checkpoint;
  }

  /** Entries since the last checkpoint. */
  get lag(): number {
    return this.#memory.seq - (this.#checkpoint?.seq ?? 0);
  }

  /** Makes a checkpoint of all there is now; one that already runs is joined. */
  checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#afterwards(() => this.#write()).finally(() => {
      this.#checkpointing = null;
    });
    return this.#checkpointing;
  }

  /** Counts the archive, unless that was done. */
  count(): Promise<void> {
    return this.#afterwards(async () => {
      if (!this.#archive.counted) await this.#archive.count(this.#checkpoint);
    });
  }

  /** Resolves when nothing runs, however it ended. */
  idle(): Promise<void> {
    return this.#last.catch(() => {});
  }

  #afterwards(work: () => Promise<void>): Promise<void> {
    const done = this.idle().then(work);
    this.#last = done;
    return done;
  }

  async #write(): Promise<void> {
    const { seq, at, zone } = this.#memory;
    if (seq === (this.#checkpoint?.seq ?? 0)) return;
    const { hash } = this.#ledger;
    const nextDeadlineAt = this.#memory.nextDeadline()?.at ?? null;
    const unstored = this.#memory.beginStoring();
    let writer: CheckpointWriter | null = null;
    try {
      writer = new CheckpointWriter(this.#store, zone, this.#checkpoint);
      await writer.add(unstored, this.#recordsOf(unstored.touched.keys()));
      // A checkpoint never holds what the journal may still lose.
      await this.#ledger.storedUpTo(seq);
      const inventories = { live: writer.live.inventory, archive: writer.archive.inventory };
      const record: CheckpointRecord = {
        v: 1,
        machines: MACHINES,
        zone,
        seq,
        hash,
        at,
        ...inventories,
        nextDeadlineAt,
      };
      await writer.commit(record);
      this.#checkpoint = record;
      this.#memory.stored(writer.ended);
    } catch (error) {
      this.#memory.notStored();
      await writer?.discard();
      throw error;
    }
  }

  #recordsOf(ids: Iterable<string>): SessionRecord[] {
    return Array.from(ids, (id) => {
      const record = this.#memory.sessions.find(id);
      assert(record, `touched session ${id} is in memory`);
      return record;
    });
  }
}
