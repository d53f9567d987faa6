// Which requests are counted, and for whom. Addresses are counted before anybody is authenticated and before a body is read,
// so that neither can be used to wear the coordinator out; who writes invocations is counted once it is known.
import type { Middleware } from 'koa';
import type { Caller } from '../authority/caller.ts';
import type { Refusal } from '../refusals.ts';
import { clientKeyReader, type TrustedProxies } from './client-address.ts';
import { sendRefusal, type RequestContext, type RequestState } from './context.ts';
import { RateLimit, type Standing } from './rate-limit.ts';
import type { Route } from './route.ts';

/** Requests a minute; 0 is no limit. */
export interface RateSettings {
  readonly zoneRatePerMinute: number;
  readonly invocationRatePerMinute: number;
  readonly v1RatePerMinute: number;
  readonly verifyRatePerMinute: number;
  readonly readyRatePerMinute: number;
  readonly trustProxy: TrustedProxies;
}

const limitOf = (name: string, perMinute: number): RateLimit | null =>
  perMinute === 0 ? null : new RateLimit(name, perMinute);

/** Refuses a client address that asks more than it may. */
export const limitAddresses = (settings: RateSettings): Middleware<RequestState> => {
  const keyOf = clientKeyReader(settings.trustProxy);
  const limits: AddressLimits = {
    zone: limitOf('zone', settings.zoneRatePerMinute),
    v1: limitOf('v1', settings.v1RatePerMinute),
    verify: limitOf('verify', settings.verifyRatePerMinute),
    ready: limitOf('ready', settings.readyRatePerMinute),
  };
  return async (context, next) => {
    const limit = limitFor(limits, context.path);
    if (limit === null) return next();
    const refusal = told(await limit.take(keyOf(context.req)), context);
    return refusal === null ? next() : sendRefusal(context, refusal);
  };
};

type AddressLimits = Readonly<Record<'zone' | 'v1' | 'verify' | 'ready', RateLimit | null>>;

const VERIFY = '/v1/verify';

// The router finds a path in capitals too, so no case may lead around a limit.
const limitFor = (limits: AddressLimits, path: string): RateLimit | null => {
  const start = path.slice(0, VERIFY.length + 1).toLowerCase();
  if (start.startsWith('/zones/')) return limits.zone;
  if (start === VERIFY) return limits.verify;
  if (start.startsWith('/v1/')) return limits.v1;
  return start === '/ready' ? limits.ready : null;
};

/** Counts what an application writes about invocations of one zone. */
export const callerLimit = ({ invocationRatePerMinute }: RateSettings): CallerLimit => {
  const limit = limitOf('invocation', invocationRatePerMinute);
  return async (route, caller, context) => {
    if (limit === null || route.rate !== 'invocation' || caller.kind !== 'bearer') return null;
    return told(await limit.take(JSON.stringify([caller.zone, caller.applicationId])), context);
  };
};

/** The refusal where this is one request too many of the caller. */
export type CallerLimit = (route: Route, caller: Caller, context: RequestContext) => Promise<Refusal | null>;

// Both headers are lists (RFC 8941, section 3.1): a request that is counted twice has two lines of each.
const told = ({ policy, left, refusal }: Standing, context: RequestContext): Refusal | null => {
  context.append('RateLimit-Policy', policy);
  context.append('RateLimit', left);
  return refusal;
};
