// Decides whether a bearer token is good, for this coordinator and for the zone it is used on. A token that has been
// proven is answered synchronously from memory; nothing is ever accepted that is unsigned, without end or for someone else.

import type { Ages } from './ages.ts';
import type { JWTPayload } from 'jose';
import { isRefusal, withinZone, type AuthRefusal, type BearerCaller, type Caller } from './caller.ts';
import { callerOf, claimedZone, invalidToken, SESSION_USE } from './claims.ts';
import type { KeysOf } from './keys.ts';
import { authLimits, type AuthLimits } from './limits.ts';
import { provenClaims } from './signature.ts';
import { TokenCache } from './token-cache.ts';

export interface VerifierParts {
  /** Exactly what `iss` is and what `aud` is or contains (RFC 7519 sections 4.1.1 and 4.1.3). */
  readonly issuer: string;
  readonly keysOf: KeysOf;
  /** The scope that every token needs. */
  readonly scope: string;
  /** Shared with the source of the keys: a clock step that one of them notices counts for both. */
  readonly ages: Ages;
  readonly limits?: AuthLimits;
}

/** The answer to a token; at once when it is known or hopeless, later when a signature has to be checked. */
export type Verdict = Caller | AuthRefusal | Promise<Caller | AuthRefusal>;

export interface Verifier {
  /**
   * The caller a token stands for, or why not: `invalid_token`, `missing_scope`, and `zone_mismatch` when a zone is given
   * that is not the token's; in this order. Rejects with `IssuerUnavailable` when the zone's keys cannot be had.
   */
  readonly verify: (token: string, pathZone?: string | null) => Verdict;
  /** What a good token says, whatever its scope and zone; `invalid_token` for any other. Rejects as `verify` does. */
  readonly inspect: (token: string) => Inspection | AuthRefusal | Promise<Inspection | AuthRefusal>;
  /** As `verify`, for a token that was proven before; undefined for any other. Costs a look-up. */
  readonly recall: (token: string, pathZone?: string | null) => Caller | AuthRefusal | undefined;
}

/** A proven token: the caller it stands for and everything it claims. */
export interface Inspection {
  readonly caller: BearerCaller;
  readonly claims: JWTPayload;
}

type Proof = Inspection | AuthRefusal;

const NOT_FOR_CALLS: AuthRefusal = invalidToken(
  'The claim use is not "session": this token is for a resource server, and does not drive the lifecycle of agents.',
);

export function createVerifier({ issuer, keysOf, scope, ages, limits = authLimits }: VerifierParts): Verifier {
  const proven = new TokenCache<Inspection>(ages, limits);
  const inFlight = new Map<string, Promise<Proof>>();

  function recall(token: string, pathZone: string | null = null): Caller | AuthRefusal | undefined {
    const known = cached(token);
    return known && admit(known, scope, pathZone);
  }

  function cached(token: string): Inspection | undefined {
    const known = proven.get(token);
    if (known?.isAgeing) proveAgain(token, known.proof.caller.zone);
    return known?.proof;
  }

  // A cached proof does not read the keys, so nothing else renews them before they expire. After a fault the proof stays
  // valid until the keys expire.
  function proveAgain(token: string, zone: string): void {
    if (!inFlight.has(token) && inFlight.size < limits.sharedVerificationsMax) {
      sharedProof(token, zone).catch(() => undefined);
    }
  }

  function verify(token: string, pathZone: string | null = null): Verdict {
    const known = recall(token, pathZone);
    if (known !== undefined) return known;
    const zone = claimedZone(token, issuer);
    if (typeof zone !== 'string') return zone;
    return sharedProof(token, zone).then((proof) => (isRefusal(proof) ? proof : admit(proof, scope, pathZone)));
  }

  // A token that comes in a body has passed no header that bounds it, and is as little worth parsing when it is too long.
  function inspect(token: string): Proof | Promise<Proof> {
    if (token.length > limits.tokenBytesMax) {
      return invalidToken(`The token is longer than ${limits.tokenBytesMax} bytes.`);
    }
    const known = cached(token);
    if (known !== undefined) return known;
    const zone = claimedZone(token, issuer);
    return typeof zone === 'string' ? sharedProof(token, zone) : zone;
  }

  // A client that opens fifty connections with a fresh token should cost one signature check, not fifty.
  function sharedProof(token: string, zone: string): Promise<Proof> {
    const running = inFlight.get(token);
    if (running !== undefined) return running;
    if (inFlight.size >= limits.sharedVerificationsMax) return prove(token, zone);
    const proof = prove(token, zone).finally(() => inFlight.delete(token));
    inFlight.set(token, proof);
    return proof;
  }

  async function prove(token: string, zone: string): Promise<Proof> {
    const keys = await keysOf(zone);
    if (keys === null) return invalidToken('The issuer has no key for the zone of this token.');
    const from = ages.mark();
    const now = from.at;
    const { clockToleranceSeconds: toleranceSeconds, claimAheadMsMax: aheadMsMax } = limits;
    const outcome = await provenClaims(token, keys, { issuer, now, toleranceSeconds, aheadMsMax });
    if (isRefusal(outcome)) {
      proven.drop(token);
      return outcome;
    }
    keys.noteProof?.();
    const caller = callerOf(outcome.claims);
    const until = Math.min(outcome.endsAt, now + limits.cachedTokenAgeMs, keys.validUntil);
    if (isRefusal(caller)) return caller;
    const inspection = { caller, claims: outcome.claims };
    proven.put(token, inspection, from, until);
    return inspection;
  }

  return { verify, recall, inspect };
}

// Scope, zone and `use` are checked on every use and not cached: the same token is used on many paths. A resource
// mandate is valid for a resource server that verifies it, but must not change the lifecycle. Tokens without `use` are
// accepted.
function admit({ caller, claims }: Inspection, scope: string, pathZone: string | null): Caller | AuthRefusal {
  if ('use' in claims && claims['use'] !== SESSION_USE) return { ...NOT_FOR_CALLS, caller };
  if (!caller.scopes.has(scope))
    return { code: 'missing_scope', reason: `The token needs the scope ${scope}.`, caller };
  return pathZone === null ? caller : withinZone(caller, pathZone);
}
