// The invocations of one zone with the index that a session's end goes by: which live ones were made from or for it.
import type { AnyActorRef } from 'xstate';
import {
  invocationMachine,
  type InvocationContext,
  type InvocationEvent,
  type InvocationInput,
  type InvocationState,
} from '../../../machines/invocation.ts';
import { Index } from './indexes.ts';
import { invocationBytes } from '../sizes.ts';
import { Population, type ActorRecord } from './population.ts';

export type InvocationRecord = ActorRecord<InvocationState, InvocationContext>;

export class Invocations extends Population<InvocationRecord, InvocationInput, InvocationEvent> {
  readonly #bySession = new Index();

  constructor(parent: AnyActorRef) {
    super(invocationMachine, parent);
  }

  /** Ids of the live invocations that a session is the source or the target of, in the order they were created. */
  ofSession(sessionId: string): ReadonlySet<string> {
    return this.#bySession.of(sessionId);
  }

  protected override weigh(context: InvocationContext): number {
    return invocationBytes(context);
  }

  protected override admitted({ id, context }: InvocationRecord): void {
    for (const session of sessionsOf(context)) this.#bySession.add(session, id);
  }

  protected override retired({ id, context }: InvocationRecord): void {
    for (const session of sessionsOf(context)) this.#bySession.delete(session, id);
  }
}

/** The sessions an invocation names. */
export const sessionsOf = ({
  sourceSessionId,
  targetSessionId,
}: Pick<InvocationContext, 'sourceSessionId' | 'targetSessionId'>): string[] =>
  [sourceSessionId, targetSessionId].filter((id) => id !== null);
