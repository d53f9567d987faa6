// Whether an answer is one that this server may give: told of in the document, or a refusal of what never had a route; and
// never an error of the server's own.
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { Documented, holdToDocument, type Json } from '../world/documented.ts';
import type { Answered } from '../world/world.ts';
import type { Garbage } from './garbage.ts';

/** Answered before a request has a route, or where it has none. */
const WITHOUT_ROUTE = new Set([
  'invalid_request',
  'request_timeout',
  'headers_too_large',
  'payload_too_large',
  'not_found',
  'method_not_allowed',
]);
const REFUSAL = ['components', 'schemas', 'Refusal'] as const;
const PROBLEM = ['type', 'title', 'status', 'detail', 'instance', 'error', 'requestId'] as const;

export const documented = new Documented(openApiDocument(true));

/** Null where nothing is wrong with it. */
export const wrongWith = (method: string, path: string, answered: Answered | null): string | null => {
  if (answered === null) return 'no answer';
  const { status, headers } = answered;
  if (status >= 500) return `an error of the server: ${answered.text}`;
  if (!headers.has('x-request-id')) return 'it has no x-request-id';
  if (method === 'HEAD' || status === 204 || status === 304) return null;
  if (headers.get('content-type') === 'application/problem+json') return wrongProblem(answered);
  // A body with `valid` is an answer of `/v1/verify`, which shares a code with these.
  const isVerdict = 'valid' in answered.body;
  if (!isVerdict && WITHOUT_ROUTE.has(String(answered.body['error']))) return wrongRefusal(answered.body);
  return undocumented(method, path, answered);
};

export const wrongAnswers = ({ answersMax, status }: Garbage, answers: readonly Answered[]): string | null => {
  if (answers.length > answersMax) return `${answers.length} answers`;
  if (status !== undefined && answers.length === 0) return 'no answer';
  const first = answers[0]?.status;
  if (status !== undefined && first !== status) return `${first} for an answer`;
  const errors = answers.filter((each) => each.status >= 500);
  if (errors.length > 0) return `an error of the server: ${errors[0]?.text}`;
  const refusals = answers.filter((each) => WITHOUT_ROUTE.has(String(each.body['error'])));
  return refusals.map(({ body }) => wrongRefusal(body)).find((wrong) => wrong !== null) ?? null;
};

const wrongRefusal = (body: Json): string | null => documented.invalid(REFUSAL, body).join('; ') || null;

const wrongProblem = ({ status, body }: Answered): string | null => {
  const missing = PROBLEM.filter((name) => !(name in body));
  if (missing.length > 0) return `a problem without ${missing.join(', ')}`;
  return body['status'] === status ? null : `a problem of status ${String(body['status'])}`;
};

const undocumented = (method: string, path: string, answered: Answered): string | null => {
  try {
    holdToDocument(method, path, answered);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
