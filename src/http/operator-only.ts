// Routes outside zones: they need a secret, and tokens of applications are refused.
import { readBearer } from '../auth/bearer.ts';
import type { SecretMatch } from '../auth/operator-token.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { RequestContext } from './context.ts';
import type { GuessLimit } from './admission/guess-limit.ts';

export interface Lock {
  readonly opens: SecretMatch;
  /** The content that the secret protects, as the subject of a sentence. */
  readonly what: string;
  readonly guesses: GuessLimit;
}

/** Returns why the bearer of a request is refused; null if it is accepted. Wrong bearers are limited per client address. */
export const refusedTo = async (
  { req }: RequestContext,
  { opens, what, guesses }: Lock,
  authorization = req.headers.authorization,
): Promise<Refusal | null> => {
  const token = readBearer(authorization);
  if (typeof token !== 'string') return refuse(token.code, { details: { reason: token.reason } });
  if (opens(token)) return null;
  return guesses.count(req, refuse('invalid_token', { details: { reason: `${what} need the operator token.` } }));
};
