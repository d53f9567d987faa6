// The answers of an operation by status: what it says when all went well, and the refusals with their codes.
import { STATUS_CODES } from 'node:http';
import { refusals, type RefusalCode } from '../../refusals.ts';
import type { Answers } from '../../schemas/answers.ts';
import { EXAMPLE } from '../../schemas/examples.ts';
import { refusalBody } from '../context.ts';
import { mayBeUnmodified, type Operation } from './operation.ts';
import { headersOf, type HeaderName } from './parameters.ts';
import type { Json, Schemas } from './schemas.ts';

const JSON_TYPE = 'application/json';
const text = { type: 'string' } as const;

/** What every refusal looks like; an operation says which codes it has. */
const Refusal = {
  title: 'Refusal',
  type: 'object',
  properties: {
    error: { ...text, description: 'The code: what a program looks at.' },
    error_description: { ...text, description: 'What to do next: for a person.' },
    requestId: text,
    details: { type: 'object' },
    valid: { const: false, description: 'In every refusal of /v1/verify, and in no other.' },
  },
  required: ['error', 'error_description', 'requestId'],
} as const;

export const responsesOf = (operation: Operation, schemas: Schemas): Json => {
  const refused = operation.refusals.map((code) => refusals[code].status);
  const unmodified = mayBeUnmodified(operation) ? [NOT_MODIFIED] : [];
  const statuses = new Set([...Object.keys(operation.answers).map(Number), ...unmodified, ...refused]);
  const told = [...statuses]
    .toSorted((a, b) => a - b)
    .map((status) => {
      const answer = operation.answers[status] ?? null;
      const codes = operation.refusals.filter((code) => refusals[code].status === status);
      return [status, response({ operation, schemas, status, answer, codes })];
    });
  return Object.fromEntries(told);
};

interface Told {
  readonly operation: Operation;
  readonly schemas: Schemas;
  readonly status: number;
  readonly answer: Answers[number];
  readonly codes: readonly RefusalCode[];
}

const response = (told: Told): Json => ({
  description: STATUS_CODES[told.status],
  headers: headersOf(...headerNames(told)),
  ...(told.answer === null && told.codes.length === 0 ? {} : { content: { [mediaOf(told)]: contentOf(told) } }),
});

const mediaOf = ({ operation, answer }: Told): string => (answer === null ? JSON_TYPE : operation.media);

const contentOf = ({ schemas, answer, codes }: Told): Json => {
  const schemasTold = [
    ...(answer ? [schemas.of(answer)] : []),
    ...(codes.length > 0 ? [{ allOf: [schemas.of(Refusal), { properties: { error: { enum: codes } } }] }] : []),
  ];
  const examples = {
    ...(answer ? { answer: { value: answer.examples[0] } } : {}),
    ...Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
  };
  return { schema: schemasTold.length === 1 ? schemasTold[0] : { anyOf: schemasTold }, examples };
};

const NOT_MODIFIED = 304;
const isSuccess = (status: number) => status < 300;

const headerNames = ({ operation, status, answer, codes }: Told): readonly HeaderName[] => [
  'x-request-id',
  ...(operation.ofZone ? (['Coordinator-Seq'] as const) : []),
  ...(operation.headers.includes('Prefer') ? (['Coordinator-Ignored', 'Preference-Applied'] as const) : []),
  ...(operation.tagged && (isSuccess(status) || status === NOT_MODIFIED) ? (['ETag'] as const) : []),
  ...(isSuccess(status) && operation.refusals.includes('idempotency_key_conflict')
    ? (['Idempotency-Replayed'] as const)
    : []),
  ...(codes.some(mayEase) || (status === 401 && answer !== null) ? (['Retry-After'] as const) : []),
  ...(status === 401 && codes.length > 0 ? (['WWW-Authenticate'] as const) : []),
];

const mayEase = (code: RefusalCode): boolean => [429, 503].includes(refusals[code].status) || EASING.includes(code);

/** Other refusals that may succeed later: after an attempt ends, or after the issuer's keys are fetched again. */
const EASING: readonly RefusalCode[] = ['invocation_not_startable', 'invalid_token'];

/** What some refusals say beside their sentence. */
const details: Partial<Record<RefusalCode, Json>> = {
  invalid_body: { issues: [{ path: ['application_id'], message: 'is required' }] },
  number_out_of_range: {
    issues: [{ path: ['metadata', 'row'], message: 'is not a number that a double can hold: send it as a string' }],
  },
  invalid_query: {
    issues: [{ path: ['limit'], message: 'must be a whole number within its bounds, in decimal digits' }],
  },
  payload_too_large: { limit_bytes: 1_048_576 },
  session_lease_fenced: { lease_generation: 2 },
  agent_zone_limit_exceeded: { retryable: true, limit: 10_000 },
  agent_children_limit_exceeded: { retryable: false, limit: 10 },
  invocation_not_startable: { status: 'succeeded', attempts: 1, max_attempts: 3, retryable: false },
  delegation_exceeds_parent_authority: { exceeds: ['scopes'] },
  authority_too_large: { bytes: 8_500_000, limit_bytes: 8_388_608 },
  delegation_cycle_denied: { path: [EXAMPLE.session, EXAMPLE.child, EXAMPLE.session] },
};

/** An example of each refusal, by code. */
export const refusalExamples = (codes: Iterable<RefusalCode>): Json =>
  Object.fromEntries(
    [...codes].toSorted().map((code) => {
      const more = details[code];
      return [code, { value: refusalBody({ code, ...(more ? { details: more } : {}) }, EXAMPLE.requestId) }];
    }),
  );
