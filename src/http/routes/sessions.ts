// The routes of agent sessions, a row each.
import { HistoryPage } from '../../schemas/answers.ts';
import { Ending, Resumed, Session, SessionPage, StartedSession, Suspended } from '../../schemas/answers-sessions.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import {
  ChildrenQuery,
  DryRunQuery,
  SessionsQuery,
  StartBody,
  TASK_TTL_SECONDS_DEFAULT,
  TerminateBody,
  TerminateQuery,
} from '../../schemas/session.ts';
import type { PageRequest, SessionDone, SessionFilter } from '../../zone/commands.ts';
import { sessionTag } from '../../zone/entity-tags.ts';
import { START, TERMINATE } from '../refusal-groups.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import { entryView, pageView } from '../views/pages.ts';
import { countView, endingView, sessionView, startedView } from '../views/sessions.ts';
import { pageOf } from './page.ts';
import type { Static } from 'typebox';

const SESSIONS = '/zones/:zoneId/agents';
const SESSION = `${SESSIONS}/:id`;

export const sessionRoutes: readonly Route[] = [
  command({
    operationId: 'startSession',
    summary: 'Start an agent session',
    method: 'POST',
    path: SESSIONS,
    command: 'session.start',
    body: StartBody,
    answers: { 201: StartedSession, 200: StartedSession },
    refusals: START,
    operator: false,
    input: startOf,
    answer: started,
    tag: tagOfSession,
  }),
  query({
    operationId: 'listSessions',
    summary: 'List the sessions of a zone, newest first',
    method: 'GET',
    path: SESSIONS,
    ask: 'session.list',
    query: SessionsQuery,
    answers: { 200: SessionPage },
    refusals: [],
    operator: true,
    input: filterOf,
    view: (page, zone) => pageView(page, (session) => sessionView(zone, session)),
  }),
  query({
    operationId: 'getSession',
    summary: 'Look at one session',
    method: 'GET',
    path: SESSION,
    ask: 'session.get',
    answers: { 200: Session },
    refusals: ['agent_not_found'],
    operator: true,
    input: ({ id }) => ({ id }),
    view: (session, zone) => sessionView(zone, session),
    tag: sessionTag,
  }),
  query({
    operationId: 'listChildren',
    summary: 'List the children of a session, newest first',
    method: 'GET',
    path: `${SESSION}/children`,
    ask: 'session.children',
    query: ChildrenQuery,
    answers: { 200: SessionPage },
    refusals: ['agent_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...filterOf(parts) }),
    view: (page, zone) => pageView(page, (session) => sessionView(zone, session)),
  }),
  query({
    operationId: 'getSessionHistory',
    summary: 'Read what happened to a session, oldest first',
    method: 'GET',
    path: `${SESSION}/history`,
    ask: 'session.history',
    order: 'sequence',
    query: PageQuery,
    answers: { 200: HistoryPage },
    refusals: ['agent_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page) => pageView(page, entryView),
  }),
  command({
    operationId: 'suspendSession',
    summary: 'Suspend a session and everything below it',
    method: 'PATCH',
    path: `${SESSION}/suspend`,
    command: 'session.suspend',
    stops: true,
    query: DryRunQuery,
    answers: { 200: Suspended },
    refusals: ['agent_not_found', 'application_ownership_required', 'agent_not_found_or_not_active'],
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: countView('suspended', done) }),
    tag: tagOfSession,
  }),
  command({
    operationId: 'resumeSession',
    summary: 'Resume a session and what its suspension had stopped',
    method: 'PATCH',
    path: `${SESSION}/resume`,
    command: 'session.resume',
    query: DryRunQuery,
    answers: { 200: Resumed },
    refusals: [
      'agent_not_found',
      'application_ownership_required',
      'ancestor_suspended',
      'agent_not_found_or_not_suspended',
    ],
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: countView('resumed', done) }),
    tag: tagOfSession,
  }),
  command({
    operationId: 'terminateSession',
    summary: 'End a session and everything below it',
    method: 'DELETE',
    path: SESSION,
    command: 'session.terminate',
    stops: true,
    body: TerminateBody,
    query: TerminateQuery,
    answers: { 204: null, 200: Ending },
    refusals: TERMINATE,
    operator: true,
    input: ({ id, body, query: { reason } }) => terminationOf({ id, reason, ...body }),
    answer: terminated,
    tag: tagOfSession,
  }),
];

export function startOf({ newId, otherId, body }: Parts<Static<typeof StartBody>, unknown>) {
  const lifecycle = body.lifecycle ?? 'task';
  return {
    id: newId,
    applicationId: body.application_id,
    subjectSessionId: body.subject_session_id ?? null,
    parentId: body.parent_id ?? null,
    lifecycle,
    labels: (body.labels ?? []).map((label) => label.trim()),
    // July's clients send a TTL with every start. It is ignored for a service, which has a lease instead.
    ttlSeconds: lifecycle === 'task' ? (body.ttl_seconds ?? TASK_TTL_SECONDS_DEFAULT) : null,
    metadata: body.metadata ?? {},
    parentAuthority: body.parent_authority ?? null,
    inheritParentEdgeId: body.inherit_parent_edge_id ?? null,
    edgeId: otherId,
  };
}

export function started({ session, replayed }: SessionDone, zone: string): Answer {
  return { status: replayed ? 200 : 201, body: startedView(zone, session) };
}

export function terminationOf(asked: {
  readonly id: string;
  readonly reason?: string | undefined;
  readonly lease_generation?: number | null | undefined;
}) {
  const { id, reason = 'requested', lease_generation: leaseGeneration = null } = asked;
  return { id, reason, ...(leaseGeneration === null ? {} : { leaseGeneration }) };
}

/** 204 says all there is to say; a dry run has to say what it would end. */
export function terminated(done: SessionDone): Answer {
  return done.dryRun ? { status: 200, body: endingView(done) } : { status: 204 };
}

/** Of the session that was named or made, as it is afterwards. */
export function tagOfSession({ session }: SessionDone): string {
  return sessionTag(session);
}

function filterOf({ query }: Parts<unknown, Partial<Static<typeof SessionsQuery>>>): SessionFilter & PageRequest {
  return {
    status: query.status ?? null,
    lifecycle: query.lifecycle ?? null,
    applicationId: query.application_id ?? null,
    label: query.label ?? null,
    ...pageOf({ query }),
  };
}
