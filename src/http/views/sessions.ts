// How sessions look on the wire.
import { isoInstant, type Instant } from '../../clock.ts';
import { IDS_NAMED_MAX } from '../../limits.ts';
import type { SessionRecord } from '../../zone/actors/sessions.ts';
import type { Outcome } from '../../zone/commands.ts';
import { sessionStatusOf, suspendedReasonOf, topLevelOf } from '../../zone/status-words.ts';
import type { SessionView } from '../../zone/reading/views.ts';
import { instantOrNull } from './instants.ts';

/** The answer to a start, with the names of both generations of the reference. */
export const startedView = (zone: string, { record, metadata, heardAt, leaseUntil }: SessionView) => ({
  agent_session_id: record.id,
  zone_id: zone,
  application_id: record.context.applicationId,
  parent_id: record.context.parentId,
  subject_session_id: record.context.subjectSessionId,
  subject_authority_record_id: record.context.subjectSessionId,
  subject_proven: record.context.subjectProven,
  authority: record.context.authority,
  lifecycle: record.context.lifecycle,
  labels: record.context.labels,
  status: sessionStatusOf(record),
  state: topLevelOf(record.state),
  depth: record.context.depth,
  ttl_seconds: record.context.ttlSeconds,
  metadata,
  spawned_at: isoInstant(record.context.startedAt),
  started_at: isoInstant(record.context.startedAt),
  last_heartbeat_at: instantOrNull(lastHeardAt(record, heardAt)),
  heartbeat_deadline_at: instantOrNull(leaseUntil),
  lease_generation: record.context.leaseGeneration,
  delegation_edge_id: record.context.delegationEdgeId,
});

export const sessionView = (zone: string, session: SessionView) => {
  const { context } = session.record;
  return Object.assign(startedView(zone, session), {
    terminated_at: instantOrNull(context.endedAt),
    termination_reason: context.terminationReason,
    suspended_reason: suspendedReasonOf(session.record),
    child_count: session.childCount,
  });
};

/** `{suspended: n}` and the like; a dry run names the sessions too. */
export const countView = (word: 'suspended' | 'resumed' | 'terminated', { moved, movedCount, dryRun }: Outcome) => ({
  ...(dryRun ? { dry_run: true } : {}),
  [word]: movedCount,
  ...(dryRun ? { agent_session_ids: moved.slice(0, IDS_NAMED_MAX) } : {}),
});

/** What ending a session would do: the edges that would be revoked with it are named as a dry run of a revocation names them. */
export const endingView = (outcome: Outcome) => ({
  ...countView('terminated', outcome),
  revoked_edges: outcome.revokedCount,
  delegation_edge_ids: outcome.revoked.slice(0, IDS_NAMED_MAX),
});

/** The start of a service session counts as its first heartbeat: its lease runs from there. */
const lastHeardAt = ({ context }: SessionRecord, heardAt: Instant | null): Instant | null =>
  heardAt ?? (context.lifecycle === 'service' ? context.startedAt : null);

/** The session in answers to heartbeats and lease takeovers. */
export const heartView = (zone: string, { record, heardAt, leaseUntil }: SessionView) => ({
  id: record.id,
  zone_id: zone,
  application_id: record.context.applicationId,
  last_active_at: instantOrNull(lastHeardAt(record, heardAt)),
  last_heartbeat_at: instantOrNull(lastHeardAt(record, heardAt)),
  heartbeat_deadline_at: instantOrNull(leaseUntil),
  lease_generation: record.context.leaseGeneration,
  status: sessionStatusOf(record),
});
