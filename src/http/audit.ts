// What the audit says of requests that were refused for want of authority: every answer with 401 or 403, whichever part gave it.
// The parts note what they find out about a request on its way; changes that were accepted are the zone's to tell.
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { audit, whoOf } from '../audit.ts';
import type { Caller } from '../authority/caller.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import { clientAddressReader, type TrustedProxies } from './client-address.ts';
import type { RequestState } from './context.ts';
import { templateOfRoute } from './matched-route.ts';
import type { RefusalSampler } from './refusal-sampler.ts';

/** What is known of a request so far. */
export interface Noted {
  /** Whoever has proven to be somebody. */
  caller?: Caller;
  /** The command or query. */
  what?: string;
  /** What it names; asked only where there is something to tell. */
  on?: () => Readonly<Record<string, string>>;
  /** Why, where the answer is no refusal. */
  code?: string;
}

export const auditRefusals = (
  log: Logger,
  trusted: TrustedProxies,
  sampler: RefusalSampler,
): Middleware<RequestState> => {
  const addressOf = clientAddressReader(trusted);
  return async (context, next) => {
    // A connection that has gone has no address any more.
    context.state.from = addressOf(context.req);
    context.state.noted = {};
    context.state.isLogged = true;
    await next();
    const { status } = context;
    if (status < 400) return;
    const { noted, from, requestId, traceId, refusal } = context.state;
    const code = refusal ?? noted.code ?? String(status);
    context.state.isLogged = sampler.admits({ code, from, who: whoOf(noted.caller ?? null) });
    if (!context.state.isLogged || (status !== 401 && status !== 403)) return;
    audit(log, {
      audit: 'refused',
      who: noted.caller ?? null,
      what: noted.what ?? `${context.method} ${templateOfRoute(context) ?? 'none'}`,
      on: noted.on?.() ?? {},
      from,
      requestId,
      traceId,
      code: refusal ?? noted.code,
    });
  };
};

/** The ids in a path, those that can be ids. */
export const idsIn = ({ zoneId, id }: { readonly zoneId?: string; readonly id?: string }) => ({
  ...(zoneId !== undefined && PATH_ID.test(zoneId) ? { zone: zoneId } : {}),
  ...(id !== undefined && PATH_ID.test(id) ? { id } : {}),
});
