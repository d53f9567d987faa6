// The session actors of one zone and the indexes over them: children, live sessions per application, order of ids. Only
// live sessions have an actor; an ended one stays here as a record until a checkpoint has stored it, then leaves memory.
// The actors' parent is the zone's supervisor, and nothing but the supervisor's delivery calls `deliver` and `start`.
import assert from 'node:assert/strict';
import { createActor, type Actor, type AnyActorRef } from 'xstate';
import {
  agentSessionMachine,
  type AgentSessionContext,
  type AgentSessionEvent,
  type AgentSessionInput,
  type AgentSessionState,
} from '../../machines/agent-session.ts';
import { OrderedIds } from './ordered-ids.ts';

/** A session at one moment: everything a view, a checkpoint or a decision needs. Immutable. */
export interface SessionRecord {
  readonly id: string;
  readonly state: AgentSessionState;
  readonly context: AgentSessionContext;
}

type SessionActor = Actor<typeof agentSessionMachine>;

interface Live {
  readonly actor: SessionActor;
  /** In the order they were started; undefined until the first one. */
  children: Set<string> | undefined;
}

const NONE: ReadonlySet<string> = new Set();

export class Sessions {
  readonly #parent: AnyActorRef;
  readonly #live = new Map<string, Live>();
  readonly #ended = new Map<string, SessionRecord>();
  readonly #endedChildren = new Map<string, Set<string>>();
  readonly #perApplication = new Map<string, number>();
  readonly #order = new OrderedIds();

  constructor(parent: AnyActorRef) {
    this.#parent = parent;
  }

  start(id: string, input: AgentSessionInput): void {
    this.#admit(id, createActor(agentSessionMachine, { id, input, parent: this.#parent }));
  }

  /** Puts an actor back as a checkpoint stored it. Records must come in the order the sessions were started. */
  restore({ id, state, context }: SessionRecord): void {
    const snapshot = agentSessionMachine.resolveState({ value: state, context });
    const input = { facts: context, at: context.startedAt, seq: context.startedSeq };
    this.#admit(id, createActor(agentSessionMachine, { id, input, snapshot, parent: this.#parent }));
  }

  /** Delivers an event that the session's state takes; anything else is a bug in the plan. */
  deliver(id: string, event: AgentSessionEvent): void {
    const { actor } = this.#get(id);
    const before = actor.getSnapshot();
    actor.send(event);
    const after = actor.getSnapshot();
    assert(after !== before && after.status === 'active', `session ${id} does not take ${event.type}`);
    if (!after.hasTag('live')) this.#retire(id);
  }

  /** Whether a session is live and its state takes this kind of event. */
  can(id: string, event: AgentSessionEvent): boolean {
    return this.#live.get(id)?.actor.getSnapshot().can(event) ?? false;
  }

  isLive(id: string): boolean {
    return this.#live.has(id);
  }

  /** A live session. */
  live(id: string): SessionRecord | undefined {
    const live = this.#live.get(id);
    return live && recordOf(id, live.actor);
  }

  /** A session in memory: live, or ended and not yet stored by a checkpoint. */
  find(id: string): SessionRecord | undefined {
    return this.live(id) ?? this.#ended.get(id);
  }

  /** Ids of the live children, in the order they were started. */
  childrenOf(id: string): ReadonlySet<string> {
    return this.#live.get(id)?.children ?? NONE;
  }

  get count(): number {
    return this.#live.size;
  }

  countOf(applicationId: string): number {
    return this.#perApplication.get(applicationId) ?? 0;
  }

  /** Every live session, in no order that may decide anything. */
  *all(): Generator<SessionRecord> {
    for (const [id, { actor }] of this.#live) yield recordOf(id, actor);
  }

  /** Ids of the ended children that no checkpoint has stored yet. */
  endedChildrenOf(id: string): ReadonlySet<string> {
    return this.#endedChildren.get(id) ?? NONE;
  }

  /** Ids in memory, the greatest first, below `before`. */
  descending(before?: string): Generator<string> {
    return this.#order.descending(before);
  }

  /** An ended session is stored: it may leave memory. */
  release(id: string): void {
    const parentId = this.#ended.get(id)?.context.parentId ?? null;
    if (this.#ended.delete(id)) this.#order.delete(id);
    if (parentId !== null) removeFrom(this.#endedChildren, parentId, id);
  }

  /** Stops every actor; the registry is not used again. */
  stop(): void {
    for (const { actor } of this.#live.values()) stopActor(actor);
    this.#live.clear();
  }

  #get(id: string): Live {
    const live = this.#live.get(id);
    assert(live, `session ${id} is not live`);
    return live;
  }

  #admit(id: string, actor: SessionActor): void {
    assert(!this.#live.has(id) && !this.#ended.has(id), `session ${id} exists`);
    actor.start();
    const { parentId, applicationId } = actor.getSnapshot().context;
    this.#live.set(id, { actor, children: undefined });
    this.#order.add(id);
    this.#perApplication.set(applicationId, this.countOf(applicationId) + 1);
    if (parentId !== null) (this.#get(parentId).children ??= new Set()).add(id);
  }

  #retire(id: string): void {
    const { actor } = this.#get(id);
    const record = recordOf(id, actor);
    stopActor(actor);
    this.#live.delete(id);
    this.#ended.set(id, record);
    const { parentId, applicationId } = record.context;
    if (parentId !== null) {
      this.#live.get(parentId)?.children?.delete(id);
      addTo(this.#endedChildren, parentId, id);
    }
    const left = this.countOf(applicationId) - 1;
    if (left > 0) this.#perApplication.set(applicationId, left);
    else this.#perApplication.delete(applicationId);
  }
}

const addTo = (sets: Map<string, Set<string>>, key: string, id: string): void => {
  const set = sets.get(key);
  if (set) set.add(id);
  else sets.set(key, new Set([id]));
};

const removeFrom = (sets: Map<string, Set<string>>, key: string, id: string): void => {
  const set = sets.get(key);
  if (set?.delete(id) && set.size === 0) sets.delete(key);
};

const recordOf = (id: string, actor: SessionActor): SessionRecord => {
  const { value, context } = actor.getSnapshot();
  return { id, state: value, context };
};

// XState lets only a parent stop a child, by an action that copies the parent's `children`; our actors are not among
// those (spawning there copies all siblings), so the stop that the action would make is made directly.
const stopActor = (actor: SessionActor): void => {
  (actor as unknown as { _stop(): void })._stop();
};
