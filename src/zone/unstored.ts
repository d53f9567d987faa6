// What a zone has to store at its next checkpoint: which entries touched which actor, and the receipts that came with them.
// While a checkpoint is being stored, what it holds is still answered from here; if it fails, it is taken back.
import assert from 'node:assert/strict';
import type { ActorKind } from './actors/codec.ts';
import type { Receipt } from './receipts.ts';

export interface Touched {
  readonly kind: ActorKind;
  /** The entries that touched it, oldest first. */
  readonly seqs: number[];
}

export interface Storing {
  readonly touched: Map<string, Touched>;
  readonly receipts: Map<string, Receipt>;
  /** The directory has changed. */
  directory: boolean;
}

const nothing = (): Storing => ({ touched: new Map(), receipts: new Map(), directory: false });

export class Unstored {
  #waiting = nothing();
  #storing = nothing();

  touch(kind: ActorKind, id: string, seq: number): void {
    const touched = this.#waiting.touched.get(id);
    if (touched) touched.seqs.push(seq);
    else this.#waiting.touched.set(id, { kind, seqs: [seq] });
  }

  touchDirectory(): void {
    this.#waiting.directory = true;
  }

  keep(receipt: Receipt): void {
    this.#waiting.receipts.set(receipt.key, receipt);
  }

  receipt(key: string): Receipt | undefined {
    return this.#waiting.receipts.get(key) ?? this.#storing.receipts.get(key);
  }

  /** The sequences of entries that touched an actor and that no checkpoint has stored yet, oldest first. */
  history(id: string): readonly number[] {
    return [...(this.#storing.touched.get(id)?.seqs ?? []), ...(this.#waiting.touched.get(id)?.seqs ?? [])];
  }

  /** Hands over what has to be stored; from now on changes gather for the checkpoint after it. */
  begin(): Storing {
    assert(this.#storing.touched.size === 0 && this.#storing.receipts.size === 0, 'one checkpoint at a time');
    this.#storing = this.#waiting;
    this.#waiting = nothing();
    return this.#storing;
  }

  /** The checkpoint is durable. */
  stored(): void {
    this.#storing = nothing();
  }

  /** The checkpoint failed: what it held has to be stored by the next one. */
  takeBack(): void {
    const { touched, receipts } = this.#storing;
    for (const [id, { kind, seqs }] of this.#waiting.touched)
      touched.set(id, { kind, seqs: [...(touched.get(id)?.seqs ?? []), ...seqs] });
    for (const [key, receipt] of this.#waiting.receipts) receipts.set(key, receipt);
    this.#storing.directory ||= this.#waiting.directory;
    this.#waiting = this.#storing;
    this.#storing = nothing();
  }

  clear(): void {
    this.#waiting = nothing();
    this.#storing = nothing();
  }
}
