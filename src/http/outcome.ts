// The outermost layers: whatever goes wrong inside becomes one shape of answer, and every request leaves one line in the
// log. What we did wrong is logged with its cause and never shown.
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { IssuerUnavailable } from '../auth/caller.ts';
import { refuse } from '../refusals.ts';
import { sendRefusal, type RequestState } from './context.ts';
import type { RefusalSampler } from './refusal-sampler.ts';
import { whoOf } from '../audit.ts';

const RETRY_AFTER_SECONDS = 1;

/** Never sent: what the log and the figures say of a request whose client left before its answer, as nginx does. */
const STATUS_GONE = 499;

/** Logs a fault. Faults are sampled too: a full disk fails every request. */
export const answerFaults =
  (log: Logger, sampler: RefusalSampler): Middleware<RequestState> =>
  async (context, next) => {
    try {
      await next();
    } catch (error) {
      // Nobody is there to be told, or nobody who has sent the whole request. (It counts as destroyed once it was read.)
      const { requestId } = context.state;
      const failed = { requestId, method: context.method, path: context.path, err: error };
      if (context.res.destroyed || context.req.readableAborted) {
        context.status = STATUS_GONE;
        log.debug(failed, 'request failed when its client had left');
        return;
      }
      const unreachable = error instanceof IssuerUnavailable;
      const refusal = unreachable
        ? refuse('issuer_unavailable', { retryAfterSeconds: RETRY_AFTER_SECONDS })
        : refuse('internal_error');
      const kind = { code: `${refusal.code}: ${nameOf(error)}`, from: context.state.from, who: null };
      if (sampler.admits(kind)) log.error(failed, 'request failed');
      sendRefusal(context, refusal);
    }
  };

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/**
 * Logs successful answers at debug, and refusals at info, sampled, with address and caller. The journal already contains
 * every change.
 */
export const logRequests =
  (log: Logger): Middleware<RequestState> =>
  async (context, next) => {
    const startedAt = performance.now();
    await next();
    const level = context.status >= 500 ? 'warn' : context.status >= 400 ? 'info' : 'debug';
    if (!log.isLevelEnabled(level) || !context.state.isLogged) return;
    const { requestId, refusal, from, noted } = context.state;
    const traceId = context.state.traceId ?? undefined;
    const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
    log[level](
      {
        requestId,
        traceId,
        method: context.method,
        path: context.path,
        status: context.status,
        code: refusal,
        from,
        who: noted.caller ? whoOf(noted.caller) : undefined,
        durationMs,
      },
      'request',
    );
  };
