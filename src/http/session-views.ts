// How sessions and what happened to them look on the wire.
import { isoInstant } from '../clock.ts';
import { DRY_RUN_IDS_MAX } from '../limits.ts';
import type { Done, Page, SessionView } from '../zone/commands.ts';
import type { ZoneEntry, ZoneEvent } from '../zone/events.ts';
import { statusOf } from '../zone/reads.ts';

const instantOrNull = (at: number | null) => (at === null ? null : isoInstant(at));

/** The answer to a start: the reference's fields. */
export const startedView = (zone: string, session: SessionView) => {
  const { id, state, context, metadata } = session;
  return {
    agent_session_id: id,
    zone_id: zone,
    application_id: context.applicationId,
    parent_id: context.parentId,
    subject_session_id: context.subjectSessionId,
    lifecycle: context.lifecycle,
    labels: context.labels,
    status: statusOf(session),
    state: typeof state === 'string' ? state : Object.keys(state)[0],
    depth: context.depth,
    ttl_seconds: context.ttlSeconds,
    metadata,
    spawned_at: isoInstant(context.startedAt),
    last_heartbeat_at: null,
    heartbeat_deadline_at: null,
    lease_generation: 0,
    delegation_edge_id: null,
  };
};

export const sessionView = (zone: string, session: SessionView) => ({
  ...startedView(zone, session),
  terminated_at: instantOrNull(session.context.endedAt),
  termination_reason: session.context.terminationReason,
  suspended_reason: suspendedReasonOf(session),
  child_count: session.childCount,
});

/** A session's own hold says why; one it inherited says where it comes from. */
const suspendedReasonOf = ({ state, context }: SessionView): string | null => {
  if (typeof state === 'string' || !('suspended' in state)) return null;
  return context.holdReason ?? 'parent_suspended';
};

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
