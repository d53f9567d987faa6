// How many keys there are and what is in them, as a number and a digest that do not depend on order: what a checkpoint
// names of everything it stored, so that a value that is missing is noticed like one that is damaged.
import { hash } from 'node:crypto';

/** A count and the exclusive-or over the digests of keys and values: equal for equal contents. */
export interface Inventory {
  readonly count: number;
  readonly digest: string;
}

export const NOTHING: Inventory = { count: 0, digest: '0' };

const DIGEST_HEX_DIGITS = 16;

/** A running inventory: adding and removing the same key and value leaves no trace. */
export class Tally {
  #count: number;
  #digest: bigint;

  constructor({ count, digest }: Inventory = NOTHING) {
    this.#count = count;
    this.#digest = BigInt(`0x${digest}`);
  }

  add(key: string, value: Buffer): void {
    this.#count += 1;
    this.#digest ^= digestOf(key, value);
  }

  remove(key: string, value: Buffer): void {
    this.#count -= 1;
    this.#digest ^= digestOf(key, value);
  }

  get inventory(): Inventory {
    return { count: this.#count, digest: this.#digest.toString(16).padStart(DIGEST_HEX_DIGITS, '0') };
  }

  equals({ count, digest }: Inventory): boolean {
    return this.#count === count && this.#digest === BigInt(`0x${digest}`);
  }
}

const digestOf = (key: string, value: Buffer): bigint =>
  BigInt(`0x${hash('sha256', Buffer.concat([Buffer.from(`${key}\0`), value]), 'hex').slice(0, DIGEST_HEX_DIGITS)}`);
