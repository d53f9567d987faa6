// The routes of invocations, a row each.
import type { Static } from 'typebox';
import { HistoryPage } from '../../schemas/answers.ts';
import { Invocation, InvocationPage } from '../../schemas/answers-services.ts';
import {
  ATTEMPTS_MAX_DEFAULT,
  BACKOFF_MS_DEFAULT,
  CancelBody,
  CompleteBody,
  CreateBody,
  InvocationsQuery,
  TIMEOUT_MS_DEFAULT,
} from '../../schemas/invocation.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import type { InvocationDone } from '../../zone/commands.ts';
import { recordTag } from '../../zone/entity-tags.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import { invocationRow, invocationView } from '../views/invocations.ts';
import { entryView, pageView } from '../views/pages.ts';
import { pageOf } from './page.ts';

const INVOCATIONS = '/zones/:zoneId/invocations';
const INVOCATION = `${INVOCATIONS}/:id`;

export const invocationRoutes: readonly Route[] = [
  command({
    operationId: 'createInvocation',
    summary: 'Create an invocation of a service agent',
    method: 'POST',
    path: INVOCATIONS,
    command: 'invocation.create',
    rate: 'invocation',
    body: CreateBody,
    key: 'body',
    answers: { 201: Invocation, 200: Invocation },
    refusals: [
      'agent_service_not_found',
      'agent_session_not_found',
      'invoker_ownership_required',
      'invocation_zone_limit_exceeded',
    ],
    operator: false,
    input: creationOf,
    answer: created,
    tag: tagOf,
  }),
  query({
    operationId: 'listInvocations',
    summary: 'List the invocations of a zone, newest first',
    method: 'GET',
    path: INVOCATIONS,
    ask: 'invocation.list',
    query: InvocationsQuery,
    answers: { 200: InvocationPage },
    refusals: [],
    operator: true,
    input: ({ query: asked }) => ({
      status: asked.status ?? null,
      serviceId: asked.service_id ?? null,
      sessionId: asked.session_id ?? null,
      ...pageOf({ query: asked }),
    }),
    view: (page, zone) => pageView(page, (invocation) => invocationRow(zone, invocation)),
  }),
  query({
    operationId: 'getInvocation',
    summary: 'Look at one invocation',
    method: 'GET',
    path: INVOCATION,
    ask: 'invocation.get',
    answers: { 200: Invocation },
    refusals: ['invocation_not_found'],
    operator: true,
    input: ({ id }) => ({ id }),
    view: (invocation, zone) => invocationView(zone, invocation),
    tag: ({ record }) => recordTag(record),
  }),
  query({
    operationId: 'getInvocationHistory',
    summary: 'Read what happened to an invocation, oldest first',
    method: 'GET',
    path: `${INVOCATION}/history`,
    ask: 'invocation.history',
    order: 'sequence',
    query: PageQuery,
    answers: { 200: HistoryPage },
    refusals: ['invocation_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page) => pageView(page, entryView),
  }),
  command({
    operationId: 'startInvocation',
    summary: 'Start an attempt',
    method: 'PATCH',
    path: `${INVOCATION}/start`,
    command: 'invocation.start',
    rate: 'invocation',
    answers: { 200: Invocation },
    refusals: [
      'invocation_not_found',
      'invoker_ownership_required',
      'invocation_not_startable',
      'invocation_session_suspended',
    ],
    operator: false,
    input: ({ id }) => ({ id }),
    answer: moved,
    tag: tagOf,
  }),
  command({
    operationId: 'cancelInvocation',
    summary: 'Cancel an invocation, or ask for it where it runs',
    method: 'PATCH',
    path: `${INVOCATION}/cancel`,
    command: 'invocation.cancel',
    rate: 'invocation',
    body: CancelBody,
    answers: { 200: Invocation },
    refusals: ['invocation_not_found', 'invoker_ownership_required', 'invocation_not_cancelable', 'metadata_too_large'],
    operator: true,
    input: ({ id, body }) => ({ id, reason: body.reason ?? null }),
    answer: moved,
    tag: tagOf,
  }),
  command({
    operationId: 'completeInvocation',
    summary: 'Say how an attempt ended',
    method: 'PATCH',
    path: `${INVOCATION}/complete`,
    command: 'invocation.complete',
    rate: 'invocation',
    body: CompleteBody,
    answers: { 200: Invocation },
    refusals: [
      'invocation_not_found',
      'invoker_ownership_required',
      'invocation_attempt_fenced',
      'invocation_not_completable',
      'metadata_too_large',
    ],
    operator: false,
    input: ({ id, body }) => ({
      id,
      status: body.status,
      attempt: body.attempt ?? null,
      error: body.error ?? null,
      metadata: body.metadata ?? {},
    }),
    answer: moved,
    tag: tagOf,
  }),
];

function creationOf({ newId, body }: Parts<Static<typeof CreateBody>, unknown>) {
  return {
    id: newId,
    serviceId: body.service_id,
    sourceSessionId: body.source_session_id ?? null,
    targetSessionId: body.target_session_id ?? null,
    method: body.method,
    // Null is a valid value of `params`; only an absent member means `{}`.
    params: body.params === undefined ? {} : body.params,
    metadata: body.metadata ?? {},
    timeoutMs: body.timeout_ms ?? TIMEOUT_MS_DEFAULT,
    attemptsMax: body.retry_policy?.max_attempts ?? ATTEMPTS_MAX_DEFAULT,
    backoffMs: body.retry_policy?.backoff_ms ?? BACKOFF_MS_DEFAULT,
  };
}

function created({ invocation, replayed }: InvocationDone, zone: string): Answer {
  return { status: replayed ? 200 : 201, body: invocationView(zone, invocation) };
}

function moved({ invocation }: InvocationDone, zone: string): Answer {
  return { status: 200, body: invocationView(zone, invocation) };
}

function tagOf({ invocation }: InvocationDone): string {
  return recordTag(invocation.record);
}
