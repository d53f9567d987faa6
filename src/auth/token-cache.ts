// Tokens whose signature has been proven, with the caller each of them stands for. Only what verified gets in, bounded by
// count and by bytes, and nothing stays past the instant it was stored with; so a hit is as good as a verification.

import { LRUCache } from 'lru-cache';
import type { Instant } from '../clock.ts';
import type { AuthLimits } from './limits.ts';
import type { BearerCaller } from './caller.ts';

interface Proven {
  readonly caller: BearerCaller;
  readonly from: Instant;
  readonly until: Instant;
}

/** What an entry costs beside its token: the caller's strings come out of the token, the rest is objects. */
const ENTRY_OVERHEAD_BYTES = 600;

export interface TokenCache {
  /** The caller of a token that was proven and still counts at `now`. Synchronous, about a microsecond. */
  get(token: string, now: Instant): BearerCaller | undefined;
  /** Remembers a proven token until `until` at most; what is due already is not kept. */
  put(token: string, caller: BearerCaller, now: Instant, until: Instant): void;
  readonly size: number;
}

export function createTokenCache(limits: AuthLimits): TokenCache {
  const proven = new LRUCache<string, Proven>({
    max: limits.cachedTokensMax,
    maxSize: limits.cachedTokenBytesMax,
    sizeCalculation: (_, token) => 2 * token.length + ENTRY_OVERHEAD_BYTES,
  });
  return {
    get(token, now) {
      const entry = proven.get(token);
      if (entry === undefined) return undefined;
      // A clock that stepped back to before the proof would otherwise stretch the entry's life by the same step.
      if (now >= entry.from && now < entry.until) return entry.caller;
      proven.delete(token);
      return undefined;
    },
    put(token, caller, now, until) {
      if (until > now) proven.set(token, { caller, from: now, until });
    },
    get size() {
      return proven.size;
    },
  };
}
