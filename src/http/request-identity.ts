// How a request is named in answers, logs and the journal: the caller's own id and trace where they are well formed.
import type { Middleware } from 'koa';
import type { Ids } from '../ids.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import type { RequestState } from './context.ts';

// W3C Trace Context, section 3.2: version, trace id, parent id, flags. Later versions may add fields behind.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

export const nameRequest =
  (ids: Ids): Middleware<RequestState> =>
  (context, next) => {
    const own = context.req.headers['x-request-id'];
    const requestId = typeof own === 'string' && PATH_ID.test(own) ? own : ids.random();
    const trace = context.req.headers['traceparent'];
    context.state.requestId = requestId;
    context.state.traceId = typeof trace === 'string' ? (TRACEPARENT.exec(trace)?.[1] ?? null) : null;
    context.set('x-request-id', requestId);
    return next();
  };
