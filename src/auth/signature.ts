// Proves a token's signature and the claims that every JWT has: issuer, audience, begin and end. What comes out was said
// by the issuer and is within its time; whether the claims describe a caller is decided elsewhere.

import { errors, jwtVerify, type JWTPayload, type JWTVerifyOptions } from 'jose';
import type { Instant } from '../clock.ts';
import type { AuthRefusal } from './caller.ts';
import { ALGORITHM, invalidToken } from './claims.ts';
import type { ZoneKeys } from './keys.ts';

export interface Expectation {
  /** Exactly `iss`, and `aud` or one of its members. */
  readonly issuer: string;
  readonly now: Instant;
  /** Seconds by which `exp` and `nbf` may be off. */
  readonly toleranceSeconds: number;
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
    // JSON can say 1e400, which is read as Infinity: an end that is none.
    if (claims.exp === undefined || !Number.isFinite(claims.exp))
      return invalidToken('The claim exp is not an instant.');
    return { claims, endsAt: claims.exp * 1000 };
  } catch (error) {
    if (error instanceof errors.JOSEError) return invalidToken(reasonOf(error));
    throw error;
  }
}

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

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) return `The claim ${error.claim} is missing or not acceptable.`;
  if (error instanceof errors.JWKSNoMatchingKey) return 'The issuer has no key that fits this token.';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature of the token does not verify.';
  return 'The token is not a well-formed JWT.';
}
