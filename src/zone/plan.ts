// Which actors an event reaches, and with what. This is where suspend, resume and terminate go through a subtree, and from
// ended sessions on to their invocations. It only reads, it is the same for callers, deadlines, recovery and replay, and
// the order of its deliveries is part of the journal: sessions top down, siblings in the order they were started, then
// invocations session by session in the order they were created.
import assert from 'node:assert/strict';
import type { AgentSessionEvent, AgentSessionInput } from '../../machines/agent-session.ts';
import type { InvocationEvent, InvocationInput } from '../../machines/invocation.ts';
import type { ServiceAgentEvent, ServiceAgentInput } from '../../machines/service-agent.ts';
import type { Stamp } from '../../machines/words.ts';
import type { Actors } from './actors/actors.ts';
import type { ActorKind } from './actors/codec.ts';
import type { SessionRecord } from './actors/sessions.ts';
import type { ZoneEvent } from './events.ts';

type DeliveryTo<Kind extends ActorKind, Input, Event> =
  | { readonly kind: Kind; readonly id: string; readonly start: Input }
  | { readonly kind: Kind; readonly id: string; readonly event: Event };

export type Delivery =
  | DeliveryTo<'session', AgentSessionInput, AgentSessionEvent>
  | DeliveryTo<'service', ServiceAgentInput, ServiceAgentEvent>
  | DeliveryTo<'invocation', InvocationInput, InvocationEvent>;

export interface Plan {
  readonly deliveries: readonly Delivery[];
  /** The sessions whose state (active, suspended, terminated) changes: what a caller is told, and a dry run lists. */
  readonly moved: readonly string[];
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
      return {
        deliveries: [{ kind: 'session', id: event.id, start: { facts: event.facts, ...stamp } }],
        moved: [event.id],
      };
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
      return ending(event.id, { type: 'terminated', reason: event.reason, ...stamp }, actors);
    case 'session.expired':
      return ending(event.id, { type: 'expired', ...stamp }, actors);
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
    case 'leases.renewed':
      return { deliveries: [], moved: [] };
  }
};

const only = (delivery: Delivery): Plan => ({ deliveries: [delivery], moved: [] });

const toInvocation = (id: string, event: InvocationEvent): Plan => only({ kind: 'invocation', id, event });

type Heard = Extract<ZoneEvent, { readonly type: 'session.heard' }>;

const heard = (id: string, service: Heard['service'], stamp: Stamp & { readonly bodyHash: string | null }): Plan => {
  const { bodyHash, at, seq } = stamp;
  const deliveries: Delivery[] = [{ kind: 'session', id, event: { type: 'heard', at, seq } }];
  if (service) {
    const { health } = service;
    deliveries.push({ kind: 'service', id: service.id, event: { type: 'heard', health, bodyHash, at, seq } });
  }
  return { deliveries, moved: [] };
};

const holding = (id: string, root: AgentSessionEvent, actors: Actors): Plan =>
  throughSubtree(id, actors, {
    root,
    below: { type: 'ancestor.suspended', at: root.at, seq: root.seq },
    moves: isActive,
  });

/** What ends a session ends all below it, cancels the invocations of all of them that wait and asks that of those that run. */
const ending = (id: string, root: AgentSessionEvent, actors: Actors): Plan => {
  const stamp = { at: root.at, seq: root.seq };
  const below = { type: 'ancestor.terminated', ...stamp } as const;
  const { deliveries, moved } = throughSubtree(id, actors, { root, below, moves: always });
  const event = { type: 'session.ended', ...stamp } as const;
  const reached = invocationsOf(moved, actors).map((each) => ({ kind: 'invocation', id: each, event }) as const);
  return { deliveries: reached.length === 0 ? deliveries : [...deliveries, ...reached], moved };
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
const always = () => true;

const throughSubtree = (rootId: string, { sessions }: Actors, wave: Wave): Plan => {
  const deliveries: Delivery[] = [{ kind: 'session', id: rootId, event: wave.root }];
  const moved = [rootId];
  for (let next = 0; next < moved.length; next += 1) {
    for (const id of sessions.childrenOf(moved[next] as string)) {
      const session = sessions.live(id);
      assert(session, `child ${id} is not live`);
      deliveries.push({ kind: 'session', id, event: wave.below });
      if (wave.moves(session)) moved.push(id);
    }
  }
  return { deliveries, moved };
};
