// Which actors an event reaches, and with what. This is where suspend, resume and terminate go through a subtree. It only
// reads, it is the same for callers, deadlines, recovery and replay, and the order of its deliveries is part of the
// journal: top down, siblings in the order they were started.
import assert from 'node:assert/strict';
import type { AgentSessionEvent, AgentSessionFacts } from '../../machines/agent-session.ts';
import type { Stamp } from '../../machines/words.ts';
import type { ZoneEvent } from './events.ts';
import type { SessionRecord, Sessions } from './sessions.ts';

export type Delivery =
  | { readonly id: string; readonly start: AgentSessionFacts }
  | { readonly id: string; readonly event: AgentSessionEvent };

export interface Plan {
  readonly deliveries: readonly Delivery[];
  /** The sessions whose state (active, suspended, terminated) changes: what a caller is told, and a dry run lists. */
  readonly moved: readonly string[];
}

export const planOf = (event: ZoneEvent, stamp: Stamp, sessions: Sessions): Plan => {
  switch (event.type) {
    case 'session.started':
      return { deliveries: [{ id: event.id, start: event.facts }], moved: [event.id] };
    case 'session.suspended':
      return throughSubtree(event.id, sessions, {
        root: { type: 'suspended', reason: event.reason, ...stamp },
        below: { type: 'ancestor.suspended', ...stamp },
        moves: isActive,
      });
    case 'session.resumed':
      return throughSubtree(event.id, sessions, {
        root: { type: 'resumed', ...stamp },
        below: { type: 'ancestor.resumed', ...stamp },
        moves: isHeldByAncestorOnly,
      });
    case 'session.terminated':
      return throughSubtree(event.id, sessions, {
        root: { type: 'terminated', reason: event.reason, ...stamp },
        below: { type: 'ancestor.terminated', ...stamp },
        moves: always,
      });
    case 'session.expired':
      return throughSubtree(event.id, sessions, {
        root: { type: 'expired', ...stamp },
        below: { type: 'ancestor.terminated', ...stamp },
        moves: always,
      });
  }
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

const throughSubtree = (rootId: string, sessions: Sessions, wave: Wave): Plan => {
  const deliveries: Delivery[] = [{ id: rootId, event: wave.root }];
  const moved = [rootId];
  for (let next = 0; next < moved.length; next += 1) {
    for (const id of sessions.childrenOf(moved[next] as string)) {
      const session = sessions.live(id);
      assert(session, `child ${id} is not live`);
      deliveries.push({ id, event: wave.below });
      if (wave.moves(session)) moved.push(id);
    }
  }
  return { deliveries, moved };
};
