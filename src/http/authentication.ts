// Authenticates a request about a zone. The caller is noted for the audit. A bearer that can only be a guess at the operator
// token is counted as a wrong guess.
import type { Authenticator, Entrance } from '../auth/authenticator.ts';
import type { Caller } from '../authority/caller.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { RequestContext } from './context.ts';
import type { GuessLimit } from './admission/guess-limit.ts';
import type { Upgradable } from './connection/upgradable.ts';

export interface Authentication {
  readonly authenticator: Authenticator;
  readonly guesses: GuessLimit;
}

/** Authenticates a request. Rejects with `IssuerUnavailable` if the keys of the token's zone are not available. */
export const authenticated = async (
  { authenticator, guesses }: Authentication,
  { req, state }: RequestContext,
  entrance: Entrance,
): Promise<Caller | Refusal> => {
  const verdict = state.unproven ?? (await authenticator.authenticate(req.headers.authorization, entrance));
  const proven = 'code' in verdict ? verdict.caller : verdict;
  if (proven) state.noted.caller = proven;
  if (!('code' in verdict)) return (await (req as Upgradable).admission?.proven(verdict)) ?? verdict;
  const { code, reason, retryAfterSeconds } = verdict;
  const refusal = refuse(code, { details: { reason }, ...(retryAfterSeconds && { retryAfterSeconds }) });
  return verdict.isGuess === true ? guesses.count(req, refusal) : refusal;
};
