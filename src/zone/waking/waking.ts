// Loads a zone from disk into memory. If the checkpoint is of another version, the journal is folded from its first entry into
// a new checkpoint. The old one stays unchanged until one batch replaces its record. A long fold stores intermediate
// checkpoints, so that its memory is bounded.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalEngine, SnapshotStore } from '../../journal/journal.ts';
import { FOLD_STEP_ACTORS, FOLD_STEP_ENTRIES } from '../../limits.ts';
import {
  encodeCheckpoint,
  fits,
  NOTHING_OLD,
  type CheckpointRecord,
  type Forgotten,
} from '../checkpoints/checkpoint.ts';
import { generationStore, Leftovers } from '../checkpoints/generations.ts';
import { FOLD_STEP_BYTES, UNSTORED_BYTES_MAX } from '../checkpoints/limits.ts';
import { storeCheckpoint } from '../checkpoints/store-checkpoint.ts';
import type { ZoneMemory } from '../memory.ts';
import { readCheckpoint, recover } from './recovery.ts';
import { leaveOut } from './leave-out.ts';
import { keys } from '../checkpoints/stored-keys.ts';

export interface Woken {
  /** The hash of the last entry. */
  readonly hash: string;
  readonly checkpoint: CheckpointRecord | null;
  /** The store of this checkpoint and of later ones. */
  readonly snapshots: SnapshotStore;
  /** Keys of other checkpoints to delete; null if nothing may be written. */
  readonly leftovers: Leftovers | null;
}

type Filled = Omit<Woken, 'leftovers'>;

interface Stored {
  readonly journal: JournalEngine;
  readonly snapshots: SnapshotStore;
}

interface Waking {
  /** The last entry of the journal. */
  readonly end: number;
  /** Whether intermediate checkpoints are stored. Otherwise the whole fold stays in memory. */
  readonly mayStore: boolean;
}

/** Fills an empty memory up to entry `end`. Throws a `JournalError` `CORRUPT` if stored data is damaged. */
export const wake = async (memory: ZoneMemory, store: Stored, waking: Waking): Promise<Woken> => {
  const filled = await fill(memory, store, waking);
  const generation = filled.checkpoint?.generation ?? 0;
  return { ...filled, leftovers: waking.mayStore ? new Leftovers(store.snapshots, memory.zone, generation) : null };
};

const fill = (memory: ZoneMemory, store: Stored, waking: Waking): Promise<Filled> => {
  const checkpoint = readCheckpoint(store.snapshots, memory.zone);
  if (checkpoint === null || fits(checkpoint)) return goOn(memory, store, checkpoint, waking);
  const { end, mayStore } = waking;
  return mayStore ? rebuild(memory, store, checkpoint, end) : foldAll(memory, store, checkpoint, end);
};

/** Folds the whole journal, because the checkpoint does not fit and cannot be replaced now. */
const foldAll = async (
  memory: ZoneMemory,
  { journal, snapshots: store }: Stored,
  old: CheckpointRecord,
  end: number,
): Promise<Filled> => {
  const { generation: before = 0, forgotten = null } = old as Partial<CheckpointRecord>;
  const snapshots = generationStore(store, before + UNUSED_GENERATION, keys.building);
  const hash = await recover(memory, { journal, snapshots }, null, end, (_, affected) => {
    if (forgotten !== null) leaveOut(memory, forgotten, affected);
    return nextTurn();
  });
  return { hash, checkpoint: null, snapshots };
};

/** The next generation may contain keys of an interrupted rebuild; the one after it is always empty. */
const UNUSED_GENERATION = 2;

const goOn = async (
  memory: ZoneMemory,
  { journal, snapshots: store }: Stored,
  checkpoint: CheckpointRecord | null,
  { end, mayStore }: Waking,
): Promise<Filled> => {
  const generation = checkpoint?.generation ?? 0;
  const snapshots = generationStore(store, generation);
  const folding = new Folding(memory, { store: snapshots, generation, checkpoint, forgotten: null });
  const afterSlice = (last: string): Promise<void> => (mayStore ? folding.afterSlice(last) : nextTurn());
  const hash = await recover(memory, { journal, snapshots }, checkpoint, end, afterSlice);
  if (folding.hasStored) await folding.store(hash, memory.isListenedTo());
  return { hash, checkpoint: folding.checkpoint, snapshots };
};

const rebuild = async (memory: ZoneMemory, stored: Stored, old: CheckpointRecord, end: number): Promise<Filled> => {
  const { journal, snapshots: store } = stored;
  // Records of earlier versions have fewer members.
  const { generation: before = 0, forgotten = null } = old as Partial<CheckpointRecord>;
  // The keys of an interrupted earlier attempt.
  const leftovers = new Leftovers(store, memory.zone, before);
  while (await leftovers.deleteSome());
  const generation = before + 1;
  const snapshots = generationStore(store, generation, keys.building);
  const folding = new Folding(memory, { store: snapshots, generation, checkpoint: null, forgotten });
  const hash = await recover(memory, { journal, snapshots }, null, end, (last) => folding.afterSlice(last));
  const checkpoint = await folding.store(hash, memory.isListenedTo());
  await replace(store, checkpoint);
  return { hash, checkpoint, snapshots: generationStore(store, generation) };
};

/** Makes the new checkpoint the current one. The keys of the old one are deleted later. */
const replace = async (store: SnapshotStore, checkpoint: CheckpointRecord): Promise<void> => {
  const batch = store.begin(checkpoint.zone);
  batch.put(keys.checkpoint, encodeCheckpoint(checkpoint));
  batch.del(keys.building);
  await batch.commit();
};

interface FoldingParts {
  readonly store: SnapshotStore;
  readonly generation: number;
  readonly checkpoint: CheckpointRecord | null;
  /** See `Checkpointing`. */
  readonly forgotten: Forgotten | null;
}

/** Stores an intermediate checkpoint whenever a fold has many entries or actors. */
class Folding {
  readonly #memory: ZoneMemory;
  readonly #parts: FoldingParts;
  checkpoint: CheckpointRecord | null;

  constructor(memory: ZoneMemory, parts: FoldingParts) {
    this.#memory = memory;
    this.#parts = parts;
    this.checkpoint = parts.checkpoint;
  }

  get hasStored(): boolean {
    return this.checkpoint !== this.#parts.checkpoint;
  }

  async afterSlice(hash: string): Promise<void> {
    const { seq, unstored } = this.#memory;
    const entries = seq - (this.checkpoint?.seq ?? 0);
    const isSmall = unstored.bytes < UNSTORED_BYTES_MAX && unstored.rows.bytes < FOLD_STEP_BYTES;
    if (entries < FOLD_STEP_ENTRIES && unstored.count < FOLD_STEP_ACTORS && isSmall) return nextTurn();
    // `listens` does not matter before the last entry: further entries wake the zone in any case.
    await this.store(hash, true);
  }

  async store(hash: string, listens: boolean): Promise<CheckpointRecord> {
    const { store, generation, forgotten } = this.#parts;
    const previous = this.checkpoint;
    const oldest = previous?.oldest ?? NOTHING_OLD;
    const parts = { store, generation, forgotten, previous, oldest, hash, listens, journaled: () => undefined };
    return (this.checkpoint = await storeCheckpoint(this.#memory, parts));
  }
}
