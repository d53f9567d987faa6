// The routes of delegated authority, a row each.
import type { Static } from 'typebox';
import { parseInstant } from '../../clock.ts';
import { DelegateBody } from '../../schemas/delegation.ts';
import { PageQuery } from '../../schemas/primitives.ts';
import { DryRunQuery } from '../../schemas/session.ts';
import type { EdgeDone } from '../../zone/commands.ts';
import { command, query, type Answer, type Parts, type Route } from '../route.ts';
import {
  authorityView,
  createdEdgeView,
  edgeRow,
  impactView,
  revokedView,
  traversalView,
} from '../views/delegations.ts';
import { entryView, pageView } from '../views/pages.ts';
import { pageOf } from './page.ts';

const EDGES = '/zones/:zoneId/delegations';
const EDGE = `${EDGES}/:id`;

export const delegationRoutes: readonly Route[] = [
  command({
    method: 'POST',
    path: EDGES,
    command: 'edge.create',
    body: DelegateBody,
    query: DryRunQuery,
    key: 'header',
    operator: false,
    input: delegationOf,
    answer: delegated,
  }),
  query({
    method: 'GET',
    path: `${EDGES}/active`,
    ask: 'edge.active',
    query: PageQuery,
    operator: true,
    input: pageOf,
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    method: 'GET',
    path: `${EDGES}/inbound/:id`,
    ask: 'edge.inbound',
    query: PageQuery,
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    method: 'GET',
    path: `${EDGES}/outbound/:id`,
    ask: 'edge.outbound',
    query: PageQuery,
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page, zone) => pageView(page, (edge) => edgeRow(zone, edge)),
  }),
  query({
    method: 'GET',
    path: `${EDGE}/traverse`,
    ask: 'edge.traverse',
    operator: true,
    input: ({ id }) => ({ id }),
    view: traversalView,
  }),
  query({
    method: 'GET',
    path: `${EDGE}/impact`,
    ask: 'edge.impact',
    operator: true,
    input: ({ id }) => ({ id }),
    view: impactView,
  }),
  query({
    method: 'GET',
    path: `${EDGE}/history`,
    ask: 'edge.history',
    query: PageQuery,
    operator: true,
    input: (parts) => ({ id: parts.id, ...pageOf(parts) }),
    view: (page) => pageView(page, entryView),
  }),
  query({
    method: 'GET',
    path: '/zones/:zoneId/agents/:id/effective-authority',
    ask: 'session.authority',
    operator: true,
    input: ({ id }) => ({ id }),
    view: authorityView,
  }),
  command({
    method: 'PATCH',
    path: `${EDGE}/revoke`,
    command: 'edge.revoke',
    query: DryRunQuery,
    operator: true,
    input: ({ id }) => ({ id }),
    answer: (done) => ({ status: 200, body: revokedView(done) }),
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
    constraints: { ...given(body.constraints_json ?? {}), ...given(body.constraints ?? {}) },
    expiresAt: parseInstant(body.expires_at ?? ''),
    ttlSeconds: body.ttl_seconds ?? null,
  };
}

/** Null gives nothing: it must not hide a bound that the other kind gives. */
function given(constraints: object): object {
  return Object.fromEntries(Object.entries(constraints).filter(([, value]) => value !== null));
}

export function delegated(done: EdgeDone, zone: string): Answer {
  const body = createdEdgeView(zone, done);
  if (done.dryRun) return { status: 200, body };
  return done.replayed ? { status: 201, body, headers: { 'Idempotency-Replayed': 'true' } } : { status: 201, body };
}
