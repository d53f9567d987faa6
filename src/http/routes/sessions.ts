// The routes of agent sessions, a row each.
import { PageQuery } from '../../schemas/primitives.ts';
import {
  ChildrenQuery,
  DryRunQuery,
  SessionsQuery,
  StartBody,
  TASK_TTL_SECONDS_DEFAULT,
  TerminateQuery,
} from '../../schemas/session.ts';
import type { PageRequest, SessionDone, SessionFilter } from '../../zone/commands.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import { entryView, pageView } from '../views/pages.ts';
import { countView, endingView, sessionView, startedView } from '../views/sessions.ts';
import { pageOf } from './page.ts';
import type { Static } from 'typebox';

const SESSIONS = '/zones/:zoneId/agents';
const SESSION = `${SESSIONS}/:id`;

export const sessionRoutes: readonly Route[] = [
  command({
    method: 'POST',
    path: SESSIONS,
    command: 'session.start',
    body: StartBody,
    key: 'header',
    operator: false,
    input: startOf,
    answer: started,
  }),
  query({
    method: 'GET',
    path: SESSIONS,
    ask: 'session.list',
    query: SessionsQuery,
    operator: true,
    input: filterOf,
    view: (page, zone) => pageView(page, (session) => sessionView(zone, session)),
  }),
  query({
    method: 'GET',
    path: SESSION,
    ask: 'session.get',
    operator: true,
    input: ({ id }) => ({ id }),
    view: (session, zone) => sessionView(zone, session),
  }),
  query({
    method: 'GET',
    path: `${SESSION}/children`,
    ask: 'session.children',
    query: ChildrenQuery,
    operator: true,
    input: (parts) => ({ id: parts.id, ...filterOf(parts) }),
    view: (page, zone) => pageView(page, (session) => sessionView(zone, session)),
  }),
  query({
    method: 'GET',
    path: `${SESSION}/history`,
    ask: 'session.history',
    query: PageQuery,
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page) => pageView(page, entryView),
  }),
  command({
    method: 'PATCH',
    path: `${SESSION}/suspend`,
    command: 'session.suspend',
    query: DryRunQuery,
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: countView('suspended', done) }),
  }),
  command({
    method: 'PATCH',
    path: `${SESSION}/resume`,
    command: 'session.resume',
    query: DryRunQuery,
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: countView('resumed', done) }),
  }),
  command({
    method: 'DELETE',
    path: SESSION,
    command: 'session.terminate',
    query: TerminateQuery,
    operator: true,
    input: ({ id, query: { reason } }) => ({ id, reason: reason ?? 'requested' }),
    answer: terminated,
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
    ttlSeconds: body.ttl_seconds ?? (lifecycle === 'task' ? TASK_TTL_SECONDS_DEFAULT : null),
    metadata: body.metadata ?? {},
    parentAuthority: body.parent_authority ?? 'inherit',
    inheritParentEdgeId: body.inherit_parent_edge_id ?? null,
    edgeId: otherId,
  };
}

export function started({ session, replayed }: SessionDone, zone: string): Answer {
  const body = startedView(zone, session);
  return replayed ? { status: 200, body, headers: { 'Idempotency-Replayed': 'true' } } : { status: 201, body };
}

/** 204 says all there is to say; a dry run has to say what it would end. */
export function terminated(done: SessionDone): Answer {
  return done.dryRun ? { status: 200, body: endingView(done) } : { status: 204 };
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
