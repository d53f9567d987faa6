// How sessions and what happened to them look on the wire.
import { isoInstant } from '../clock.ts';
import { DRY_RUN_IDS_MAX } from '../limits.ts';
import { statusOf, type Done, type Page, type SessionView } from '../zone/commands.ts';
import type { ZoneEntry, ZoneEvent } from '../zone/events.ts';
import type { SessionRecord } from '../zone/sessions.ts';

const instantOrNull = (at: number | null) => (at === null ? null : isoInstant(at));

/** The answer to a start: the reference's fields. */
export const startedView = (zone: string, { record, metadata }: SessionView) => ({
  agent_session_id: record.id,
  zone_id: zone,
  application_id: record.context.applicationId,
  parent_id: record.context.parentId,
  subject_session_id: record.context.subjectSessionId,
  lifecycle: record.context.lifecycle,
  labels: record.context.labels,
  status: statusOf(record),
  state: topLevelOf(record.state),
  depth: record.context.depth,
  ttl_seconds: record.context.ttlSeconds,
  metadata,
  spawned_at: isoInstant(record.context.startedAt),
  last_heartbeat_at: null,
  heartbeat_deadline_at: null,
  lease_generation: 0,
  delegation_edge_id: null,
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

const topLevelOf = (state: SessionRecord['state']) => {
  if (typeof state === 'string') return state;
  return 'suspended' in state ? 'suspended' : 'terminated';
};

/** A session's own hold says why; one it inherited says where it comes from. */
const suspendedReasonOf = ({ state, context }: SessionRecord): string | null =>
  topLevelOf(state) === 'suspended' ? (context.holdReason ?? 'parent_suspended') : null;

export const pageView = <Item, Shown>({ items, nextCursor }: Page<Item>, show: (item: Item) => Shown) => ({
  items: items.map(show),
  next_cursor: nextCursor,
});

/** One entry of a history: what happened, when, who asked, and how many sessions it reached. */
export const entryView = ({ seq, at, event, by, affected }: ZoneEntry) => ({
  seq,
  at: isoInstant(at),
  event: event.type,
  agent_session_id: event.id,
  reason: reasonOf(event),
  affected: affected.length,
  by: by && { client_id: by.clientId, subject: by.subject, request_id: by.requestId, trace_id: by.traceId ?? null },
});

const reasonOf = (event: ZoneEvent): string | null => ('reason' in event ? event.reason : null);

/** `{suspended: n}` and the like; a dry run names the sessions too. */
export const countView = (word: 'suspended' | 'resumed' | 'terminated', { moved, dryRun }: Done) => ({
  ...(dryRun ? { dry_run: true } : {}),
  [word]: moved.length,
  ...(dryRun ? { agent_session_ids: moved.slice(0, DRY_RUN_IDS_MAX) } : {}),
});
