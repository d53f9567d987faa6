// Tokens whose signature has been proven, with what each of them proves. Only what verified gets in, bounded by
// count and by bytes, and nothing stays past the instant it was stored with; so a hit is as good as a verification.

import { LRUCache } from 'lru-cache';
import type { Instant } from '../clock.ts';
import type { AuthLimits } from './limits.ts';

interface Proven<Proof> {
  readonly proof: Proof;
  readonly from: Instant;
  readonly until: Instant;
}

/** What an entry costs beside its token: caller and claims are objects around the strings that came out of the token. */
const ENTRY_OVERHEAD_BYTES = 1_600;

export interface TokenCache<Proof> {
  /** What a token proves that still counts at `now`. Synchronous, about a microsecond. */
  get(token: string, now: Instant): Proof | undefined;
  /** Remembers a proven token until `until` at most; what is due already is not kept. */
  put(token: string, proof: Proof, now: Instant, until: Instant): void;
  readonly size: number;
}

export function createTokenCache<Proof>(limits: AuthLimits): TokenCache<Proof> {
  const proven = new LRUCache<string, Proven<Proof>>({
    max: limits.cachedTokensMax,
    maxSize: limits.cachedTokenBytesMax,
    sizeCalculation: (_, token) => 2 * token.length + ENTRY_OVERHEAD_BYTES,
  });
  return {
    get(token, now) {
      const entry = proven.get(token);
      if (entry === undefined) return undefined;
      // A clock that stepped back to before the proof would otherwise stretch the entry's life by the same step.
      if (now >= entry.from && now < entry.until) return entry.proof;
      proven.delete(token);
      return undefined;
    },
    put(token, proof, now, until) {
      if (until > now) proven.set(token, { proof, from: now, until });
    },
    get size() {
      return proven.size;
    },
  };
}
