// Figures of a zone in memory, updated as it changes.
import { ACTOR_KINDS, type ActorKind } from './actors/codec.ts';
import type { InvocationCounts } from './actors/invocations.ts';
import type { ZoneMemory } from './memory.ts';

export interface ZoneFigures {
  /** Live actors by their kind and the top level of their state. */
  readonly states: readonly { readonly kind: ActorKind; readonly state: string; readonly count: number }[];
  /** Live invocations by the status that callers see. */
  readonly invocations: InvocationCounts;
  /** Bytes that the live actors carry, without their bodies, by kind; and the rows of the directory. */
  readonly bytes: Readonly<Record<ActorKind | 'directory', number>>;
  /** Pending deadlines. */
  readonly due: number;
  /** Entries that no checkpoint holds yet. */
  readonly lag: number;
}

export const figuresOf = ({ actors, due, directory }: ZoneMemory, lag: number): ZoneFigures => {
  const states = ACTOR_KINDS.flatMap((kind) =>
    Array.from(actors.states(kind), ([state, count]) => ({ kind, state, count })),
  );
  const { sessions, services, invocations, edges } = actors;
  const bytes = {
    session: sessions.bytes,
    service: services.bytes,
    invocation: invocations.bytes,
    edge: edges.bytes,
    directory: directory.bytes,
  };
  return { states, invocations: invocations.counts, bytes, due, lag };
};
