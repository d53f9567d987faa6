// What callers send about invocations.
import { Type } from 'typebox';
import { EXAMPLE } from './examples.ts';
import {
  AnyJson,
  FreeForm,
  FreeFormOrNull,
  Name,
  oneOf,
  orNull,
  page,
  printable,
  QueryText,
  Reason,
} from './primitives.ts';

export const TIMEOUT_MS_DEFAULT = 30_000;
export const ATTEMPTS_MAX_DEFAULT = 3;
export const BACKOFF_MS_DEFAULT = 1_000;

/** Characters. It leaves room for a URL with a query. */
const METHOD_LENGTH_MAX = 4_096;
const TIMEOUT_MS_MAX = 900_000;
const ATTEMPTS_MAX_MAX = 10;
const BACKOFF_MS_MAX = 300_000;

/** The method in the syntax of the worker; it may be a URL. */
const Method = printable(METHOD_LENGTH_MAX);

export const CreateBody = Type.Object(
  {
    service_id: Name,
    source_session_id: Type.Optional(orNull(Name)),
    target_session_id: Type.Optional(orNull(Name)),
    // What a key may look like is one rule for bodies and headers, and has its own code.
    idempotency_key: Type.String(),
    method: Method,
    params: Type.Optional(AnyJson),
    metadata: Type.Optional(FreeForm),
    timeout_ms: Type.Optional(Type.Integer({ minimum: 1, maximum: TIMEOUT_MS_MAX })),
    retry_policy: Type.Optional(
      Type.Object({
        max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: ATTEMPTS_MAX_MAX })),
        backoff_ms: Type.Optional(Type.Integer({ minimum: 0, maximum: BACKOFF_MS_MAX })),
      }),
    ),
  },
  {
    title: 'CreateInvocation',
    examples: [
      {
        service_id: EXAMPLE.service,
        source_session_id: EXAMPLE.session,
        idempotency_key: 'search-1',
        method: 'search',
        params: { city: 'Bern' },
      },
    ],
  },
);

export const CancelBody = Type.Object(
  { reason: Type.Optional(orNull(Reason)) },
  { title: 'CancelInvocation', examples: [{ reason: 'the trip was cancelled' }] },
);

export const CompleteBody = Type.Object(
  {
    status: oneOf(['succeeded', 'failed']),
    attempt: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: ATTEMPTS_MAX_MAX }))),
    error: Type.Optional(FreeFormOrNull),
    metadata: Type.Optional(FreeForm),
  },
  { title: 'CompleteInvocation', examples: [{ status: 'succeeded', attempt: 1, metadata: { found: 12 } }] },
);

export const InvocationsQuery = Type.Object({
  status: Type.Optional(
    // No invocation has the status `dead`; clients of the reference may filter by it.
    oneOf(['pending', 'running', 'cancel_requested', 'canceled', 'succeeded', 'failed', 'timed_out', 'dead']),
  ),
  service_id: Type.Optional(QueryText),
  session_id: Type.Optional(QueryText),
  ...page,
});
