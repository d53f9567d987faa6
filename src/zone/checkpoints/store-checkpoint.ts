// Stores what a zone's memory holds as one checkpoint, while the zone serves or while its journal is folded. The work is
// done in slices; the checkpoint is the zone as it was when it began.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { earlierOf } from '../../clock.ts';
import type { SnapshotStore } from '../../journal/journal.ts';
import { SLICE_ACTORS } from '../../limits.ts';
import { AGING, type Aging } from './stored-keys.ts';
import type { Instant } from '../../../machines/words.ts';
import { CheckpointWriter, type CheckpointRecord, type Forgotten, type Oldest } from './checkpoint.ts';
import type { ZoneMemory } from '../memory.ts';

export interface Checkpointing {
  readonly store: SnapshotStore;
  readonly generation: number;
  readonly previous: CheckpointRecord | null;
  /** Of the last entry. */
  readonly hash: string;
  /** The instant from which the oldest stored record of each kind ages. */
  readonly oldest: Oldest;
  /** The records that must not be stored again; null unless the journal is folded from its first entry. */
  readonly forgotten: Forgotten | null;
  readonly listens: boolean;
  /** Resolves when the journal has stored entry `seq`: a checkpoint must not contain entries that the journal may lose. */
  readonly journaled: (seq: number) => Promise<void> | undefined;
}

export const storeCheckpoint = async (memory: ZoneMemory, parts: Checkpointing): Promise<CheckpointRecord> => {
  const { store, generation, previous, forgotten, hash, listens } = parts;
  const { seq, at, epoch, underway, zone, unstored, actors } = memory;
  const dueAt = memory.nextDueAt();
  const writer = new CheckpointWriter(store, zone, previous, forgotten);
  unstored.begin(seq);
  try {
    await writer.add({
      actors: unstored.take((kind, id) => actors.find(kind, id)),
      receipts: unstored.takeReceipts(),
      rows: unstored.rows.take(),
    });
    await parts.journaled(seq);
    const oldest = olderOf(parts.oldest, writer.oldest);
    const record = await writer.commit({ generation, zone, seq, hash, at, epoch, underway, dueAt, oldest, listens });
    await release(memory, writer);
    return record;
  } catch (error) {
    unstored.failed();
    await writer.discard();
    throw error;
  }
};

/** Releases ended actors that are stored from memory. */
const release = async ({ actors, unstored }: ZoneMemory, { ended }: CheckpointWriter): Promise<void> => {
  for (const [index, { kind, id }] of ended.entries()) {
    actors.release(kind, id);
    if (index % SLICE_ACTORS === SLICE_ACTORS - 1) await nextTurn();
  }
  await unstored.stored();
};

const olderOf = (stored: Oldest, added: Partial<Record<Aging, Instant>>): Oldest =>
  Object.fromEntries(AGING.map((what) => [what, earlierOf(stored[what], added[what] ?? null)])) as Record<
    Aging,
    Instant | null
  >;
