// How pages look on the wire, and the entries of a history.
import { isoInstant } from '../../clock.ts';
import type { Page } from '../../zone/commands.ts';
import { actorOf, type ZoneEntry, type ZoneEvent } from '../../zone/events.ts';

export const pageView = <Item, Shown>({ items, nextCursor }: Page<Item>, show: (item: Item) => Shown) => ({
  items: items.map(show),
  next_cursor: nextCursor,
});

/** One entry of a history: what happened, when, who asked, and how many actors it reached. */
export const entryView = ({ seq, at, event, by, affected }: ZoneEntry) => ({
  seq,
  at: isoInstant(at),
  event: event.type,
  ...namedBy(event),
  reason: 'reason' in event ? event.reason : null,
  affected: affected.length,
  by: by && { client_id: by.clientId, subject: by.subject, request_id: by.requestId, trace_id: by.traceId ?? null },
});

const ID_FIELDS = { session: 'agent_session_id', service: 'service_id', invocation: 'invocation_id' } as const;

/** What an entry is about, under the name that callers know it by. */
const namedBy = (event: ZoneEvent): Readonly<Record<string, string>> => {
  const [kind = ''] = event.type.split('.');
  const id = actorOf(event);
  return id !== null && kind in ID_FIELDS ? { [ID_FIELDS[kind as keyof typeof ID_FIELDS]]: id } : {};
};
