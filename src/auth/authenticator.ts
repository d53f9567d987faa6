// The one face of authentication for HTTP: a header goes in, a caller or a refusal comes out. It answers synchronously
// whenever it can, which is for every request but a token's first.

import { readBearer } from './bearer.ts';
import type { SecretMatch } from './operator-token.ts';
import type { Caller } from './caller.ts';
import type { Verdict, Verifier } from './verifier.ts';

/** What a route says about itself. */
export interface Entrance {
  /** The zone in the path, or null where the path has none. A zone in a body is checked later, with `withinZone`. */
  readonly zone: string | null;
  /** Whether the operator token opens the route. Where it does not, that token is judged as a JWT, and is none. */
  readonly operator: boolean;
}

export interface Authenticator {
  /** Refuses with `missing_token`, `invalid_token`, `missing_scope` or `zone_mismatch`; rejects with `IssuerUnavailable`. */
  readonly authenticate: (authorization: string | undefined, entrance: Entrance) => Verdict;
}

const OPERATOR: Caller = { kind: 'operator' };

export function createAuthenticator({
  verifier,
  isOperator,
}: {
  verifier: Verifier;
  isOperator: SecretMatch;
}): Authenticator {
  return {
    authenticate(authorization, { zone, operator }) {
      const token = readBearer(authorization);
      if (typeof token !== 'string') return token;
      // Most tokens have been seen before; only for the others is it worth hashing them against the operator's.
      const known = verifier.recall(token, zone);
      if (known !== undefined) return known;
      return operator && isOperator(token) ? OPERATOR : verifier.verify(token, zone);
    },
  };
}
