// What is the operator's and belongs to no zone: opened by a secret and by nothing else.
import { readBearer } from '../auth/bearer.ts';
import type { SecretMatch } from '../auth/operator-token.ts';
import { refuse, type Refusal } from '../refusals.ts';

/** Why a bearer does not open it; null where it does. `what` is opened, in words. */
export const refusedTo = (authorization: string | undefined, opens: SecretMatch, what: string): Refusal | null => {
  const token = readBearer(authorization);
  if (typeof token !== 'string') return refuse(token.code, { details: { reason: token.reason } });
  return opens(token)
    ? null
    : refuse('invalid_token', { details: { reason: `${what} are opened by the operator token.` } });
};
