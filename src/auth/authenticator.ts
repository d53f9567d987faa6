// Authenticates the bearer of an HTTP request: takes a header, returns a caller or a refusal. It answers synchronously for
// every request except the first with a token.

import { readBearer } from './bearer.ts';
import type { SecretMatch } from './operator-token.ts';
import type { AuthRefusal, Caller } from './caller.ts';
import type { Verdict, Verifier } from './verifier.ts';

/** The properties of a route that authentication depends on. */
export interface Entrance {
  /** The zone in the path, or null where the path has none. A zone in a body is checked later, with `withinZone`. */
  readonly zone: string | null;
  /** Whether the operator token opens the route. */
  readonly operator: boolean;
}

export interface Authenticator {
  /**
   * Refuses with `missing_token`, `invalid_token`, `operator_not_allowed`, `missing_scope` or `zone_mismatch`; rejects with
   * `IssuerUnavailable`.
   */
  readonly authenticate: (authorization: string | undefined, entrance: Entrance) => Verdict;
  /**
   * Returns the caller of a bearer that needs no signature check: the operator, or the holder of a token that was proven
   * before. Null for any other bearer. Costs a lookup and a hash.
   */
  readonly recall: (authorization: string | undefined) => Caller | null;
}

const OPERATOR: Caller = { kind: 'operator' };

const OPERATOR_NOT_ALLOWED: AuthRefusal = {
  code: 'operator_not_allowed',
  reason: 'This route is called with the token of an application.',
  caller: OPERATOR,
};

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
      // Most tokens are in the cache. Only the others are hashed and compared with the operator token.
      const known = verifier.recall(token, zone);
      if (known !== undefined) return known;
      if (isOperator(token)) return operator ? OPERATOR : OPERATOR_NOT_ALLOWED;
      return verifier.verify(token, zone);
    },
    recall(authorization) {
      const token = readBearer(authorization);
      if (typeof token !== 'string') return null;
      const known = verifier.recall(token);
      if (known === undefined) return isOperator(token) ? OPERATOR : null;
      return 'code' in known ? (known.caller ?? null) : known;
    },
  };
}
