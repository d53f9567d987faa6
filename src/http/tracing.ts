// Spans for whoever has registered an OpenTelemetry SDK: one for each request, and one below it for what its zone is asked. Only
// the API is known here; where nobody has registered anything, a request makes one span that is none, and no more.
import {
  context as active,
  createTraceState,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context as TraceContext,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Middleware } from 'koa';
import { refusals } from '../refusals.ts';
import type { Reply } from '../zone/commands.ts';
import type { RequestContext, RequestState } from './context.ts';
import { templateOfRoute } from './matched-route.ts';
import { METHODS } from './methods.ts';
import type { TraceParent } from './request-identity.ts';

const NAME = 'agent-coordinator';
const STATUS_FAULT = 500;

/** What further spans of a request are put below. */
export interface Tracing {
  readonly tracer: Tracer;
  readonly within: TraceContext;
}

export const traceRequests = (): Middleware<RequestState> => {
  // Resolved anew with every span until an SDK has been registered.
  const tracer = trace.getTracer(NAME);
  return async (context, next) => {
    const { state } = context;
    const parent = parentOf(context);
    const span = tracer.startSpan(methodOf(context), { kind: SpanKind.SERVER, attributes: asked(context) }, parent);
    if (!span.isRecording()) return next();
    state.traceId ??= span.spanContext().traceId;
    state.tracing = { tracer, within: trace.setSpan(parent, span) };
    try {
      await active.with(state.tracing.within, next);
    } finally {
      finish(span, context);
    }
  };
};

/** What a zone is asked, as a span of its own. */
export const traceZone = async <Told extends Reply<object>>(
  { tracing }: RequestState,
  { zone, command }: { readonly zone: string; readonly command: string },
  ask: () => Promise<Told>,
): Promise<Told> => {
  if (!tracing) return ask();
  const attributes = { 'coordinator.zone': zone, 'coordinator.command': command };
  const span = tracing.tracer.startSpan(command, { attributes }, tracing.within);
  try {
    const told = await active.with(trace.setSpan(tracing.within, span), ask);
    if (told.seq !== null) span.setAttribute('coordinator.seq', told.seq);
    if ('code' in told.answer) noteRefusal(span, told.answer.code);
    return told;
  } catch (error) {
    // What an error says may be somebody's data, and is in the log, which cuts it.
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
};

const noteRefusal = (span: Span, code: unknown): void => {
  span.setAttribute('coordinator.refusal', String(code));
  const isFault =
    Object.hasOwn(refusals, String(code)) && refusals[code as keyof typeof refusals].status >= STATUS_FAULT;
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR });
};

/** The caller's span; or that of an instrumentation around this process, which has then taken the caller's for its own parent. */
const parentOf = ({ state, req }: RequestContext): TraceContext => {
  const around = active.active();
  return state.traceParent === null || trace.getSpanContext(around)
    ? around
    : trace.setSpanContext(around, remote(state.traceParent, req.headers['tracestate']));
};

const remote = ({ traceId, spanId, flags }: TraceParent, state: string | string[] | undefined) => ({
  traceId,
  spanId,
  traceFlags: flags & TraceFlags.SAMPLED,
  isRemote: true,
  ...(typeof state === 'string' ? { traceState: createTraceState(state) } : {}),
});

// HTTP semantic conventions 1.38, server spans. The query string stays out: a reason in it is somebody's data.
const asked = ({ path, protocol, method, req }: Parameters<Middleware<RequestState>>[0]) => ({
  'http.request.method': METHODS.has(method) ? method : '_OTHER',
  'url.path': path,
  'url.scheme': protocol,
  'network.protocol.version': req.httpVersion,
});

const methodOf = ({ method }: { readonly method: string }): string => (METHODS.has(method) ? method : 'HTTP');

const finish = (span: Span, context: RequestContext): void => {
  const { state, res } = context;
  const status = res.headersSent ? res.statusCode : context.status;
  const route = templateOfRoute(context);
  if (route !== null) span.updateName(`${methodOf(context)} ${route}`).setAttribute('http.route', route);
  span.setAttributes({ 'http.response.status_code': status, 'client.address': state.from });
  if (state.refusal !== undefined) span.setAttribute('coordinator.refusal', state.refusal);
  if (status >= STATUS_FAULT) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
  span.end();
};
