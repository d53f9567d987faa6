// The session actors of one zone with the indexes over them: children, and live sessions per application and per subject
// session.
import assert from 'node:assert/strict';
import type { AnyActorRef } from 'xstate';
import {
  agentSessionMachine,
  type AgentSessionContext,
  type AgentSessionEvent,
  type AgentSessionInput,
  type AgentSessionState,
} from '../../../machines/agent-session.ts';
import { Index } from './indexes.ts';
import { sessionBytes } from '../sizes.ts';
import { Population, type ActorRecord } from './population.ts';

export type SessionRecord = ActorRecord<AgentSessionState, AgentSessionContext>;

export class Sessions extends Population<SessionRecord, AgentSessionInput, AgentSessionEvent> {
  readonly #children = new Index();
  readonly #endedChildren = new Index();
  readonly #byApplication = new Index();
  readonly #bySubject = new Index();

  constructor(parent: AnyActorRef) {
    super(agentSessionMachine, parent);
  }

  /** Ids of the live children, in the order they were started. */
  childrenOf(id: string): ReadonlySet<string> {
    return this.#children.of(id);
  }

  /** Ids of the ended children that no checkpoint has stored yet. */
  endedChildrenOf(id: string): ReadonlySet<string> {
    return this.#endedChildren.of(id);
  }

  /** Ids of the live sessions of an application, in the order they were started. */
  ofApplication(applicationId: string): ReadonlySet<string> {
    return this.#byApplication.of(applicationId);
  }

  /** Ids of the live sessions that stand on a subject session, in the order they were started. */
  ofSubject(subjectSessionId: string): ReadonlySet<string> {
    return this.#bySubject.of(subjectSessionId);
  }

  protected override weigh(context: AgentSessionContext): number {
    return sessionBytes(context);
  }

  protected override admitted({ id, context: { parentId, applicationId, subjectSessionId } }: SessionRecord): void {
    assert(parentId === null || this.isLive(parentId), `session ${id} has no live parent`);
    this.#byApplication.add(applicationId, id);
    this.#bySubject.add(subjectSessionId, id);
    if (parentId !== null) this.#children.add(parentId, id);
  }

  protected override retired({ id, context: { parentId, applicationId, subjectSessionId } }: SessionRecord): void {
    this.#byApplication.delete(applicationId, id);
    this.#bySubject.delete(subjectSessionId, id);
    if (parentId === null) return;
    this.#children.delete(parentId, id);
    this.#endedChildren.add(parentId, id);
  }

  protected override released({ id, context: { parentId } }: SessionRecord): void {
    if (parentId !== null) this.#endedChildren.delete(parentId, id);
  }
}
