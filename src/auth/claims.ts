// What the claims of a token must look like, and the caller they make. `claimedZone` reads a token that nobody has
// verified yet and only says whose keys to ask; `callerOf` takes claims whose signature held.

import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import type { AuthRefusal, BearerCaller } from './caller.ts';

/** The one algorithm (RFC 7518 section 3.4). A list of one leaves nothing to confuse: neither `none` nor a public key used as a secret. */
export const ALGORITHM = 'ES256';

/** The value of the claim `use` in tokens for this API. Other values are mandates for resource servers. */
export const SESSION_USE = 'session';

const ZONE = /^[A-Za-z0-9_.\-:]{1,128}$/;
const CONTROL = /\p{Cc}/u;
const MS_PER_SECOND = 1000;

const NO_JWT: AuthRefusal = {
  code: 'invalid_token',
  reason: 'The token is not a JWT, and not the operator token of this server.',
  isGuess: true,
};

export const isZone = (value: unknown): value is string => typeof value === 'string' && ZONE.test(value);

export const invalidToken = (reason: string): AuthRefusal => ({ code: 'invalid_token', reason });

/**
 * The zone that a token claims to be of, unverified, or an `invalid_token` refusal for what could never verify: not a JWT
 * (RFC 7519 section 7.2), another algorithm, another issuer, no usable `zone_id`. It runs before any key is fetched, so that
 * plain garbage costs no file and no request to the issuer.
 */
export function claimedZone(token: string, issuer: string): string | AuthRefusal {
  const parts = decode(token);
  if (parts === null) return NO_JWT;
  if (parts.alg !== ALGORITHM) return invalidToken(`The token must be signed with ${ALGORITHM}.`);
  if (parts.claims.iss !== issuer)
    return invalidToken(`The token is from another issuer: its iss must be "${issuer}".`);
  const zone = parts.claims['zone_id'];
  return isZone(zone) ? zone : invalidToken('The claim zone_id is missing or not a zone id.');
}

/** Whether a bearer has the shape of a JWT, valid or not. */
export const isJwt = (token: string): boolean => decode(token) !== null;

function decode(token: string): { alg: string | undefined; claims: JWTPayload } | null {
  try {
    return { alg: decodeProtectedHeader(token).alg, claims: decodeJwt(token) };
  } catch {
    return null; // Everything that these two throw is about the text they were given.
  }
}

/**
 * The caller that verified claims describe, or `invalid_token` when one of them is unusable. `client_id` is the application
 * (RFC 8693 section 4.3), `scope` a list separated by spaces (RFC 8693 section 4.2). An optional claim that is present must
 * be a name: dropping a malformed `delegation_edge_id` would silently widen what its holder may do.
 */
export function callerOf(claims: JWTPayload): BearerCaller | AuthRefusal {
  const { zone_id: zone, client_id: applicationId, sub: subject } = claims;
  if (!isZone(zone)) return invalidToken('The claim zone_id is missing or not a zone id.');
  if (!isName(applicationId)) return invalidToken('The claim client_id is missing or not a name.');
  if (!isName(subject)) return invalidToken('The claim sub is missing or not a name.');
  const subjectSessionId = claims['sid'] ?? null;
  const agentSessionId = claims['agent_session_id'] ?? null;
  const delegationEdgeId = claims['delegation_edge_id'] ?? null;
  if (!isNameOrNull(subjectSessionId)) return invalidToken('The claim sid is not a name.');
  if (!isNameOrNull(agentSessionId)) return invalidToken('The claim agent_session_id is not a name.');
  if (!isNameOrNull(delegationEdgeId)) return invalidToken('The claim delegation_edge_id is not a name.');
  if (!isNumericDateOrAbsent(claims.iat)) return invalidToken('The claim iat is not a number of seconds.');
  return {
    kind: 'bearer',
    zone,
    applicationId,
    subject,
    subjectSessionId,
    scopes: scopesOf(claims['scope']),
    agentSessionId,
    delegationEdgeId,
    issuedAt: claims.iat === undefined ? null : Math.round(claims.iat * MS_PER_SECOND),
  };
}

// JSON can contain 1e400, which parses to Infinity.
const isNumericDateOrAbsent = (value: unknown): boolean => value === undefined || Number.isFinite(value);

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && !CONTROL.test(value);

const isNameOrNull = (value: unknown): value is string | null => value === null || isName(value);

const scopesOf = (scope: unknown): ReadonlySet<string> =>
  new Set(typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []);
