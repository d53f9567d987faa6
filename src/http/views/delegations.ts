// How delegated authority looks on the wire.
import { callersEnd } from '../../authority/end-instants.ts';
import { budgetOf, hopsOf } from '../../authority/narrowing.ts';
import { isoInstant } from '../../clock.ts';
import { IDS_NAMED_MAX } from '../../limits.ts';
import type { EdgeRecord } from '../../zone/actors/edges.ts';
import type { AuthorityView, EdgeSight, Impact, Traversal } from '../../zone/reading/authority-views.ts';
import type { EdgeDone, RevokeDone } from '../../zone/commands.ts';
import type { Step } from '../../zone/graph.ts';
import { sessionStatusOf, topLevelOf } from '../../zone/status-words.ts';
import { instantOrNull } from './instants.ts';

const WARNINGS = ['resource_null_delegation_broadens_resource_matching'] as const;

const isBroad = ({ context }: EdgeRecord): boolean => context.resources === null;

const constraintsView = ({ context: { constraints } }: EdgeRecord) => {
  const { resources, maxHops, ttlSeconds, budget, policyApproved, broadReason } = constraints;
  const all = {
    resources,
    max_hops: maxHops,
    max_depth: maxHops,
    ttl_seconds: ttlSeconds,
    budget,
    policy_approved: policyApproved,
    broad_reason: broadReason,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
};

const termsView = (zone: string, edge: EdgeRecord) => ({
  zone_id: zone,
  source_session_id: edge.context.sourceSessionId,
  target_session_id: edge.context.targetSessionId,
  issuer_application_id: edge.context.issuerApplicationId,
  receiver_application_id: edge.context.receiverApplicationId,
  parent_edge_id: edge.context.parentEdgeId,
  resource_id: edge.context.resourceId,
  scopes: edge.context.scopes,
  constraints_json: constraintsView(edge),
  status: topLevelOf(edge.state),
  expires_at: isoInstant(callersEnd(edge.context)),
  edge_version: edge.context.edgeVersion,
  revoked_at: instantOrNull(edge.context.revokedAt),
  created_at: isoInstant(edge.context.createdAt),
});

/** An edge in a list. */
export const edgeRow = (zone: string, { record }: EdgeSight) => ({
  id: record.id,
  ...termsView(zone, record),
  broad_reason: record.context.constraints.broadReason,
});

/** An active edge, as its receiver checks it. */
export const heldEdgeView = ({ record: { id, state, context } }: EdgeSight) => ({
  id,
  status: topLevelOf(state),
  expires_at: isoInstant(callersEnd(context)),
});

const grantView = (edge: EdgeRecord) => ({
  source_session_id: edge.context.sourceSessionId,
  target_session_id: edge.context.targetSessionId,
  parent_edge_id: edge.context.parentEdgeId,
  resource_id: edge.context.resourceId,
  resources: edge.context.resources ?? [],
  scopes: edge.context.scopes,
  expires_at: isoInstant(callersEnd(edge.context)),
  max_hops: hopsOf(edge.context),
  ttl_seconds: edge.context.constraints.ttlSeconds,
  budget: budgetOf(edge.context),
  broad: isBroad(edge),
  parent_edges_considered: consideredBy(edge),
});

/** Edges of earlier versions only know their parent, and the number of the others. */
const consideredBy = ({ context: { parentEdgesConsidered: considered, parentEdgeId } }: EdgeRecord) => {
  if (typeof considered !== 'number') return considered;
  return parentEdgeId === null ? [] : [parentEdgeId];
};

/** Why an edge was allowed, in the reference's words. */
const allowedBecause = (edge: EdgeRecord): string[] => [
  'same_zone_endpoints_active',
  isBroad(edge) ? 'broad_delegation_elevated' : 'resource_scope_checked',
  edge.context.parentEdgeId === null ? 'source_authority_root' : 'parent_authority_narrowed',
  'typed_constraints_validated',
];

/** A dry run has no id to tell of what it would make, and makes nothing where its key has made something before. */
export const createdEdgeView = (zone: string, { edge, dryRun, replayed }: EdgeDone) => ({
  ...(dryRun ? { dry_run: true, created: replayed ? 0 : 1 } : {}),
  delegation_edge_id: dryRun && !replayed ? null : edge.id,
  ...termsView(zone, edge),
  warnings: isBroad(edge) ? WARNINGS : [],
  allow_reason: allowedBecause(edge),
  effective_authority: grantView(edge),
});

export const revokedView = (done: RevokeDone) => ({
  ...(done.dryRun ? { dry_run: true } : {}),
  revoked_edges: done.downstreamCount,
  also_revoked_edges: done.revokedCount - done.downstreamCount,
  affected_sessions: done.subjectsCount,
  terminated_agents: done.movedCount,
  terminated_sessions: done.movedCount,
  ...(done.dryRun
    ? {
        delegation_edge_ids: done.revoked.slice(0, IDS_NAMED_MAX),
        subject_session_ids: done.subjects.slice(0, IDS_NAMED_MAX),
        agent_session_ids: done.moved.slice(0, IDS_NAMED_MAX),
      }
    : { graph_epoch: done.epoch }),
});

const stepView = ({ id, sourceSessionId, targetSessionId, depth }: Step) => ({
  id,
  source_session_id: sourceSessionId,
  target_session_id: targetSessionId,
  depth,
});

export const traversalView = ({ steps }: Traversal) => steps.map(stepView);

export const impactView = ({
  edgeId,
  steps,
  alsoRevoked,
  targets,
  subjects,
  ended,
  cancelled,
  nextCursor,
}: Impact) => ({
  edge_id: edgeId,
  affected_edges: steps.map(stepView),
  also_revoked_edges: alsoRevoked,
  affected_agents: targets,
  affected_sessions: targets,
  affected_subject_sessions: subjects,
  affected_authority_records: subjects,
  terminated_agents: ended,
  terminated_sessions: ended,
  cancelled_invocations: cancelled,
  next_cursor: nextCursor,
});

export const authorityView = ({ session, inbound, effective, epoch }: AuthorityView) => ({
  agent_session_id: session.id,
  inbound_edges: inbound.map(({ id }) => id),
  effective_scopes: effective.scopes,
  effective_resource_ids: effective.resourceIds,
  effective_resources: effective.resources ?? [],
  effective_resource_constrained: effective.resources !== null,
  effective_max_hops: effective.maxHops,
  effective_ttl_seconds: effective.ttlSeconds,
  earliest_expires_at: instantOrNull(effective.expiresAt),
  authority: session.context.authority,
  session_state: topLevelOf(session.state),
  usable: sessionStatusOf(session) === 'active',
  graph_epoch: epoch,
});
