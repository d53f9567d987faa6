// Tokens whose signature has been proven, with what each of them proves. Only what verified gets in, bounded by
// count and by bytes, and nothing stays past the instant it was stored with; so a hit is as good as a verification.

import { LRUCache } from 'lru-cache';
import type { Instant } from '../clock.ts';
import type { Ages, Mark } from './ages.ts';
import type { AuthLimits } from './limits.ts';

interface Proven<Proof> {
  readonly proof: Proof;
  readonly from: Mark;
  readonly forMs: number;
}

/** The cost of an entry in addition to its token: caller and claims are objects around the strings of the token. */
const ENTRY_OVERHEAD_BYTES = 1_600;

/** The part of an entry's lifetime after which the token is proven again. */
const RENEWAL_SHARE = 0.5;

export interface Found<Proof> {
  readonly proof: Proof;
  /** Whether to prove the token again, so that its entry does not expire while the token is in use. */
  readonly isAgeing: boolean;
}

export class TokenCache<Proof> {
  readonly #ages: Ages;
  readonly #proven: LRUCache<string, Proven<Proof>>;

  constructor(ages: Ages, limits: AuthLimits) {
    this.#ages = ages;
    this.#proven = new LRUCache({
      max: limits.cachedTokensMax,
      maxSize: limits.cachedTokenBytesMax,
      sizeCalculation: (_, token) => 2 * token.length + ENTRY_OVERHEAD_BYTES,
    });
  }

  /** Returns the cached proof of a token. Synchronous, about a microsecond. */
  get(token: string): Found<Proof> | undefined {
    const entry = this.#proven.get(token);
    if (entry === undefined) return undefined;
    const age = this.#ages.since(entry.from);
    if (age < entry.forMs) return { proof: entry.proof, isAgeing: age >= entry.forMs * RENEWAL_SHARE };
    this.#proven.delete(token);
    return undefined;
  }

  /** Keeps a token that was proven at `from` until `until` at most. */
  put(token: string, proof: Proof, from: Mark, until: Instant): void {
    if (until > from.at) this.#proven.set(token, { proof, from, forMs: until - from.at });
  }

  drop(token: string): void {
    this.#proven.delete(token);
  }
}
