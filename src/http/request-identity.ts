// How a request is named in answers, logs and the journal: the caller's own id and trace where they are well formed.
import type { Middleware } from 'koa';
import type { Ids } from '../ids.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import type { RequestState } from './context.ts';

/** Where a request stands in its caller's trace (W3C Trace Context, section 3.2). */
export interface TraceParent {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly flags: number;
}

// Version, trace id, parent id, flags. Later versions may add fields behind; 00 has 55 characters (section 3.2.2).
const TRACEPARENT = /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

export const nameRequest =
  (ids: Ids): Middleware<RequestState> =>
  (context, next) => {
    const own = context.req.headers['x-request-id'];
    const requestId = typeof own === 'string' && PATH_ID.test(own) ? own : ids.random();
    const traceParent = traceParentIn(context.req.headers['traceparent']);
    context.state.requestId = requestId;
    context.state.traceParent = traceParent;
    context.state.traceId = traceParent?.traceId ?? null;
    context.set('x-request-id', requestId);
    return next();
  };

const traceParentIn = (header: string | string[] | undefined): TraceParent | null => {
  const [, traceId, spanId, flags] = (typeof header === 'string' && TRACEPARENT.exec(header)) || [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
};
