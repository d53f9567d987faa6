// Routes outside zones: they need a secret, and tokens of applications are refused.
import { readBearer } from '../auth/bearer.ts';
import { isJwt } from '../auth/claims.ts';
import type { SecretMatch } from '../auth/operator-token.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { RequestContext } from './context.ts';
import type { GuessLimit } from './admission/guess-limit.ts';

/** The reason of a lock that only the operator token opens. */
export const OPERATOR_REASON = 'This route requires the operator token.';

export interface Lock {
  readonly opens: SecretMatch;
  /** `details.reason` of a refusal: the sentence that names the secret. */
  readonly reason: string;
  readonly guesses: GuessLimit;
}

/**
 * Returns why the bearer of a request is refused; null if it is accepted. The refusal of a JWT says that no token of an
 * application opens the route. Wrong bearers are limited per client address, JWTs included: the secret may have any
 * shape.
 */
export const refusedTo = async (
  { req }: RequestContext,
  { opens, reason, guesses }: Lock,
  authorization = req.headers.authorization,
): Promise<Refusal | null> => {
  const token = readBearer(authorization);
  if (typeof token !== 'string') return refuse(token.code, { details: { reason: token.reason } });
  if (opens(token)) return null;
  const code = isJwt(token) ? 'operator_token_required' : 'invalid_token';
  return guesses.count(req, refuse(code, { details: { reason } }));
};
