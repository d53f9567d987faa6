// Proves a token's signature and the claims that every JWT has: issuer, audience, begin and end. What comes out was said
// by the issuer and is within its time; whether the claims describe a caller is decided elsewhere.

import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { Instant } from '../clock.ts';
import type { AuthRefusal } from './caller.ts';
import { ALGORITHM, invalidToken } from './claims.ts';
import { KeyNotYetKnown, type ZoneKeys } from './keys.ts';

const MS_PER_SECOND = 1000;
const TIME_CLAIMS = ['exp', 'nbf', 'iat'] as const;

export interface Expectation {
  /** Exactly `iss`, and `aud` or one of its members. */
  readonly issuer: string;
  readonly now: Instant;
  /** Seconds by which `exp` and `nbf` may be off. */
  readonly toleranceSeconds: number;
  /** How far ahead of `now` a time claim may be, milliseconds. */
  readonly aheadMsMax: number;
}

export interface ProvenClaims {
  readonly claims: JWTPayload;
  /** The instant of `exp`, without the tolerance. */
  readonly endsAt: Instant;
}

/**
 * The claims of a token that one of the zone's keys signed (RFC 7515 section 5.2, RFC 7519 section 4.1), or `invalid_token`.
 * A token without `exp` is refused, where the RFC leaves it open: it could never be taken back. Faults of the key set pass through.
 */
export async function provenClaims(
  token: string,
  keys: ZoneKeys,
  expected: Expectation,
): Promise<ProvenClaims | AuthRefusal> {
  try {
    const claims = await verifiedClaims(token, keys, joseOptions(expected));
    // JSON can contain 1e400, which parses to Infinity.
    if (claims.exp === undefined || !Number.isFinite(claims.exp))
      return invalidToken('The claim exp is not an instant.');
    const wrongUnit = claimInWrongUnit(claims, expected);
    return wrongUnit ?? { claims, endsAt: claims.exp * MS_PER_SECOND };
  } catch (error) {
    if (error instanceof errors.JOSEError) return refusalFor(error, expected);
    throw error;
  }
}

// A lifetime of thousands of years is a lifetime in milliseconds: such a token would never expire.
const claimInWrongUnit = (claims: JWTPayload, { now, aheadMsMax }: Expectation): AuthRefusal | null => {
  const name = TIME_CLAIMS.find((claim) => Number(claims[claim]) * MS_PER_SECOND - now > aheadMsMax);
  if (name === undefined) return null;
  return invalidToken(`The claim ${name} is more than ten years ahead. It must be in seconds, not in milliseconds.`);
};

const joseOptions = ({ issuer, now, toleranceSeconds }: Expectation): JWTVerifyOptions => ({
  algorithms: [ALGORITHM],
  issuer,
  audience: issuer,
  currentDate: new Date(now),
  clockTolerance: toleranceSeconds,
  requiredClaims: ['exp'],
});

async function verifiedClaims(token: string, keys: ZoneKeys, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.find, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return claimsByAnyKey(token, error, options);
    throw error;
  }
}

// A token without `kid` fits every key of the zone, and is good if one of them made it. The set's size bounds the loop.
async function claimsByAnyKey(
  token: string,
  candidates: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of candidates) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

// An `nbf` in milliseconds fails as too far ahead, before the other claims are checked.
function refusalFor(error: errors.JOSEError, expected: Expectation): AuthRefusal {
  const isEarly = error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf';
  if (error instanceof KeyNotYetKnown) {
    return { ...invalidToken(reasonOf(error)), retryAfterSeconds: error.retryAfterSeconds };
  }
  return (isEarly ? claimInWrongUnit(error.payload, expected) : null) ?? invalidToken(reasonOf(error));
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return `The claim ${error.claim} is missing or not acceptable.`;
  if (error instanceof KeyNotYetKnown)
    return 'The issuer had no key that fits this token. If the key is new, try again as Retry-After says.';
  if (error instanceof errors.JWKSNoMatchingKey) return 'The issuer has no key that fits this token.';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token does not verify.';
  return 'The token is not a well-formed JWT.';
}
