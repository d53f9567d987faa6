// What the verifier needs to know about a zone's keys, wherever they come from: the issuer's address or the data directory.

import { errors, type JWTVerifyGetKey } from 'jose';
import type { Instant } from '../clock.ts';

export interface ZoneKeys {
  /** Picks the key for a token's header. Throws jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`, or a fault. */
  readonly find: JWTVerifyGetKey;
  /** From this instant on, proofs by these keys are no longer valid. */
  readonly validUntil: Instant;
  /** Must be called when a key of this set has verified a token. Only zones of the issuer can cause this. */
  readonly noteProof?: () => void;
}

/**
 * The keys of a zone, or null when the issuer has none for it. Rejects with `IssuerUnavailable` when that cannot be found out.
 * An implementation bounds its memory, and a lookup creates nothing.
 */
export type KeysOf = (zone: string) => Promise<ZoneKeys | null>;

/** No known key fits. The key may have been published since; the issuer is asked again after a delay. */
export class KeyNotYetKnown extends errors.JWKSNoMatchingKey {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super();
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
