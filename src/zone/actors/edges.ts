// The delegation edges of one zone with the indexes that the walks over the graph go by. Only active edges are part of the
// graph; what has lapsed is found here until a checkpoint has stored it.
import assert from 'node:assert/strict';
import type { AnyActorRef } from 'xstate';
import {
  delegationMachine,
  type DelegationContext,
  type DelegationEvent,
  type DelegationInput,
  type DelegationState,
} from '../../../machines/delegation.ts';
import type { Ends, Graph } from '../graph.ts';
import { Index } from './indexes.ts';
import { edgeBytes } from '../sizes.ts';
import { Population, type ActorRecord } from './population.ts';

export type EdgeRecord = ActorRecord<DelegationState, DelegationContext>;

export class Edges extends Population<EdgeRecord, DelegationInput, DelegationEvent> implements Graph {
  readonly #outbound = new Index();
  readonly #inbound = new Index();
  readonly #below = new Index();
  readonly #lapsedOutbound = new Index();
  readonly #lapsedInbound = new Index();

  constructor(parent: AnyActorRef) {
    super(delegationMachine, parent);
  }

  /** Ids of the active edges from a session, in the order they were created; so are those of the next two. */
  outboundOf(sessionId: string): ReadonlySet<string> {
    return this.#outbound.of(sessionId);
  }

  inboundOf(sessionId: string): ReadonlySet<string> {
    return this.#inbound.of(sessionId);
  }

  /** The active edges to a session. */
  heldBy(sessionId: string): EdgeRecord[] {
    return Array.from(this.inboundOf(sessionId), (id) => this.live(id)).filter((edge) => edge !== undefined);
  }

  /** Ids of the active edges whose parent an edge is. */
  belowOf(edgeId: string): ReadonlySet<string> {
    return this.#below.of(edgeId);
  }

  endsOf(edgeId: string): Ends {
    const edge = this.live(edgeId);
    assert(edge, `edge ${edgeId} is not active`);
    return edge.context;
  }

  /** Ids of the lapsed edges of a session that no checkpoint has stored yet. */
  lapsedOf(direction: Direction, sessionId: string): ReadonlySet<string> {
    return (direction === 'inbound' ? this.#lapsedInbound : this.#lapsedOutbound).of(sessionId);
  }

  protected override weigh(context: DelegationContext): number {
    return edgeBytes(context);
  }

  protected override admitted({ id, context }: EdgeRecord): void {
    this.#outbound.add(context.sourceSessionId, id);
    this.#inbound.add(context.targetSessionId, id);
    if (context.parentEdgeId !== null) this.#below.add(context.parentEdgeId, id);
  }

  protected override retired({ id, context }: EdgeRecord): void {
    this.#outbound.delete(context.sourceSessionId, id);
    this.#inbound.delete(context.targetSessionId, id);
    if (context.parentEdgeId !== null) this.#below.delete(context.parentEdgeId, id);
    this.#lapsedOutbound.add(context.sourceSessionId, id);
    this.#lapsedInbound.add(context.targetSessionId, id);
  }

  protected override released({ id, context }: EdgeRecord): void {
    this.#lapsedOutbound.delete(context.sourceSessionId, id);
    this.#lapsedInbound.delete(context.targetSessionId, id);
  }
}

/** Which of its two ends a session is. */
export type Direction = 'inbound' | 'outbound';
