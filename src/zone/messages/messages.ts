// What subscribers are told of an entry, in the topics and words of the reference. The same entry gives the same messages with
// the same places whenever it is read: what it needs of an actor beside the entry is true of it from its start, or of its end.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instant } from '../../../machines/words.ts';
import { IDS_NAMED_MAX, SLICE_ACTORS } from '../../limits.ts';
import type { ActorKind, Records } from '../actors/codec.ts';
import type { ZoneEntry, ZoneEvent } from '../events.ts';

export const TOPICS = [
  'caracal.agents.lifecycle',
  'caracal.invocations.lifecycle',
  'caracal.delegations.invalidate',
  'caracal.sessions.revoke',
] as const;

export type Topic = (typeof TOPICS)[number];

export interface Message {
  readonly topic: Topic;
  /** Its place among the messages of its entry, from 0; the same in every telling. */
  readonly place: number;
  /** What happened to whom, and when: the same for the same occurrence. */
  readonly occurrence: string;
  /** JSON. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** The only applications that may be told; absent for all of the zone. */
  readonly audience?: readonly string[];
}

/** What is told of one entry. */
export interface Announcement {
  readonly seq: number;
  readonly at: Instant;
  readonly messages: readonly Message[];
}

export type Find = <Kind extends ActorKind>(kind: Kind, id: string) => Records[Kind] | undefined;

/** Must be called after the change. Runs in one turn of the event loop, with a cost by the actors that the entry reached. */
export const announcementOf = (entry: ZoneEntry, find: Find): Announcement => {
  const teller = new Teller(entry, find);
  for (const _ of steps(teller, entry));
  return { seq: entry.seq, at: entry.at, messages: teller.messages };
};

/** The same, in slices. `find` must return the same results throughout. */
export const announcementInSlices = async (entry: ZoneEntry, find: Find): Promise<Announcement> => {
  const teller = new Teller(entry, find);
  let made = 0;
  for (const _ of steps(teller, entry)) {
    made += 1;
    if (made % SLICE_ACTORS === 0) await nextTurn();
  }
  return { seq: entry.seq, at: entry.at, messages: teller.messages };
};

/** Who was reached, kind by kind. */
const partsOf = ({ affected, notice }: ZoneEntry) => {
  const { sessions = affected.length, edges = 0 } = notice ?? {};
  return {
    sessions: affected.slice(0, sessions),
    edges: affected.slice(sessions, sessions + edges),
    invocations: affected.slice(sessions + edges),
  };
};

/** Adds the messages of an entry; for an entry that may reach many actors, yields after each. */
type Tell = (teller: Teller, entry: ZoneEntry) => Iterable<void> | void;

const steps = (teller: Teller, entry: ZoneEntry): Iterable<void> => tell[entry.event.type]?.(teller, entry) ?? [];

const stopping = (verb: 'suspend' | 'terminate'): Tell =>
  function* (teller, entry) {
    const { sessions, edges, invocations } = partsOf(entry);
    const unmoved = new Set(entry.notice?.unmoved);
    const subjects = new Set(entry.notice?.subjects);
    for (const id of sessions) {
      if (!unmoved.has(id)) teller.stopped(verb, id, subjects);
      yield;
    }
    const stopped = new Set(sessions);
    for (const [index, id] of edges.entries()) {
      const named = index === 0 && isRevocation(entry) ? edges : undefined;
      teller.lapsed('edge_revoke', id, stopped, named);
      yield;
    }
    const ended = new Set(entry.notice?.ended);
    for (const id of invocations) {
      teller.invocation(ended.has(id) ? 'canceled' : 'cancel_requested', id);
      yield;
    }
  };

const NO_SESSIONS: ReadonlySet<string> = new Set();

const isRevocation = ({ event }: ZoneEntry): boolean => event.type === 'edge.revoked';

const about =
  (word: string): Tell =>
  (teller, { affected: [id = ''] }) =>
    teller.invocation(word, id);

/** Every event that subscribers are told of. */
const tell: Partial<Record<ZoneEvent['type'], Tell>> = {
  'session.started': (teller, { affected: [session = '', edge] }) => {
    teller.session('spawn', session);
    if (edge !== undefined) teller.edge('edge_create', edge);
  },
  'session.suspended': stopping('suspend'),
  'session.lease-lost': stopping('suspend'),
  'session.resumed': function* (teller, entry) {
    const unmoved = new Set(entry.notice?.unmoved);
    for (const id of entry.affected) {
      if (!unmoved.has(id)) teller.session('resume', id);
      yield;
    }
  },
  'session.terminated': stopping('terminate'),
  'session.expired': stopping('terminate'),
  'edge.revoked': stopping('terminate'),
  'directory.archived': stopping('terminate'),
  'directory.lapsed': stopping('terminate'),
  'cascade.part': (teller, entry) => {
    const { event } = entry;
    const isHold = event.type === 'cascade.part' && event.of.type === 'session.lease-lost';
    return stopping(isHold ? 'suspend' : 'terminate')(teller, entry);
  },
  'edge.created': (teller, { affected: [edge = ''] }) => teller.edge('edge_create', edge),
  'edge.expired': (teller, { affected: [edge = ''] }) => teller.lapsed('edge_expire', edge, NO_SESSIONS),
  'invocation.created': about('created'),
  'invocation.started': about('started'),
  'invocation.succeeded': about('succeeded'),
  'invocation.failed': about('failed'),
  'invocation.cancel-requested': (teller, { affected: [id = ''], notice }) =>
    teller.invocation(notice ? 'canceled' : 'cancel_requested', id),
  'invocation.overran': (teller, { affected: [id = ''], notice }) => teller.overran(id, notice !== undefined),
};

/** An edge is known to its issuer and its receiver only. */
const audienceOf = (context: Records['edge']['context'] | undefined): string[] =>
  context ? [context.issuerApplicationId, context.receiverApplicationId] : [];

class Teller {
  readonly #entry: ZoneEntry;
  readonly #find: Find;
  readonly messages: Message[] = [];
  #place = 0;

  constructor(entry: ZoneEntry, find: Find) {
    this.#entry = entry;
    this.#find = find;
  }

  session(verb: 'spawn' | 'suspend' | 'resume' | 'terminate', id: string): void {
    const context = this.#find('session', id)?.context;
    this.#add('caracal.agents.lifecycle', `${verb}:${id}`, {
      event: verb,
      zone_id: this.#entry.zone,
      agent_session_id: id,
      parent_id: context?.parentId ?? null,
      application_id: context?.applicationId,
      reason: this.#reasonOf(verb, id),
    });
  }

  /** Adds the messages of a stopped session, for subscribers and for consumers of revocations. */
  stopped(verb: 'suspend' | 'terminate', id: string, subjects: ReadonlySet<string>): void {
    this.session(verb, id);
    const context = this.#find('session', id)?.context;
    const login = this.#loginOf(context, subjects);
    if (login === undefined && !this.#namesAll) return this.#skip();
    this.#add('caracal.sessions.revoke', `revoke:${id}`, {
      zone_id: this.#entry.zone,
      session_id: login,
      agent_session_id: id,
      // The edge of a suspended session stays active: consumers must not refuse it.
      delegation_edge_id: verb === 'terminate' ? (context?.delegationEdgeId ?? undefined) : undefined,
      reason: this.#reasonOf(verb, id),
    });
  }

  /**
   * Adds the messages of an ended edge. Consumers of revocations may receive no other message about it. They refuse
   * everything that a message names, so `agent_session_id` is the target session only if the same entry ended it.
   */
  lapsed(
    event: 'edge_revoke' | 'edge_expire',
    id: string,
    stopped: ReadonlySet<string>,
    affected?: readonly string[],
  ): void {
    this.edge(event, id, affected);
    if (!this.#namesAll) return;
    const context = this.#find('edge', id)?.context;
    const target = context?.targetSessionId;
    const payload = {
      zone_id: this.#entry.zone,
      agent_session_id: target !== undefined && stopped.has(target) ? target : undefined,
      target_session_id: target,
      delegation_edge_id: id,
      reason: event === 'edge_revoke' ? 'delegation_revoked' : 'delegation_expired',
    };
    this.#add('caracal.sessions.revoke', `revoke:${id}`, payload, audienceOf(context));
  }

  edge(event: 'edge_create' | 'edge_revoke' | 'edge_expire', id: string, affected?: readonly string[]): void {
    const context = this.#find('edge', id)?.context;
    const payload = {
      event,
      zone_id: this.#entry.zone,
      edge_id: id,
      source_session_id: context?.sourceSessionId,
      target_session_id: context?.targetSessionId,
      ...(event === 'edge_expire' ? { edge_ids: [id], affected_edges: 1 } : { affected_edges: affected?.length }),
      affected_edge_ids: affected?.slice(0, IDS_NAMED_MAX),
      epoch: this.#entry.seq,
    };
    this.#add('caracal.delegations.invalidate', `${event}:${id}`, payload, audienceOf(context));
  }

  invocation(word: string, id: string): void {
    const event = `invocation.${word}`;
    const serviceId = this.#find('invocation', id)?.context.serviceId;
    const payload = { event, zone_id: this.#entry.zone, service_id: serviceId, invocation_id: id };
    this.#add('caracal.invocations.lifecycle', `${event}:${id}`, payload);
  }

  /** Of one that ended by it, its last state tells how; it changes no more. */
  overran(id: string, ended: boolean): void {
    const state = this.#find('invocation', id)?.state;
    const cancelled = state !== undefined && 'cancelled' in state;
    this.invocation(ended ? (cancelled ? 'canceled' : 'timed_out') : 'failed', id);
  }

  /** Entries of earlier versions keep their messages. */
  get #namesAll(): boolean {
    return this.#entry.notice?.told === 2;
  }

  /** Returns the subject session that is revoked with a session, if any. */
  #loginOf(context: Records['session']['context'] | undefined, subjects: ReadonlySet<string>): string | undefined {
    const isRevoked = context && subjects.has(context.subjectSessionId) && (context.subjectProven || !this.#namesAll);
    return isRevoked ? context.subjectSessionId : undefined;
  }

  #reasonOf(verb: string, id: string): string | undefined {
    const { event } = this.#entry;
    if (verb === 'terminate') return this.#find('session', id)?.context.terminationReason ?? undefined;
    if (verb !== 'suspend') return undefined;
    if (!('id' in event) || event.id !== id) return 'parent_suspended';
    return event.type === 'session.suspended' ? event.reason : 'service_heartbeat_lost';
  }

  #add(topic: Topic, what: string, payload: Message['payload'], audience?: readonly string[]): void {
    const { at, by } = this.#entry;
    // Whoever asked for the change may follow it to those who are told.
    const traced = by?.traceId === undefined ? payload : { ...payload, trace_id: by.traceId };
    const message = { topic, place: this.#place, occurrence: `${what}:${at}`, payload: traced };
    this.messages.push(audience ? { ...message, audience } : message);
    this.#place += 1;
  }

  /** A message that is not sent keeps its place, so that those behind it keep theirs. */
  #skip(): void {
    this.#place += 1;
  }
}
