// What every request carries through the middleware, and the two ways a request ends: with an answer or with a refusal.
import type { Context } from 'koa';
import { refusals, type Refusal } from '../refusals.ts';
import { PROBLEM_TYPE, problemBody } from './problem.ts';
import type { AuthRefusal } from '../auth/caller.ts';
import { jsonInSlices, type Pace } from './json-slices.ts';
import { isVerifyPath } from './verify-path.ts';
import type { Noted } from './audit.ts';
import type { TraceParent } from './request-identity.ts';
import type { Answer } from './route.ts';
import type { Tracing } from './tracing.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

export interface RequestState {
  requestId: string;
  /** W3C trace id of the caller, 32 hex digits; else that of a span of ours, where somebody takes those. */
  traceId: string | null;
  traceParent: TraceParent | null;
  /** Absent where nobody takes spans. */
  tracing?: Tracing;
  /** The client's address. */
  from: string;
  /** The refusal of a bearer that was checked before and proves nothing. */
  unproven?: AuthRefusal;
  /** Whether the request is logged: true unless its refusal was sampled out. */
  isLogged: boolean;
  /** For the audit. */
  noted: Noted;
  /** The code of the refusal the request was answered with, for the log. */
  refusal?: string;
}

export type RequestContext = Context & { state: RequestState };

export const sendAnswer = (context: RequestContext, answer: Answer): void => {
  sendHead(context, answer);
  if (answer.body !== undefined) sendJson(context, answer.body);
};

/** The same for an answer that may be large: its JSON is written in slices. */
export const sendInSlices = async (context: RequestContext, answer: Answer, pace: Pace): Promise<void> => {
  sendHead(context, answer);
  if (answer.body === undefined) return;
  context.set('Content-Type', JSON_TYPE);
  context.body = await jsonInSlices(answer.body, pace);
};

const sendHead = (context: RequestContext, { status, headers, etag }: Answer): void => {
  if (headers) context.set(headers);
  if (etag !== undefined) context.set('ETag', etag);
  context.status = status;
};

/** The shape of every refusal. */
export const refusalBody = ({ code, details }: Refusal, requestId: string) => ({
  error: code,
  error_description: refusals[code].sentence,
  requestId,
  ...(details === undefined ? {} : { details }),
});

/** The one place where a refusal becomes a response. */
export const sendRefusal = (context: RequestContext, refusal: Refusal): void => {
  const { code, retryAfterSeconds } = refusal;
  const { status } = refusals[code];
  context.state.refusal = code;
  context.status = status;
  if (status === 401) context.set('WWW-Authenticate', 'Bearer');
  if (retryAfterSeconds !== undefined) context.set('Retry-After', String(retryAfterSeconds));
  context.vary('Accept');
  const { requestId } = context.state;
  const body = wantsProblem(context) ? problemBody(refusal, requestId) : refusalBody(refusal, requestId);
  // A resource server may check only `valid`, so every answer of this route has it, refusals included.
  sendJson(
    context,
    isVerifyPath(context.path) ? { valid: false, ...body } : body,
    'type' in body ? PROBLEM_TYPE : JSON_TYPE,
  );
};

// RFC 9110, section 12.5.1. What wants neither gets the house's own, like what wants either.
const wantsProblem = (context: RequestContext): boolean =>
  context.accepts('application/json', PROBLEM_TYPE) === PROBLEM_TYPE;

const sendJson = (context: RequestContext, body: object, type: string = JSON_TYPE): void => {
  context.set('Content-Type', type);
  context.body = JSON.stringify(body);
};
