// What the verifier needs to know about a zone's keys, wherever they come from: the issuer's address or the data directory.

import type { JWTVerifyGetKey } from 'jose';
import type { Instant } from '../clock.ts';

export interface ZoneKeys {
  /** Picks the key for a token's header. Throws jose's `JWKSNoMatchingKey` or `JWKSMultipleMatchingKeys`, or a fault. */
  readonly find: JWTVerifyGetKey;
  /** From this instant on nothing that these keys proved may be believed without asking again. */
  readonly validUntil: Instant;
}

/**
 * The keys of a zone, or null when the issuer has none for it. Rejects with `IssuerUnavailable` when that cannot be found out.
 * Whoever implements it bounds what it remembers, and creates nothing because of being asked.
 */
export type KeysOf = (zone: string) => Promise<ZoneKeys | null>;
