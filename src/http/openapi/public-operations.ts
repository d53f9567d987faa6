// Operations of the OpenAPI document that have no route row: public calls, metrics, inspector tickets and views of
// zones. The code is in `public-routes.ts`, `verify.ts`, `metrics.ts` and `inspector/`.
import { Type } from 'typebox';
import { Health, KeySet, NotReady, NotVerified, OpenApi, Ready, Verified } from '../../schemas/answers-public.ts';
import { MetricsText, Stats } from '../../schemas/answers-figures.ts';
import { ActorPath, InspectorTicket, PathQuery, ZonesSeen } from '../../schemas/inspector.ts';
import { VerifyBody } from '../../schemas/lifecycle.ts';
import { PATH_ID } from '../../schemas/primitives.ts';
import { ANY_TIME, BODY } from '../refusal-groups.ts';
import { VERIFY_PATH } from '../verify-path.ts';
import type { Operation } from './operation.ts';

const anybody = {
  callers: [],
  body: null,
  query: null,
  headers: [],
  media: 'application/json',
  tagged: false,
  ofZone: false,
} as const;

/** Refusals of every route that needs a secret: `rate_limited` after too many wrong secrets. */
const OPERATOR_ONLY = ['missing_token', 'invalid_token', 'operator_token_required', 'rate_limited'] as const;

/** The probes are answered while the process drains, too. */
const probes: readonly Operation[] = [
  {
    ...anybody,
    operationId: 'getHealth',
    summary: 'Check that the process is running',
    method: 'GET',
    path: '/health',
    answers: { 200: Health },
    refusals: ['internal_error', 'overloaded'],
  },
  {
    ...anybody,
    operationId: 'getReadiness',
    summary: 'Check that requests are served',
    method: 'GET',
    path: '/ready',
    answers: { 200: Ready, 503: NotReady },
    refusals: ['internal_error', 'overloaded', 'rate_limited'],
  },
];

const verify: Operation = {
  ...anybody,
  operationId: 'verifyToken',
  summary: 'Check whether a token is valid now, and show its claims',
  method: 'POST',
  path: VERIFY_PATH,
  body: VerifyBody,
  answers: { 200: Verified, 400: NotVerified, 401: NotVerified },
  refusals: [
    ...BODY,
    'request_timeout',
    ...ANY_TIME,
    'rate_limited',
    'issuer_unavailable',
    'journal_unavailable',
    'read_interrupted',
    'zone_faulted',
    'history_damaged',
  ],
  ofZone: true,
};

const keys: Operation = {
  ...anybody,
  operationId: 'getKeys',
  summary: 'Get the public keys of the own issuer',
  method: 'GET',
  path: '/.well-known/jwks.json',
  headers: ['Prefer'],
  query: Type.Object({ zone_id: Type.Optional(Type.String({ pattern: PATH_ID.source })) }),
  answers: { 200: KeySet },
  refusals: ['invalid_query', ...ANY_TIME, 'issuer_unavailable'],
};

const document: Operation = {
  ...anybody,
  operationId: 'getDocument',
  summary: 'Get this document',
  method: 'GET',
  path: '/openapi.json',
  tagged: true,
  answers: { 200: OpenApi },
  refusals: ANY_TIME,
};

const figures: readonly Operation[] = [
  {
    ...anybody,
    operationId: 'getMetrics',
    summary: "Get the figures in Prometheus' text format, by `METRICS_BEARER` if set",
    method: 'GET',
    path: '/metrics',
    callers: ['operator'],
    media: 'text/plain',
    answers: { 200: MetricsText },
    refusals: [...OPERATOR_ONLY, ...ANY_TIME],
  },
  {
    ...anybody,
    operationId: 'getStats',
    summary: 'Get the figures as JSON, with live invocations and the outbox',
    method: 'GET',
    path: '/stats',
    callers: ['operator'],
    answers: { 200: Stats },
    refusals: [...OPERATOR_ONLY, ...ANY_TIME],
  },
];

const inspectorTicket: Operation = {
  ...anybody,
  operationId: 'createInspectorTicket',
  summary: 'Get a ticket that opens the WebSocket of inspectors once',
  method: 'POST',
  path: '/inspector/tickets',
  callers: ['operator'],
  answers: { 201: InspectorTicket },
  refusals: [...OPERATOR_ONLY, 'origin_not_allowed', ...ANY_TIME],
};

const inspectorZones: Operation = {
  ...anybody,
  operationId: 'listZones',
  summary: 'List the zones, those in memory first',
  method: 'GET',
  path: '/inspector/zones',
  callers: ['operator'],
  answers: { 200: ZonesSeen },
  refusals: [...OPERATOR_ONLY, ...ANY_TIME],
};

const inspectorPath: Operation = {
  ...anybody,
  operationId: 'getActorPath',
  summary: 'Read the way an actor took through the states of its machine, oldest first',
  method: 'GET',
  path: '/inspector/path',
  headers: ['Prefer'],
  callers: ['operator'],
  query: PathQuery,
  answers: { 200: ActorPath },
  refusals: [
    ...OPERATOR_ONLY,
    'invalid_query',
    'agent_not_found',
    'invocation_not_found',
    'delegation_not_found',
    'journal_unavailable',
    'read_interrupted',
    'zone_faulted',
    'history_damaged',
    ...ANY_TIME,
  ],
};

/** `ownIssuer`: whether the coordinator issues the tokens itself, and so has keys to show. */
export const publicOperations = (ownIssuer: boolean): readonly Operation[] => [
  ...probes,
  ...(ownIssuer ? [keys] : []),
  document,
  verify,
  ...figures,
  inspectorTicket,
  inspectorZones,
  inspectorPath,
];
