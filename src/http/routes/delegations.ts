// The routes of delegated authority, a row each.
import type { Static } from 'typebox';
import { parseInstant } from '../../clock.ts';
import { HistoryPage } from '../../schemas/answers.ts';
import {
  CreatedEdge,
  EdgeAsAsked,
  EdgePage,
  HeldEdge,
  Impact,
  Revoked,
  Traversal,
} from '../../schemas/answers-delegations.ts';
import { EffectiveAuthority } from '../../schemas/answers-sessions.ts';
import { DelegateBody } from '../../schemas/delegation.ts';
import { PageQuery, WalkQuery } from '../../schemas/primitives.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import type { EdgeRecord } from '../../zone/actors/edges.ts';
import type { EdgeDone } from '../../zone/commands.ts';
import { recordTag } from '../../zone/entity-tags.ts';
import { isJsonObject } from '../json-object.ts';
import { DELEGATE, REVOKE } from '../refusal-groups.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import {
  authorityView,
  createdEdgeView,
  edgeRow,
  heldEdgeView,
  impactView,
  revokedView,
  traversalView,
} from '../views/delegations.ts';
import { entryView, pageView } from '../views/pages.ts';
import { pageOf, walkOf } from './page.ts';

const EDGES = '/zones/:zoneId/delegations';
const EDGE = `${EDGES}/:id`;

export const delegationRoutes: readonly Route[] = [
  command({
    operationId: 'createDelegation',
    summary: 'Hand authority from one session to another',
    method: 'POST',
    path: EDGES,
    command: 'edge.create',
    body: DelegateBody,
    query: DryRunQuery,
    answers: { 201: CreatedEdge, 200: EdgeAsAsked },
    refusals: DELEGATE,
    operator: false,
    input: delegationOf,
    answer: delegated,
    tag: tagOfNewEdge,
  }),
  query({
    operationId: 'listActiveDelegations',
    summary: 'List the active edges that the caller may see, newest first',
    method: 'GET',
    path: `${EDGES}/active`,
    ask: 'edge.active',
    query: PageQuery,
    answers: { 200: EdgePage },
    refusals: [],
    operator: true,
    input: pageOf,
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    operationId: 'listInboundDelegations',
    summary: 'List the edges to a session, newest first',
    method: 'GET',
    path: `${EDGES}/inbound/:id`,
    ask: 'edge.inbound',
    query: PageQuery,
    answers: { 200: EdgePage },
    refusals: ['agent_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    operationId: 'getInboundDelegation',
    summary: 'Check an active edge to a session',
    method: 'GET',
    path: `${EDGES}/inbound/:sessionId/:id`,
    ask: 'edge.held',
    answers: { 200: HeldEdge },
    refusals: ['delegation_not_found'],
    operator: true,
    input: ({ id, sessionId }) => ({ id, sessionId }),
    view: heldEdgeView,
    tag: ({ record }) => recordTag(record),
  }),
  query({
    operationId: 'listOutboundDelegations',
    summary: 'List the edges from a session, newest first',
    method: 'GET',
    path: `${EDGES}/outbound/:id`,
    ask: 'edge.outbound',
    query: PageQuery,
    answers: { 200: EdgePage },
    refusals: ['agent_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    operationId: 'traverseDelegation',
    summary: 'Follow an edge to everything downstream',
    method: 'GET',
    path: `${EDGE}/traverse`,
    ask: 'edge.traverse',
    order: 'walk',
    query: WalkQuery,
    answers: { 200: Traversal },
    refusals: ['delegation_not_found', 'issuer_ownership_required'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...walkOf(parts) }),
    view: traversalView,
    next: ({ nextCursor }) => nextCursor,
  }),
  query({
    operationId: 'getDelegationImpact',
    summary: 'Say what revoking an edge would change',
    method: 'GET',
    path: `${EDGE}/impact`,
    ask: 'edge.impact',
    order: 'walk',
    query: WalkQuery,
    answers: { 200: Impact },
    refusals: ['delegation_not_found', 'issuer_ownership_required'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...walkOf(parts) }),
    view: impactView,
  }),
  query({
    operationId: 'getDelegationHistory',
    summary: 'Read what happened to an edge, oldest first',
    method: 'GET',
    path: `${EDGE}/history`,
    ask: 'edge.history',
    order: 'sequence',
    query: PageQuery,
    answers: { 200: HistoryPage },
    refusals: ['delegation_not_found'],
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page) => pageView(page, entryView),
  }),
  query({
    operationId: 'getEffectiveAuthority',
    summary: 'Say what a session may do by the edges it holds',
    method: 'GET',
    path: '/zones/:zoneId/agents/:id/effective-authority',
    ask: 'session.authority',
    answers: { 200: EffectiveAuthority },
    refusals: ['agent_not_found', 'authority_too_large'],
    operator: true,
    input: ({ id }) => ({ id }),
    view: authorityView,
  }),
  command({
    operationId: 'revokeDelegation',
    summary: 'Revoke an edge with everything downstream',
    method: 'PATCH',
    path: `${EDGE}/revoke`,
    command: 'edge.revoke',
    stops: true,
    query: DryRunQuery,
    answers: { 200: Revoked },
    refusals: REVOKE,
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: revokedView(done) }),
    tag: tagOfEdge,
  }),
];

/** The terms of a delegation, from either door. Of two kinds of constraints the first that gives one wins, name by name. */
export function delegationOf({ newId, body }: Parts<Static<typeof DelegateBody>, unknown>) {
  return {
    id: newId,
    sourceSessionId: body.source_session_id,
    targetSessionId: body.target_session_id,
    issuerApplicationId: body.issuer_application_id,
    receiverApplicationId: body.receiver_application_id,
    parentEdgeId: body.parent_edge_id ?? null,
    resourceId: body.resource_id ?? null,
    scopes: body.scopes ?? [],
    constraints: constraintsOf(body),
    expiresAt: parseInstant(body.expires_at ?? ''),
    ttlSeconds: body.ttl_seconds ?? null,
  };
}

/** The constraints of both kinds. A value that is no object is passed on as it is, for the decision to refuse. */
function constraintsOf({ constraints, constraints_json: json }: Static<typeof DelegateBody>): unknown {
  const kinds = [json ?? {}, constraints ?? {}];
  const other = kinds.find((kind) => !isJsonObject(kind));
  if (other !== undefined) return other;
  // By spread: `Object.assign` would run the setter of `__proto__`.
  return kinds.filter(isJsonObject).reduce((all, kind) => ({ ...all, ...given(kind) }), {});
}

/** Null gives nothing: it must not hide a bound that the other kind gives. */
function given(constraints: object): object {
  return Object.fromEntries(Object.entries(constraints).filter(([, value]) => value !== null));
}

export function delegated(done: EdgeDone, zone: string): Answer {
  return { status: done.dryRun ? 200 : 201, body: createdEdgeView(zone, done) };
}

export function tagOfEdge({ edge }: { readonly edge: EdgeRecord | null }): string | null {
  return edge && recordTag(edge);
}

/** What a dry run would have made is nowhere to be seen. */
export function tagOfNewEdge(done: EdgeDone): string | null {
  return done.dryRun && !done.replayed ? null : tagOfEdge(done);
}
