// Everything that lives in one zone: a population per machine. Ids are unique over all of them.
import type { Actor, AnyActorRef, AnyStateMachine } from 'xstate';
import type { Delivery } from '../plan.ts';
import { ACTOR_KINDS, type ActorKind, type Records } from './codec.ts';
import { Edges } from './edges.ts';
import { Invocations } from './invocations.ts';
import { Services } from './services.ts';
import { Sessions } from './sessions.ts';

/** What all populations can do alike. */
interface Some<Row> {
  restore(record: Row): void;
  find(id: string): Row | undefined;
  isLive(id: string): boolean;
  all(): Iterable<Row>;
  actors(): Iterable<Actor<AnyStateMachine>>;
  release(id: string): void;
  readonly count: number;
  readonly states: ReadonlyMap<string, number>;
  readonly stop: () => void;
}

export class Actors {
  readonly sessions: Sessions;
  readonly services: Services;
  readonly invocations: Invocations;
  readonly edges: Edges;
  readonly #of: { readonly [Kind in ActorKind]: Some<Records[Kind]> };

  constructor(parent: AnyActorRef) {
    this.sessions = new Sessions(parent);
    this.services = new Services(parent);
    this.invocations = new Invocations(parent);
    this.edges = new Edges(parent);
    this.#of = { session: this.sessions, service: this.services, invocation: this.invocations, edge: this.edges };
  }

  deliver(delivery: Delivery): void {
    switch (delivery.kind) {
      case 'session':
        if ('start' in delivery) return this.sessions.start(delivery.id, delivery.start);
        return this.sessions.deliver(delivery.id, delivery.event);
      case 'service':
        if ('start' in delivery) return this.services.start(delivery.id, delivery.start);
        return this.services.deliver(delivery.id, delivery.event);
      case 'invocation':
        if ('start' in delivery) return this.invocations.start(delivery.id, delivery.start);
        return this.invocations.deliver(delivery.id, delivery.event);
      case 'edge':
        if ('start' in delivery) return this.edges.start(delivery.id, delivery.start);
        return this.edges.deliver(delivery.id, delivery.event);
    }
  }

  restore<Kind extends ActorKind>(kind: Kind, record: Records[Kind]): void {
    this.#of[kind].restore(record);
  }

  /** A record in memory: live, or ended and not yet stored by a checkpoint. */
  find<Kind extends ActorKind>(kind: Kind, id: string): Records[Kind] | undefined {
    return this.#of[kind].find(id);
  }

  isLive(kind: ActorKind, id: string): boolean {
    return this.#of[kind].isLive(id);
  }

  all<Kind extends ActorKind>(kind: Kind): Iterable<Records[Kind]> {
    return this.#of[kind].all();
  }

  /** Everything live as actors, kind by kind. */
  *actors(): Generator<Actor<AnyStateMachine>> {
    for (const kind of ACTOR_KINDS) yield* this.#of[kind].actors();
  }

  get count(): number {
    return ACTOR_KINDS.reduce((count, kind) => count + this.#of[kind].count, 0);
  }

  /** How many actors of a kind are live, by the top level of their state. */
  states(kind: ActorKind): ReadonlyMap<string, number> {
    return this.#of[kind].states;
  }

  release(kind: ActorKind, id: string): void {
    this.#of[kind].release(id);
  }

  stop(): void {
    for (const kind of ACTOR_KINDS) this.#of[kind].stop();
  }
}
