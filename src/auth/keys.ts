// What the verifier needs to know about a zone's keys, wherever they come from: the issuer's address or the data directory.

import { errors, type JWTVerifyGetKey } from 'jose';
import type { Instant } from '../clock.ts';

export interface ZoneKeys {
  /** Picks the key for a token's header. Throws jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`, or a fault. */
  readonly find: JWTVerifyGetKey;
  /** From this instant on nothing that these keys proved may be trusted without asking again. */
  readonly validUntil: Instant;
  /** To be called when a key of this set has verified a token, which only the issuer's own zones can bring about. */
  readonly noteProof?: () => void;
}

/**
 * The keys of a zone, or null when the issuer has none for it. Rejects with `IssuerUnavailable` when that cannot be found out.
 * An implementation bounds its memory, and creates nothing because of being asked.
 */
export type KeysOf = (zone: string) => Promise<ZoneKeys | null>;

/** No key fits, as far as is known: the key may have been published since, and the issuer is asked again after a while. */
export class KeyNotYetKnown extends errors.JWKSNoMatchingKey {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super();
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
