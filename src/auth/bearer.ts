// Takes the bearer out of an Authorization header. It knows nothing about tokens: what it returns is only known to be
// there and not too long, and everything else is the verifier's question.

import { authLimits } from './limits.ts';
import type { AuthRefusal } from './caller.ts';

const SCHEME = 'bearer ';

const missing = (reason: string): AuthRefusal => ({ code: 'missing_token', reason });

/**
 * The token of `Authorization: Bearer <token>`, or a `missing_token` refusal when there is none, it is empty or it is over
 * 4,096 bytes. The scheme counts in any case, and one or more spaces follow it (RFC 9110 section 11.4, RFC 6750 section 2.1).
 * Node hands headers over as Latin-1, so that a character here is a byte on the wire.
 */
export function readBearer(authorization: string | undefined): string | AuthRefusal {
  if (authorization === undefined) return missing('Send a token as "Authorization: Bearer <token>".');
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    return missing('The Authorization header must use the Bearer scheme: "Authorization: Bearer <token>".');
  }
  const token = authorization.slice(SCHEME.length).trim();
  if (token === '') return missing('The bearer token is empty.');
  if (token.length > authLimits.tokenBytesMax) {
    return missing(`The bearer token is longer than ${authLimits.tokenBytesMax} bytes.`);
  }
  return token;
}
