// The data of a zone's next checkpoint: the entries that touched each actor, their receipts, and changed directory rows.
// A checkpoint takes it in slices while the zone serves: an actor that changes before its slice is kept in its earlier state.
// Nothing is removed before the checkpoint is durable, so a failed checkpoint needs no undo.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instant } from '../../../machines/words.ts';
import { SLICE_ACTORS } from '../../limits.ts';
import type { ActorKind } from '../actors/codec.ts';
import type { ActorRecord } from '../actors/population.ts';
import type { Snapshot } from './checkpoint.ts';
import { UnstoredRows } from './unstored-rows.ts';
import type { Receipt } from '../receipts.ts';
import { ageMark } from './stored-keys.ts';

interface Touched {
  readonly kind: ActorKind;
  /** The entries that touched it, oldest first. */
  seqs: number[];
  /** The checkpoint round that has taken it. */
  takenIn: number;
  /** Its state when a round began, if it has changed since, and the number of that round. */
  asItWas: ActorRecord | undefined;
  keptFor: number;
}

/** An actor as it was when a checkpoint began, with the entries that touched it since the one before. */
export interface Taken {
  readonly snapshot: Snapshot;
  readonly seqs: readonly number[];
}

type Find = (kind: ActorKind, id: string) => ActorRecord | undefined;

export class Unstored {
  readonly #touched = new Map<string, Touched>();
  // Keys are in the order of their entries.
  readonly #receipts = new Map<string, { readonly seq: number; readonly receipt: Receipt }>();
  /** How often an actor was changed by changes that are shown and not journaled. */
  readonly #foreseen = new Map<string, number>();
  readonly rows = new UnstoredRows();
  #round = 0;
  /** The last entry of the checkpoint that is being stored; 0 while none is. */
  #upTo = 0;
  #bytes = 0;
  /** The instant of the first entry that is not stored. */
  #since: Instant | null = null;
  /** The instant of the first entry that the checkpoint in progress does not contain. */
  #sinceAfter: Instant | null = null;
  /** Bytes of the entries that the checkpoint in progress contains. */
  #bytesTaken = 0;

  touch(kind: ActorKind, id: string, seq: number): void {
    const touched = this.#touched.get(id);
    if (touched) touched.seqs.push(seq);
    else this.#touched.set(id, { kind, seqs: [seq], takenIn: 0, asItWas: undefined, keptFor: 0 });
  }

  foresee(id: string): void {
    this.#foreseen.set(id, this.foreseen(id) + 1);
  }

  /** How many changes of an actor have no entry. */
  foreseen(id: string): number {
    return this.#foreseen.get(id) ?? 0;
  }

  keep(receipt: Receipt, seq: number): void {
    this.#receipts.delete(receipt.key);
    this.#receipts.set(receipt.key, { seq, receipt });
  }

  receipt(key: string): Receipt | undefined {
    return this.#receipts.get(key)?.receipt;
  }

  /** Forgets an actor that is not in memory any more. Not while a checkpoint is being stored. */
  drop(id: string): void {
    this.#touched.delete(id);
  }

  /** Forgets receipts up to a mark of age. Not while a checkpoint is being stored. */
  dropReceipts(mark: string): void {
    for (const [key, { receipt }] of this.#receipts) {
      if (ageMark(receipt.at, '') > mark) return;
      if (ageMark(receipt.at, key) <= mark) this.#receipts.delete(key);
    }
  }

  /** How many actors have to be stored. */
  get count(): number {
    return this.#touched.size;
  }

  /** Bytes of the entries after the last checkpoint, without their bodies: about what they keep in memory, ended actors included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The instant of the first entry after the last stored checkpoint; null if there is none. */
  get since(): Instant | null {
    return this.#since;
  }

  /** Counts an applied entry, with its size and its instant. */
  grow(bytes: number, at: Instant): void {
    this.#bytes += bytes;
    this.#since ??= at;
    if (this.#upTo !== 0) this.#sinceAfter ??= at;
  }

  /** The sequences of entries that touched an actor and that no checkpoint has stored yet, oldest first. */
  history(id: string): readonly number[] {
    return [...(this.#touched.get(id)?.seqs ?? [])];
  }

  /** An actor is about to change: a checkpoint that has not taken it yet stores it as it is now. */
  changes(kind: ActorKind, id: string, find: Find): void {
    if (this.#upTo === 0) return;
    const touched = this.#touched.get(id);
    if (!touched || !this.#isOpen(touched) || touched.keptFor === this.#round) return;
    touched.asItWas = find(kind, id);
    touched.keptFor = this.#round;
  }

  /** A checkpoint of everything up to entry `upTo` begins. */
  begin(upTo: number): void {
    assert(this.#upTo === 0, 'one checkpoint at a time');
    this.#upTo = upTo;
    this.#round += 1;
    this.#bytesTaken = this.#bytes;
    this.#sinceAfter = null;
    this.rows.begin(upTo);
  }

  /** The actors of the checkpoint that has begun; may be walked over many turns of the event loop. */
  *take(find: Find): Generator<Taken> {
    // Actors that were first touched after the beginning come after all actors that were touched before.
    for (const [id, touched] of this.#touched) {
      if (!this.#isOpen(touched)) return;
      const { kind, seqs } = touched;
      const record = touched.keptFor === this.#round ? touched.asItWas : find(kind, id);
      assert(record, `touched ${kind} ${id} is in memory`);
      touched.takenIn = this.#round;
      touched.asItWas = undefined;
      yield { snapshot: { kind, record } as Snapshot, seqs: seqs.filter((seq) => seq <= this.#upTo) };
    }
  }

  /** The receipts of the checkpoint that has begun, in the same way. */
  *takeReceipts(): Generator<Receipt> {
    for (const { seq, receipt } of this.#receipts.values()) {
      if (seq > this.#upTo) return;
      yield receipt;
    }
  }

  /** The checkpoint is durable: its ended actors and receipts leave memory. */
  async stored(): Promise<void> {
    let seen = 0;
    for (const [id, touched] of this.#touched) {
      if (touched.takenIn !== this.#round) break;
      touched.seqs = touched.seqs.filter((seq) => seq > this.#upTo);
      if (touched.seqs.length === 0) this.#touched.delete(id);
      seen += 1;
      if (seen % SLICE_ACTORS === 0) await nextTurn();
    }
    for (const [key, { seq }] of this.#receipts) {
      if (seq > this.#upTo) break;
      this.#receipts.delete(key);
      seen += 1;
      if (seen % SLICE_ACTORS === 0) await nextTurn();
    }
    await this.rows.stored();
    this.#bytes -= this.#bytesTaken;
    this.#since = this.#sinceAfter;
    this.#upTo = 0;
  }

  /** The checkpoint failed: the next one stores its content. */
  failed(): void {
    this.rows.failed();
    this.#upTo = 0;
  }

  clear(): void {
    this.#touched.clear();
    this.#foreseen.clear();
    this.#receipts.clear();
    this.rows.clear();
    this.#bytes = 0;
    this.#since = null;
    this.#upTo = 0;
  }

  #isOpen({ seqs, takenIn }: Touched): boolean {
    return takenIn !== this.#round && (seqs[0] ?? Infinity) <= this.#upTo;
  }
}
