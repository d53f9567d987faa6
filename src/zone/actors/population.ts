// All actors of one machine in one zone. Only what is live has an actor; what has ended stays here as a record until a
// checkpoint has stored it, then leaves memory. The actors' parent is the zone's supervisor, and nothing but the
// supervisor's delivery calls `deliver` and `start`.
import assert from 'node:assert/strict';
import { createActor, type Actor, type AnyActorRef, type AnyStateMachine } from 'xstate';
import type { Stamp, Traced } from '../../../machines/words.ts';
import { topLevelOf } from '../status-words.ts';
import { OrderedIds } from './ordered-ids.ts';

/** An actor at one moment: everything a view, a checkpoint or a decision needs. Immutable. */
export interface ActorRecord<State = unknown, Context extends Traced = Traced> {
  readonly id: string;
  readonly state: State;
  readonly context: Context;
}

type AnyEvent = Stamp & { readonly type: string };

export class Population<Row extends ActorRecord, Input extends Stamp, Event extends AnyEvent> {
  readonly #machine: AnyStateMachine;
  readonly #parent: AnyActorRef;
  readonly #live = new Map<string, Actor<AnyStateMachine>>();
  readonly #ended = new Map<string, Row>();
  readonly #order = new OrderedIds();
  readonly #byState = new Map<string, number>();
  #bytes = 0;

  constructor(machine: AnyStateMachine, parent: AnyActorRef) {
    this.#machine = machine;
    this.#parent = parent;
  }

  start(id: string, input: Input): void {
    this.#admit(id, createActor(this.#machine, { id, input, parent: this.#parent }));
  }

  /** Puts an actor back as a checkpoint stored it. Records must come in the order the actors were started. */
  restore({ id, state, context }: Row): void {
    const value = state as Parameters<AnyStateMachine['resolveState']>[0]['value'];
    const snapshot = this.#machine.resolveState({ value, context });
    this.#admit(id, createActor(this.#machine, { id, input: undefined, snapshot, parent: this.#parent }));
  }

  /** Delivers an event that the actor's state takes; anything else is a bug in the plan. */
  deliver(id: string, event: Event): void {
    const actor = this.#get(id);
    const before = actor.getSnapshot();
    actor.send(event);
    const after = actor.getSnapshot();
    if (this.reweighs(event)) this.#bytes += this.weigh(after.context) - this.weigh(before.context);
    assert(after !== before && after.status === 'active', `${this.#machine.id} ${id} does not take ${event.type}`);
    this.#count(before.value, -1);
    if (after.hasTag('live')) this.#count(after.value, 1);
    else this.#retire(id, actor);
  }

  /** Whether an actor is live and its state takes this kind of event. */
  can(id: string, event: Event): boolean {
    return this.#live.get(id)?.getSnapshot().can(event) ?? false;
  }

  /** Whether an actor is live and carries a tag of its machine. */
  has(id: string, tag: string): boolean {
    return this.#live.get(id)?.getSnapshot().hasTag(tag) ?? false;
  }

  isLive(id: string): boolean {
    return this.#live.has(id);
  }

  live(id: string): Row | undefined {
    const actor = this.#live.get(id);
    return actor && this.#record(id, actor);
  }

  actor(id: string): Actor<AnyStateMachine> | undefined {
    return this.#live.get(id);
  }

  /** Everything live as actors, in the order they were started. Lives on through changes between two of them. */
  actors(): Iterable<Actor<AnyStateMachine>> {
    return this.#live.values();
  }

  /** A record in memory: live, or ended and not yet stored by a checkpoint. */
  find(id: string): Row | undefined {
    return this.live(id) ?? this.#ended.get(id);
  }

  get count(): number {
    return this.#live.size;
  }

  /** Bytes of the live actors, as `weigh` counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many are live, by the top level of their state. */
  get states(): ReadonlyMap<string, number> {
    return this.#byState;
  }

  /** Everything live, in no order that may decide anything. */
  *all(): Generator<Row> {
    for (const [id, actor] of this.#live) yield this.#record(id, actor);
  }

  /** What is in memory with an id below `before`, the greatest first. */
  *descending(before: string | null): Generator<Row> {
    for (const id of this.#order.descending(before ?? undefined)) {
      const record = this.find(id);
      if (record) yield record;
    }
  }

  /** What has ended is stored: it may leave memory. */
  release(id: string): void {
    const record = this.#ended.get(id);
    if (!record) return;
    this.#ended.delete(id);
    this.#order.delete(id);
    this.released(record);
  }

  /** Stops every actor; the population is not used again. */
  stop(): void {
    for (const actor of this.#live.values()) stopActor(actor);
    this.#live.clear();
    this.#bytes = 0;
    this.#byState.clear();
  }

  /** Returns the bytes that were written into an actor, without its body. */
  protected weigh(_context: Row['context']): number {
    return 0;
  }

  /** Whether an event may change what `weigh` counts. */
  protected reweighs(_event: Event): boolean {
    return false;
  }

  /** An actor has come to live here. */
  protected admitted(_record: Row): void {}

  /** An actor has ended. */
  protected retired(_record: Row): void {}

  /** What had ended has left memory. */
  protected released(_record: Row): void {}

  #get(id: string): Actor<AnyStateMachine> {
    const actor = this.#live.get(id);
    assert(actor, `${this.#machine.id} ${id} is not live`);
    return actor;
  }

  #admit(id: string, actor: Actor<AnyStateMachine>): void {
    assert(!this.#live.has(id) && !this.#ended.has(id), `${this.#machine.id} ${id} exists`);
    actor.start();
    this.#live.set(id, actor);
    this.#order.add(id);
    this.#count(actor.getSnapshot().value, 1);
    const record = this.#record(id, actor);
    this.#bytes += this.weigh(record.context);
    this.admitted(record);
  }

  #count(state: string | object, by: number): void {
    const word = topLevelOf(state);
    this.#byState.set(word, (this.#byState.get(word) ?? 0) + by);
  }

  #retire(id: string, actor: Actor<AnyStateMachine>): void {
    const record = this.#record(id, actor);
    stopActor(actor);
    this.#live.delete(id);
    this.#bytes -= this.weigh(record.context);
    this.#ended.set(id, record);
    this.retired(record);
  }

  // The machine's types were given away with the machine; `Row` is what its snapshots are made of.
  #record(id: string, actor: Actor<AnyStateMachine>): Row {
    const { value, context } = actor.getSnapshot();
    return { id, state: value, context } as ActorRecord as Row;
  }
}

// XState lets only a parent stop a child, by an action that copies the parent's `children`; our actors are not among
// those (spawning there copies all siblings), so the stop is made directly. What XState sends an actor before it is the event
// `xstate.stop`, by which a machine stops its own children; ours have none, and a large cascade would pay for each.
const stopActor = (actor: Actor<AnyStateMachine>): void => {
  (actor as unknown as { _stopProcedure(): void })._stopProcedure();
};
