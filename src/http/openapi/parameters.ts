// The parameters and headers of an operation: what stands in the path, in the query string, and in headers.
import type { TSchema } from 'typebox';
import { EVENT_ID } from '../../schemas/events.ts';
import { PATH_ID } from '../../schemas/primitives.ts';
import type { Operation } from './operation.ts';
import type { Json, Schemas } from './schemas.ts';

const KEY_LENGTH_MAX = 255;
const idSchema = { type: 'string', pattern: PATH_ID.source };

/** What an id in a path names, by the part of the path before it. */
const NAMED_BY: Readonly<Record<string, string>> = {
  zones: 'The zone.',
  agents: 'The agent session.',
  inbound: 'The agent session.',
  ':sessionId': 'The delegation edge.',
  outbound: 'The agent session.',
  invocations: 'The invocation.',
  delegations: 'The delegation edge.',
  applications: 'The application.',
  'subject-sessions': 'The subject session.',
  resources: 'The resource.',
};

const QUERY_WORDS: Readonly<Record<string, string>> = {
  limit: 'How many rows at most; 100 where nothing is said.',
  cursor: 'The `next_cursor` of the page before.',
  dry_run: 'Whether to say only what would change.',
  topics: 'Topics, separated by commas; all of them where none is named.',
  from: 'The last event seen: the stream goes on behind it. From now on where nothing is said.',
};

const header = (name: string, description: string, schema: Json) =>
  ({ name, in: 'header', description, schema }) as const;

/** Parameters that many operations take, by the name they are referred to by. */
export const commonParameters = {
  RequestId: header('x-request-id', 'What to call this request in answers, logs and the journal.', idSchema),
  IdempotencyKey: header(
    'Idempotency-Key',
    'Makes it safe to send this request again: the same key and the same request have the same answer.',
    { type: 'string', minLength: 1, maxLength: KEY_LENGTH_MAX },
  ),
  LastEventId: header(
    'Last-Event-ID',
    'The last event seen, as a browser that comes back says it; counts before `from`.',
    {
      type: 'string',
      pattern: EVENT_ID.source,
    },
  ),
  Prefer: header(
    'Prefer',
    '`handling=strict` refuses unknown members and query parameters; without it they are ignored and named in `Coordinator-Ignored` (RFC 7240).',
    { type: 'string', minLength: 1 },
  ),
  IfMatch: header(
    'If-Match',
    'Only while what is named has one of these entity tags, or exists (`*`); else 412 (RFC 9110, section 13.1.1).',
    { type: 'string', minLength: 1 },
  ),
  IfNoneMatch: header(
    'If-None-Match',
    'Only while what is named has none of these entity tags, or does not exist (`*`); else 304 to a GET, 412 to others (RFC 9110, section 13.1.2).',
    { type: 'string', minLength: 1 },
  ),
} as const;

/** Those that only some operations take. */
export type OwnHeader = Exclude<keyof typeof commonParameters, 'RequestId'>;

/** Headers of answers, by the name they are referred to by. */
export const commonHeaders = {
  'x-request-id': { description: 'What this request is called.', required: true, schema: idSchema },
  'Coordinator-Seq': {
    description: "The sequence of the zone's journal that the answer reflects.",
    schema: { type: 'integer', minimum: 0 },
  },
  ETag: {
    description: 'The entity tag (RFC 9110, section 8.8.3) of what was asked for, named or made, as it is now.',
    schema: { type: 'string' },
  },
  'Coordinator-Ignored': {
    description:
      'Unknown names in the request, percent-encoded and separated by commas: members of the body, and query parameters with the prefix `?`. At most 20, then `...`.',
    schema: { type: 'string' },
  },
  'Preference-Applied': {
    description: 'The request was checked for unknown members and query parameters (RFC 7240).',
    schema: { const: 'handling=strict' },
  },
  'Idempotency-Replayed': {
    description: 'The answer repeats that of an earlier request with the same key.',
    schema: { const: 'true' },
  },
  'Retry-After': {
    description: 'Seconds after which trying again may help.',
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': { description: 'The scheme (RFC 9110, section 11.6.1).', schema: { const: 'Bearer' } },
} as const;

export type HeaderName = keyof typeof commonHeaders;

export const headersOf = (...names: readonly HeaderName[]): Json =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

export const parametersOf = ({ path, query, headers }: Operation, schemas: Schemas): readonly Json[] => [
  ...pathParameters(path),
  ...(query ? queryParameters(query, schemas) : []),
  { $ref: '#/components/parameters/RequestId' },
  ...headers.map((name) => ({ $ref: `#/components/parameters/${name}` })),
];

/** `/zones/:zoneId` as `/zones/{zoneId}`. */
export const templateOf = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}');

const pathParameters = (path: string): readonly Json[] =>
  [...path.matchAll(/(?<=([^/]+)\/):(\w+)/g)].map(([, before = '', name]) => ({
    name,
    in: 'path',
    required: true,
    description: NAMED_BY[before],
    schema: idSchema,
  }));

const queryParameters = (query: TSchema, schemas: Schemas): readonly Json[] => {
  const { properties = {}, required = [] } = query as {
    readonly properties?: Readonly<Record<string, object>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(name in QUERY_WORDS ? { description: QUERY_WORDS[name] } : {}),
    schema: schemas.of(schema),
  }));
};
