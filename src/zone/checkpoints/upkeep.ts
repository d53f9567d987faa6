// What a zone does for its disk beside answering: checkpoints, counting what has left memory before it is relied on, and
// forgetting what is old enough. One at a time, so that each meets the checkpoint that the one before left.
import type { Instant } from '../../../machines/words.ts';
import { earlierOf } from '../../clock.ts';
import { isDamage, type JournalError, type SnapshotStore } from '../../journal/journal.ts';
import { FORGET_RETRY_MS, FORGET_STEP_ACTORS, FORGET_STEP_KEYS } from '../../limits.ts';
import type { Archive } from '../reading/archive.ts';
import { CheckpointWriter, NOTHING_OLD, type CheckpointRecord, type Oldest } from './checkpoint.ts';
import { STORE_AFTER_MS_MIN, UNSTORED_BYTES_MAX } from './limits.ts';
import { storeCheckpoint } from './store-checkpoint.ts';
import type { Leftovers } from './generations.ts';
import type { ForgettingPace } from './forgetting-pace.ts';
import type { Ledger } from '../ledger.ts';
import type { ZoneMemory } from '../memory.ts';
import { AGING, prefixes, readAgeMark, type Aging, type ArchiveTable } from './stored-keys.ts';

/** How long what has ended, or a receipt, stays readable, milliseconds. */
export type Retention = Readonly<Record<Aging, number>>;

interface Aged {
  readonly what: Aging;
  readonly id: string;
  readonly mark: string;
}

export class Upkeep {
  readonly #memory: ZoneMemory;
  readonly #ledger: Ledger;
  readonly #store: SnapshotStore;
  readonly #archive: Archive;
  readonly #retention: Retention;
  /** The shortest retention, or longer: how old the first entry may be that is not stored. */
  readonly #storeAfterMs: number;
  readonly #pace: ForgettingPace;
  #checkpoint: CheckpointRecord | null;
  #oldest: Oldest;
  /** Damaged tables. Counting one again would cost as much and give the same result. */
  readonly #uncountable = new Map<ArchiveTable, JournalError>();
  #forgetting = false;
  /** Earliest time of the next deletion after the disk or the pace refused one. */
  #forgetAgainAt: Instant = 0;
  #last: Promise<unknown> = Promise.resolve();
  #checkpointing: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: {
    memory: ZoneMemory;
    ledger: Ledger;
    store: SnapshotStore;
    archive: Archive;
    retention: Retention;
    pace: ForgettingPace;
    checkpoint: CheckpointRecord | null;
  }) {
    this.#memory = parts.memory;
    this.#ledger = parts.ledger;
    this.#store = parts.store;
    this.#archive = parts.archive;
    this.#retention = parts.retention;
    this.#storeAfterMs = Math.max(STORE_AFTER_MS_MIN, Math.min(...Object.values(parts.retention)));
    this.#pace = parts.pace;
    this.#checkpoint = parts.checkpoint;
    this.#oldest = parts.checkpoint?.oldest ?? NOTHING_OLD;
  }

  /** Entries since the last checkpoint. */
  get lag(): number {
    return this.#memory.seq - (this.#checkpoint?.seq ?? 0);
  }

  /** Whether the entries since the last checkpoint, by number or by bytes, are enough for a new one. */
  needsCheckpoint(everyEntries: number): boolean {
    return this.lag >= everyEntries || this.#memory.unstored.bytes >= UNSTORED_BYTES_MAX;
  }

  /** When a record may be old enough to be deleted; null if there is none, or while records are being deleted. */
  get forgetAt(): Instant | null {
    const at = earlierOf(forgetAtOf(this.#oldest, this.#retention), this.#storeAt);
    return at === null || this.#forgetting ? null : Math.max(at, this.#forgetAgainAt);
  }

  /** Makes a checkpoint of all there is now; one that already runs is joined. */
  checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#afterwards(() => this.#write()).finally(() => {
      this.#checkpointing = null;
    });
    return this.#checkpointing;
  }

  /** Counts a table, unless that was done. */
  count(table: ArchiveTable): Promise<void> {
    return this.#afterwards(async () => {
      const damage = this.#uncountable.get(table);
      if (damage) throw damage;
      if (!this.#archive.isCounted(table)) await this.#archive.count(table, this.#checkpoint);
    }).catch((error: unknown) => {
      if (isDamage(error)) this.#uncountable.set(table, error);
      throw error;
    });
  }

  /** Forgets what is old enough at `now`, in steps that a checkpoint may come between. */
  async forget(now: Instant): Promise<void> {
    this.#forgetting = true;
    try {
      // First: deleting frees the space that a checkpoint may lack.
      const failure = await this.#forgetStored(now).catch((error: unknown) => ({ error }));
      const isDue = this.#storeAt !== null && this.#storeAt <= now;
      if (isDue) await this.checkpoint();
      if (failure) throw failure.error;
      if (isDue) await this.#forgetStored(now);
    } catch (error) {
      this.#forgetAgainAt = now + FORGET_RETRY_MS;
      throw error;
    } finally {
      this.#forgetting = false;
    }
  }

  async #forgetStored(now: Instant): Promise<void> {
    let more = true;
    while (more && !this.#stopped) more = await this.#afterwards(() => this.#forgetStep(now));
  }

  /** Deletes the keys of other checkpoint generations, in steps between which a checkpoint may run; null if there are none. */
  async sweep(leftovers: Leftovers | null): Promise<void> {
    if (leftovers === null) return;
    let more = true;
    while (more && !this.#stopped) more = await this.#afterwards(() => leftovers.deleteSome());
  }

  /** Begins nothing more by itself; resolves when nothing runs. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.idle();
  }

  /** Resolves when nothing runs, however it ended. */
  async idle(): Promise<void> {
    await this.#last.catch(() => {});
  }

  #afterwards<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.idle().then(work);
    this.#last = done;
    return done;
  }

  /**
   * When a checkpoint is due, however few entries it stores: only stored records can be deleted, and a record of the first
   * entry may then be old enough.
   */
  get #storeAt(): Instant | null {
    const { since } = this.#memory.unstored;
    return since === null ? null : since + this.#storeAfterMs;
  }

  // What is in memory after a fault may be wrong, and after a stop it is being cleared.
  async #write(): Promise<void> {
    if (this.#stopped || this.#memory.seq === (this.#checkpoint?.seq ?? 0)) return;
    this.#checkpoint = await storeCheckpoint(this.#memory, {
      store: this.#store,
      generation: this.#checkpoint?.generation ?? 0,
      previous: this.#checkpoint,
      forgotten: null,
      oldest: this.#oldest,
      hash: this.#ledger.hash,
      listens: this.#memory.leases.running > 0,
      journaled: (seq) => this.#ledger.storedUpTo(seq),
    });
    this.#oldest = this.#checkpoint.oldest;
  }

  /** Whether there is more to do. */
  async #forgetStep(now: Instant): Promise<boolean> {
    const checkpoint = this.#checkpoint;
    if (!checkpoint) return false;
    const { due: aged, oldest: rest } = await this.#aged(now);
    const due = aged.slice(0, this.#pace.take(aged.length));
    if (due.length < aged.length) this.#forgetAgainAt = this.#pace.nextAt;
    const oldest = due.length < aged.length ? checkpoint.oldest : rest;
    if (due.length > 0) await this.#take(due, oldest, checkpoint);
    else if (aged.length === 0) this.#oldest = oldest;
    return due.length > 0;
  }

  async #take(due: readonly Aged[], rest: Oldest, checkpoint: CheckpointRecord): Promise<void> {
    const writer = new CheckpointWriter(this.#store, checkpoint.zone, checkpoint);
    try {
      let keys = 0;
      let taken = 0;
      for (const { what, id, mark } of due) {
        if (keys >= FORGET_STEP_KEYS) break;
        keys += await writer.forget(what, id, mark);
        taken += 1;
      }
      const oldest = taken === due.length ? rest : checkpoint.oldest;
      this.#checkpoint = await writer.commit({ ...checkpoint, oldest });
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  /** What is old enough, as much of it as one step takes, and what is the oldest of the rest. */
  async #aged(now: Instant): Promise<{ due: Aged[]; oldest: Oldest }> {
    const due: Aged[] = [];
    const oldest: Record<Aging, Instant | null> = { ...NOTHING_OLD };
    for (const what of AGING) {
      const prefix = prefixes.ageOf(what);
      for await (const { key } of this.#store.range(this.#memory.zone, prefix)) {
        const mark = key.slice(prefix.length);
        const { at, id } = readAgeMark(mark);
        if (at + this.#retention[what] > now || due.length === FORGET_STEP_ACTORS) {
          oldest[what] = at;
          break;
        }
        due.push({ what, id, mark });
      }
    }
    return { due, oldest };
  }
}

/** Returns when the first record is old enough to be deleted; null if there is none. */
export const forgetAtOf = (oldest: Oldest, retention: Retention): Instant | null =>
  AGING.reduce<Instant | null>((first, what) => {
    const from = oldest[what];
    return from === null ? first : earlierOf(first, from + retention[what]);
  }, null);
