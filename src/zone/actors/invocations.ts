// The invocations of one zone, an index of live ones by session, and their number by status. The end of a session uses
// the index.
import type { AnyActorRef } from 'xstate';
import {
  invocationMachine,
  type InvocationContext,
  type InvocationEvent,
  type InvocationInput,
  type InvocationState,
} from '../../../machines/invocation.ts';
import { Index } from './indexes.ts';
import { OrderedIds } from './ordered-ids.ts';
import { invocationBytes } from '../sizes.ts';
import { liveStatusOf, type LiveInvocationStatus } from '../status-words.ts';
import { Population, type ActorRecord } from './population.ts';

export type InvocationRecord = ActorRecord<InvocationState, InvocationContext>;

/** Numbers of live invocations. */
export type InvocationCounts = Readonly<Record<LiveInvocationStatus, number>>;

const NONE: InvocationCounts = { pending: 0, running: 0, cancel_requested: 0, failed: 0 };

export class Invocations extends Population<InvocationRecord, InvocationInput, InvocationEvent> {
  readonly #bySession = new Index();
  readonly #timed = new OrderedIds();
  #counts: Record<LiveInvocationStatus, number> = { ...NONE };

  constructor(parent: AnyActorRef) {
    super(invocationMachine, parent);
  }

  /** Ids of the live invocations that a session is the source or the target of, in the order they were created. */
  ofSession(sessionId: string): ReadonlySet<string> {
    return this.#bySession.of(sessionId);
  }

  /** The number of live invocations by status. */
  get counts(): InvocationCounts {
    return this.#counts;
  }

  override stop(): void {
    super.stop();
    this.#counts = { ...NONE };
  }

  protected override weigh(context: InvocationContext): number {
    return invocationBytes(context);
  }

  /** Returns at most `most` ids above `after`, in order, of invocations whose deadline runs. */
  timed(after: string, most: number): string[] {
    return this.#timed.ascending(after, most);
  }

  override deliver(id: string, event: InvocationEvent): void {
    this.#count(id, -1);
    super.deliver(id, event);
    this.#count(id, 1);
    this.#time(id);
  }

  protected override admitted({ id, context }: InvocationRecord): void {
    this.#count(id, 1);
    this.#time(id);
    for (const session of sessionsOf(context)) this.#bySession.add(session, id);
  }

  protected override retired({ id, context }: InvocationRecord): void {
    for (const session of sessionsOf(context)) this.#bySession.delete(session, id);
  }

  /** Counts an invocation under its current status; one that has ended is not counted. */
  #count(id: string, by: number): void {
    const record = this.live(id);
    const status = record ? liveStatusOf(record) : null;
    if (status !== null) this.#counts[status] += by;
  }

  #time(id: string): void {
    if (this.has(id, 'timed')) this.#timed.add(id);
    else this.#timed.delete(id);
  }
}

/** The sessions an invocation names. */
export const sessionsOf = ({
  sourceSessionId,
  targetSessionId,
}: Pick<InvocationContext, 'sourceSessionId' | 'targetSessionId'>): string[] =>
  [sourceSessionId, targetSessionId].filter((id) => id !== null);
