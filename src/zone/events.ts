// What can have happened in a zone: the events that entries record. An event says only what was decided; which actors it
// reaches is derived from it (`plan.ts`), live and in replay alike. `v` is raised when the meaning of a type changes.
// Where an event brings a body (metadata, parameters, an error), the entry names its hash.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { DelegationFacts } from '../../machines/delegation.ts';
import type { InvocationFacts } from '../../machines/invocation.ts';
import type { Health, ServiceAgentFacts } from '../../machines/service-agent.ts';
import type { Instant } from '../../machines/words.ts';
import type { DirectoryEvent } from './directory.ts';
import type { Notice } from './messages/notices.ts';
import type { Entry } from '../journal/entry.ts';

interface Happened<Type extends string> {
  readonly type: Type;
  readonly v: 1;
  /** The actor it is about. */
  readonly id: string;
}

export type ZoneEvent =
  /** `edge` hands its parent's authority on to it. */
  | (Happened<'session.started'> & { readonly facts: AgentSessionFacts; readonly edge?: NewEdge })
  | (Happened<'session.suspended'> & { readonly reason: string })
  | Happened<'session.resumed'>
  | (Happened<'session.terminated'> & { readonly reason: string })
  | Happened<'session.expired'>
  /** A heartbeat that says something new, or the first within a third of a lease. */
  | (Happened<'session.heard'> & { readonly service: { readonly id: string; readonly health: Health } | null })
  | Happened<'session.lease-taken'>
  /** With the last that was heard, journaled before or not. */
  | (Happened<'session.lease-lost'> & { readonly heardAt: Instant | null })
  | (Happened<'service.registered'> & { readonly facts: ServiceAgentFacts })
  | (Happened<'service.updated'> & { readonly facts: ServiceAgentFacts })
  | (Happened<'service.silenced'> & { readonly heardAt: Instant | null })
  | (Happened<'invocation.created'> & { readonly facts: InvocationFacts })
  | Happened<'invocation.started'>
  | Happened<'invocation.cancel-requested'>
  | Happened<'invocation.succeeded'>
  | Happened<'invocation.failed'>
  | Happened<'invocation.overran'>
  /** Version 2 reaches the sessions below the receiver that lose their own authority by it, and names them. */
  | (Omit<Happened<'edge.created'>, 'v'> & { readonly v: 1 | 2; readonly facts: DelegationFacts })
  | Happened<'edge.revoked'>
  | Happened<'edge.expired'>
  | DirectoryEvent
  | CascadePart
  /** The zone was woken and heard nobody before: every lease and every silence counts from here. */
  | { readonly type: 'leases.renewed'; readonly v: 1 }
  | WorkExtended;

/**
 * No request could be received for `byMs`: every lease and every deadline of running work is extended. Reaches the running
 * invocations with ids above `after`, at most `most`: one entry for all, unless there are very many.
 */
export interface WorkExtended {
  readonly type: 'work.extended';
  readonly v: 1;
  readonly byMs: number;
  readonly after: string;
  readonly most: number;
}

/**
 * The deepest `sessions` of those that `of` reaches, before the others. A change that a deadline causes and that is too large
 * for one entry is made in parts. Every part leaves the zone valid, because it changes all descendants of its sessions too.
 * `of` follows in the next entries, in further parts or with all remaining sessions.
 */
export interface CascadePart {
  readonly type: 'cascade.part';
  readonly v: 1;
  readonly of: Cascade;
  readonly sessions: number;
}

/** A change that a deadline causes and that reaches a subtree. */
export type Cascade = Extract<
  ZoneEvent,
  { readonly type: 'session.expired' | 'session.lease-lost' | 'directory.lapsed' }
>;

export const isCascade = (event: ZoneEvent): event is Cascade =>
  event.type === 'session.expired' || event.type === 'session.lease-lost' || event.type === 'directory.lapsed';

/** An edge that comes into being together with the session it is for. */
export interface NewEdge {
  readonly id: string;
  readonly facts: DelegationFacts;
}

export type ZoneEntry = Entry<ZoneEvent, Notice>;

/** The actor an event is about; null where it is about the zone. */
export const actorOf = (event: ZoneEvent): string | null => ('id' in event ? event.id : null);
