// Counts requests. The bearer decides which count is used. A proven bearer uses the ordinary count of its client address, a
// stop uses the count of its application, and an unproven bearer has a separate count. The operator is not counted.
import type { Middleware } from 'koa';
import type { Authenticator } from '../../auth/authenticator.ts';
import type { Caller } from '../../authority/caller.ts';
import { STOPS_PER_MINUTE_MIN, UNPROVEN_STOPS_PER_MINUTE_MAX } from './limits.ts';
import type { Refusal } from '../../refusals.ts';
import { announced, applicationKey, countBearer, countsOf, type Counts } from './bearer-counts.ts';
import { isStop } from './kinds.ts';
import { clientKeyReader, type TrustedProxies } from '../client-address.ts';
import { sendRefusal, type RequestContext, type RequestState } from '../context.ts';
import { RateLimit } from './rate-limit.ts';
import type { Route } from '../route.ts';
import type { Upgradable } from '../connection/upgradable.ts';
import { isVerifyPath } from '../verify-path.ts';

/** Requests a minute; 0 is no limit. */
export interface RateSettings {
  readonly zoneRatePerMinute: number;
  readonly invocationRatePerMinute: number;
  readonly v1RatePerMinute: number;
  readonly verifyRatePerMinute: number;
  readonly readyRatePerMinute: number;
  readonly trustProxy: TrustedProxies;
}

// Without limits on other requests there is none on stops. A low limit on other requests does not lower that of stops.
const stopCounts = ({ zoneRatePerMinute, v1RatePerMinute }: RateSettings): Counts | null =>
  zoneRatePerMinute === 0 || v1RatePerMinute === 0
    ? null
    : {
        proven: new RateLimit('stop', Math.max(zoneRatePerMinute, STOPS_PER_MINUTE_MIN), { countedBy: 'application' }),
        unproven: new RateLimit('stop_unproven', UNPROVEN_STOPS_PER_MINUTE_MAX),
      };

/** Refuses a request that exceeds a limit. Requests to verify a token are counted by `verifyLimit`. */
export const limitRequests = (settings: RateSettings, authenticator: Authenticator): Middleware<RequestState> => {
  const addressOf = clientKeyReader(settings.trustProxy);
  const counts = {
    zone: countsOf('zone', settings.zoneRatePerMinute),
    v1: countsOf('v1', settings.v1RatePerMinute),
    stop: stopCounts(settings),
    ready: settings.readyRatePerMinute === 0 ? null : new RateLimit('ready', settings.readyRatePerMinute),
  };
  return async (context, next) => {
    const kind = kindOf(context);
    const counted = kind && counts[kind];
    if (!counted) return next();
    const { known = null } = (context.req as Upgradable).admission ?? {};
    if (known?.kind === 'operator') return next();
    const request = { context, address: addressOf(context.req), known };
    const refusal =
      counted instanceof RateLimit
        ? announced(await counted.take(request.address), context)
        : await countBearer(counted, request, () => callerOf(authenticator, context));
    return refusal ? sendRefusal(context, refusal) : next();
  };
};

/** Longer than every beginning that is compared below. */
const PREFIX_LENGTH_MAX = 8;

// The router finds a path in capitals too, so no case may lead around a limit.
const kindOf = ({ method, path }: RequestContext): 'zone' | 'v1' | 'stop' | 'ready' | null => {
  if (isVerifyPath(path)) return null;
  const start = path.slice(0, PREFIX_LENGTH_MAX).toLowerCase();
  if (start === '/ready') return 'ready';
  if (start.startsWith('/zones/')) return isStop(method, path) ? 'stop' : 'zone';
  if (start.startsWith('/v1/')) return isStop(method, path) ? 'stop' : 'v1';
  return null;
};

const ANYWHERE = { zone: null, operator: true } as const;

const callerOf = async (authenticator: Authenticator, { req, state }: RequestContext): Promise<Caller | null> => {
  const verdict = await authenticator.authenticate(req.headers.authorization, ANYWHERE);
  if (!('code' in verdict)) return verdict;
  if (verdict.caller === undefined) state.unproven = verdict;
  return verdict.caller ?? null;
};

/** Counts what an application writes about invocations of one zone. */
export const callerLimit = ({ invocationRatePerMinute }: RateSettings): CallerLimit => {
  const limit =
    invocationRatePerMinute === 0
      ? null
      : new RateLimit('invocation', invocationRatePerMinute, { countedBy: 'application' });
  return async (route, caller, context) => {
    if (limit === null || route.rate !== 'invocation' || caller.kind !== 'bearer') return null;
    return announced(await limit.take(applicationKey(caller)), context);
  };
};

/** The refusal where this is one request too many of the caller. */
export type CallerLimit = (route: Route, caller: Caller, context: RequestContext) => Promise<Refusal | null>;
