// Counts requests to verify a token. The route needs no authentication, so they are counted by client address. Tokens that
// were proven before have a separate count, as bearers do.
import type { AuthRefusal } from '../../auth/caller.ts';
import type { Inspection, Verifier } from '../../auth/verifier.ts';
import type { Refusal } from '../../refusals.ts';
import { clientKeyReader } from '../client-address.ts';
import type { RequestContext } from '../context.ts';
import type { RateSettings } from './rate-limits.ts';
import { countBearer, countsOf } from './bearer-counts.ts';

/** Inspects the token of a verify request, or returns `rate_limited`. Rejects as the verifier does. */
export type LimitedInspection = (token: string, context: RequestContext) => Promise<Inspection | AuthRefusal | Refusal>;

/** Counts tokens to verify by client address; tokens that were proven before have a separate count. */
export const verifyLimit = (settings: RateSettings, verifier: Verifier): LimitedInspection => {
  const addressOf = clientKeyReader(settings.trustProxy);
  const counts = countsOf('verify', settings.verifyRatePerMinute);
  return async (token, context) => {
    if (counts === null) return verifier.inspect(token);
    let inspection: Inspection | AuthRefusal | null = null;
    const inspect = async () => {
      inspection = await verifier.inspect(token);
      return 'code' in inspection ? null : inspection.caller;
    };
    const known = verifier.recall(token) === undefined ? null : await inspect();
    const refusal = await countBearer(counts, { context, address: addressOf(context.req), known }, inspect);
    return refusal ?? inspection ?? verifier.inspect(token);
  };
};
