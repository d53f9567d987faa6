// Which actors an event reaches, and with what. This is where suspend, resume and terminate go through a subtree, and from
// ended sessions on to their invocations. It only reads, it is the same for callers, deadlines, recovery and replay, and
// the order of its deliveries is part of the journal: sessions top down, siblings in the order they were started; then the
// edges that lapse with them, then their invocations, session by session in the order they were created.
import assert from 'node:assert/strict';
import type { AgentSessionEvent, AgentSessionInput } from '../../machines/agent-session.ts';
import type { DelegationEvent, DelegationInput } from '../../machines/delegation.ts';
import type { InvocationEvent, InvocationInput } from '../../machines/invocation.ts';
import type { ServiceAgentEvent, ServiceAgentInput } from '../../machines/service-agent.ts';
import type { Stamp } from '../../machines/words.ts';
import { authorityAtStart } from '../authority/session-authority.ts';
import type { Actors } from './actors/actors.ts';
import type { ActorKind } from './actors/codec.ts';
import type { SessionRecord } from './actors/sessions.ts';
import type { CascadePart, ZoneEvent } from './events.ts';
import { extending } from './due/extending.ts';
import { lapsing, traverse } from './graph.ts';

type DeliveryTo<Kind extends ActorKind, Input, Event> =
  | { readonly kind: Kind; readonly id: string; readonly start: Input }
  | { readonly kind: Kind; readonly id: string; readonly event: Event };

export type Delivery =
  | DeliveryTo<'session', AgentSessionInput, AgentSessionEvent>
  | DeliveryTo<'service', ServiceAgentInput, ServiceAgentEvent>
  | DeliveryTo<'invocation', InvocationInput, InvocationEvent>
  | DeliveryTo<'edge', DelegationInput, DelegationEvent>;

export interface Plan {
  readonly deliveries: readonly Delivery[];
  /** The sessions whose state (active, suspended, terminated) changes: what a caller is told, and a dry run lists. */
  readonly moved: readonly string[];
  /** The edges that are revoked: first the one that a revocation names and those downstream of it. */
  readonly revoked: readonly string[];
  /** How many of `revoked` are that edge and those downstream; the others touch a session that ends. */
  readonly downstream: number;
}

/** An event with where it stands in the journal, and the hash of the body that comes with it. */
export interface Happening extends Stamp {
  readonly event: ZoneEvent;
  readonly bodyHash: string | null;
}

export const planOf = ({ event, bodyHash, at, seq }: Happening, actors: Actors): Plan => {
  const stamp = { at, seq };
  switch (event.type) {
    case 'session.started':
      return starting(event, stamp, actors);
    case 'session.suspended':
      return holding(event.id, { type: 'suspended', reason: event.reason, ...stamp }, actors);
    case 'session.lease-lost':
      return holding(event.id, { type: 'lease.lost', heardAt: event.heardAt, ...stamp }, actors);
    case 'session.resumed':
      return throughSubtree(event.id, actors, {
        root: { type: 'resumed', ...stamp },
        below: { type: 'ancestor.resumed', ...stamp },
        moves: isHeldByAncestorOnly,
      });
    case 'session.terminated':
      return ending(new Map([[event.id, { type: 'terminated', reason: event.reason, ...stamp }]]), stamp, actors);
    case 'session.expired':
      return ending(new Map([[event.id, { type: 'expired', ...stamp }]]), stamp, actors);
    case 'session.heard':
      return heard(event.id, event.service, { ...stamp, bodyHash });
    case 'session.lease-taken':
      return only({ kind: 'session', id: event.id, event: { type: 'lease.taken', ...stamp } });
    case 'service.registered':
      return only({ kind: 'service', id: event.id, start: { facts: event.facts, bodyHash, ...stamp } });
    case 'service.updated':
      return only({
        kind: 'service',
        id: event.id,
        event: { type: 'updated', facts: event.facts, bodyHash, ...stamp },
      });
    case 'service.silenced':
      return only({ kind: 'service', id: event.id, event: { type: 'silenced', heardAt: event.heardAt, ...stamp } });
    case 'invocation.created':
      return only({ kind: 'invocation', id: event.id, start: { facts: event.facts, bodyHash, ...stamp } });
    case 'invocation.started':
      return toInvocation(event.id, { type: 'started', ...stamp });
    case 'invocation.cancel-requested':
      return toInvocation(event.id, { type: 'cancel.requested', bodyHash, ...stamp });
    case 'invocation.succeeded':
      return toInvocation(event.id, { type: 'succeeded', bodyHash, ...stamp });
    case 'invocation.failed':
      return toInvocation(event.id, { type: 'failed', bodyHash, ...stamp });
    case 'invocation.overran':
      return toInvocation(event.id, { type: 'overran', ...stamp });
    case 'edge.created':
      return handing(event.id, { facts: event.facts, ...stamp }, actors);
    case 'edge.revoked':
      return revoking(event.id, stamp, actors);
    case 'edge.expired':
      return only({ kind: 'edge', id: event.id, event: { type: 'expired', ...stamp } });
    case 'directory.archived':
    case 'directory.lapsed':
      return ending(standingOn(event, stamp, actors), stamp, actors);
    case 'cascade.part':
      return partOf(event, stamp, actors);
    case 'work.extended':
      return withoutRevocations(extending(event, stamp, actors));
    case 'directory.registered':
    case 'leases.renewed':
      return EMPTY_PLAN;
  }
};

const withoutRevocations = (deliveries: readonly Delivery[], moved: readonly string[] = []): Plan => ({
  deliveries,
  moved,
  revoked: [],
  downstream: 0,
});

/** The plan of an event that reaches no actor. */
export const EMPTY_PLAN = withoutRevocations([]);

const only = (delivery: Delivery): Plan => withoutRevocations([delivery]);

type Started = Extract<ZoneEvent, { readonly type: 'session.started' }>;

const starting = ({ id, facts, edge }: Started, stamp: Stamp, { sessions }: Actors): Plan => {
  const parent = facts.parentId === null ? undefined : sessions.live(facts.parentId);
  const authority = authorityAtStart(parent?.context.authority ?? null, edge !== undefined);
  const deliveries: Delivery[] = [{ kind: 'session', id, start: { facts, authority, ...stamp } }];
  if (edge) deliveries.push({ kind: 'edge', id: edge.id, start: { facts: edge.facts, ...stamp } });
  return withoutRevocations(deliveries, [id]);
};

/** The edge is in the history of the receiver, and of every descendant that loses its own authority by it. */
const handing = (id: string, start: DelegationInput, { sessions }: Actors): Plan => {
  const { at, seq, facts } = start;
  const { targetSessionId } = facts;
  const deliveries: Delivery[] = [
    { kind: 'edge', id, start },
    { kind: 'session', id: targetSessionId, event: { type: 'authority.received', at, seq } },
  ];
  for (const below of actingOnTheirOwnBelow(targetSessionId, sessions))
    deliveries.push({ kind: 'session', id: below, event: { type: 'ancestor.received', at, seq } });
  return withoutRevocations(deliveries);
};

/** No session below one without own authority has own authority, so the walk stops there. It reaches a session only once. */
const actingOnTheirOwnBelow = (id: string, sessions: Actors['sessions']): string[] => {
  const isOwn = (each: string) => sessions.live(each)?.context.authority === 'own';
  const reached = isOwn(id) ? [id] : [];
  for (let next = 0; next < reached.length; next += 1)
    for (const child of sessions.childrenOf(reached[next] as string)) if (isOwn(child)) reached.push(child);
  return reached.slice(1);
};

/** An edge goes with every edge downstream, and every session they led to ends with its subtree. */
const revoking = (id: string, stamp: Stamp, actors: Actors): Plan => {
  const steps = traverse(actors.edges, id);
  const event = { type: 'terminated', reason: DELEGATION_REVOKED, ...stamp } as const;
  const roots = new Map(steps.map(({ targetSessionId }) => [targetSessionId, event]));
  return ending(
    roots,
    stamp,
    actors,
    steps.map((step) => step.id),
  );
};

const DELEGATION_REVOKED = 'delegation_revoked';

type Ended = Extract<ZoneEvent, { readonly type: 'directory.archived' | 'directory.lapsed' }>;

/** The sessions that an application or a subject session held up. A resource holds none. */
const standingOn = ({ table, name }: Ended, stamp: Stamp, { sessions }: Actors): Map<string, AgentSessionEvent> => {
  if (table === 'resource') return new Map();
  const ids = table === 'application' ? sessions.ofApplication(name) : sessions.ofSubject(name);
  const reason = table === 'application' ? 'application_ended' : 'subject_session_ended';
  return new Map(Array.from(ids, (id) => [id, { type: 'terminated', reason, ...stamp }]));
};

/** The deepest sessions come first, so that no part leaves an active session below a stopped one. */
const partOf = ({ of, sessions: most }: CascadePart, stamp: Stamp, actors: Actors): Plan => {
  const { deliveries, moved } = planOf({ event: of, bodyHash: null, ...stamp }, actors);
  const deepest = new Set(deepestOf(deliveries, actors).slice(0, most));
  const chosen = deliveries.filter((each): each is SessionTold => isTold(each) && deepest.has(each.id));
  const chosenMoved = moved.filter((id) => deepest.has(id));
  if (of.type === 'session.lease-lost') return withoutRevocations(chosen, chosenMoved);
  return ending(new Map(chosen.map(({ id, event }) => [id, event])), stamp, actors);
};

type SessionTold = Extract<Delivery, { readonly kind: 'session'; readonly event: unknown }>;

const isTold = (delivery: Delivery): delivery is SessionTold => delivery.kind === 'session' && 'event' in delivery;

const deepestOf = (deliveries: readonly Delivery[], { sessions }: Actors): string[] => {
  const depths = new Map<string, number>();
  for (const { kind, id } of deliveries) if (kind === 'session') depths.set(id, sessions.live(id)?.context.depth ?? 0);
  return Array.from(depths)
    .toReversed()
    .toSorted(([, a], [, b]) => b - a)
    .map(([id]) => id);
};

const toInvocation = (id: string, event: InvocationEvent): Plan => only({ kind: 'invocation', id, event });

type Heard = Extract<ZoneEvent, { readonly type: 'session.heard' }>;

const heard = (id: string, service: Heard['service'], stamp: Stamp & { readonly bodyHash: string | null }): Plan => {
  const { bodyHash, at, seq } = stamp;
  const deliveries: Delivery[] = [{ kind: 'session', id, event: { type: 'heard', at, seq } }];
  if (service) {
    const { health } = service;
    deliveries.push({ kind: 'service', id: service.id, event: { type: 'heard', health, bodyHash, at, seq } });
  }
  return withoutRevocations(deliveries);
};

const holding = (id: string, root: AgentSessionEvent, actors: Actors): Plan =>
  throughSubtree(id, actors, {
    root,
    below: { type: 'ancestor.suspended', at: root.at, seq: root.seq },
    moves: isActive,
  });

/**
 * What ends sessions ends all below them, revokes every edge that touches one of them with what stands on it, cancels their
 * invocations that wait and asks that of those that run. `roots` says with what event each ends; `edges` are revoked besides.
 */
const ending = (
  roots: ReadonlyMap<string, AgentSessionEvent>,
  stamp: Stamp,
  actors: Actors,
  edges: readonly string[] = [],
): Plan => {
  const sessions = endedWith(roots, stamp, actors);
  const moved = [...sessions.keys()];
  const revoked = lapsing(actors.edges, moved, edges);
  const deliveries: Delivery[] = Array.from(sessions, ([id, event]) => ({ kind: 'session', id, event }));
  for (const id of revoked) deliveries.push({ kind: 'edge', id, event: { type: 'revoked', ...stamp } });
  for (const id of invocationsOf(moved, actors))
    deliveries.push({ kind: 'invocation', id, event: { type: 'session.ended', ...stamp } });
  return { deliveries, moved, revoked, downstream: edges.length };
};

/** The roots and all below them, each once, parents first. */
const endedWith = (
  roots: ReadonlyMap<string, AgentSessionEvent>,
  stamp: Stamp,
  { sessions }: Actors,
): Map<string, AgentSessionEvent> => {
  const below = { type: 'ancestor.terminated', ...stamp } as const;
  const found = new Map<string, AgentSessionEvent>();
  for (const [root, event] of roots) {
    if (found.has(root)) continue;
    found.set(root, event);
    const subtree = [root];
    for (let next = 0; next < subtree.length; next += 1) {
      for (const id of sessions.childrenOf(subtree[next] as string)) {
        if (found.has(id)) continue;
        found.set(id, roots.get(id) ?? below);
        subtree.push(id);
      }
    }
  }
  return found;
};

/** Those that an end of their session reaches: one whose cancellation was asked for already is left to its worker. */
const invocationsOf = (sessionIds: readonly string[], { invocations }: Actors): string[] => {
  const found = new Set<string>();
  for (const session of sessionIds) for (const id of invocations.ofSession(session)) found.add(id);
  return [...found].filter((id) => invocations.can(id, { type: 'session.ended', at: 0, seq: 0 }));
};

interface Wave {
  readonly root: AgentSessionEvent;
  readonly below: AgentSessionEvent;
  /**
   * Whether the wave moves a descendant to another state and so goes on below it. One that it does not move takes the
   * event too, but holds its own subtree as before: a resume stops at a session that was suspended on its own.
   */
  readonly moves: (session: SessionRecord) => boolean;
}

const isActive = ({ state }: SessionRecord) => state === 'active';
const isHeldByAncestorOnly = ({ state }: SessionRecord) =>
  typeof state === 'object' && 'suspended' in state && state.suspended === 'inherited';

const throughSubtree = (rootId: string, { sessions }: Actors, wave: Wave): Plan => {
  const deliveries: Delivery[] = [{ kind: 'session', id: rootId, event: wave.root }];
  const moved = [rootId];
  for (let next = 0; next < moved.length; next += 1) {
    for (const id of sessions.childrenOf(moved[next] as string)) {
      const session = sessions.live(id);
      assert(session, `child ${id} is not live`);
      // An actor that an earlier part of the same cascade has reached does not receive the event again.
      if (!sessions.can(id, wave.below)) continue;
      deliveries.push({ kind: 'session', id, event: wave.below });
      if (wave.moves(session)) moved.push(id);
    }
  }
  return withoutRevocations(deliveries, moved);
};
