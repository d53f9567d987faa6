// Who is calling, as everything behind authentication knows it, and the ways of not getting that far.
// A refusal is the caller's to mend and is a value; an issuer that cannot be asked is the operator's to mend and is thrown.

import type { BearerCaller, Caller } from '../authority/caller.ts';

export type { BearerCaller, Caller };

/** An expected no. `reason` is a sentence for the caller; it never repeats any part of the token. */
export interface AuthRefusal {
  readonly code: 'missing_token' | 'invalid_token' | 'operator_not_allowed' | 'missing_scope' | 'zone_mismatch';
  readonly reason: string;
  /** The holder of the token, if it was proven. */
  readonly caller?: Caller;
  /** Seconds after which the same token may be accepted; absent where waiting does not help. */
  readonly retryAfterSeconds?: number;
  /** Present if the bearer does not have the form of an issuer's token, so that it can only be a guess at a secret. */
  readonly isGuess?: true;
}

/**
 * A fault: the keys that would settle whether a token is good cannot be had, so it is neither accepted nor called bad.
 * Answered with 503 and `Retry-After`; `cause` is for the log and never for the caller.
 */
export class IssuerUnavailable extends Error {
  override readonly name = 'IssuerUnavailable';
  readonly code = 'issuer_unavailable';
}

/** Tells a refusal from what would have been there instead, which must have no `code` of its own. */
export const isRefusal = (outcome: object): outcome is AuthRefusal => 'code' in outcome;

/**
 * The caller again if it may speak for `zone`, else `zone_mismatch`. Also for zones that stand in a body, which are known
 * only after authentication. The operator belongs to every zone.
 */
export function withinZone(caller: Caller, zone: string): Caller | AuthRefusal {
  if (caller.kind === 'operator' || caller.zone === zone) return caller;
  const reason = 'The token was issued for another zone than the one that is asked for.';
  return { code: 'zone_mismatch', reason, caller };
}
