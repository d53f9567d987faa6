// A service agent: an endpoint of an application, and how well it says it is.
// It starts in `starting` and is afterwards as healthy as it was when it was last heard of; one that nobody has heard of
// for a lease's length counts as unhealthy until it is heard of again. It has no end: registering the same endpoint again
// updates it, whatever its health.
import { assign, setup, type SnapshotFrom } from 'xstate';
import { noted, type BodyRef, type Instant, type Stamp, type Traced } from './words.ts';

/** What a registration says; a later one of the same endpoint says all of it anew. */
export interface ServiceAgentFacts {
  readonly applicationId: string;
  readonly endpointUrl: string;
  readonly protocolVersions: readonly string[];
  readonly frameworkName: string | null;
  readonly frameworkVersion: string | null;
  readonly capabilities: readonly string[];
}

export interface ServiceAgentContext extends ServiceAgentFacts, Traced {
  readonly startedAt: Instant;
  /** Where its metadata lies; null where there is none. */
  readonly metadata: BodyRef | null;
  /** The last heartbeat that is journaled; the zone's memory may know a later one. Null before the first. */
  readonly heardAt: Instant | null;
}

export type Health = 'starting' | 'healthy' | 'degraded' | 'unhealthy';

export type ServiceAgentEvent = Stamp &
  (
    | { readonly type: 'updated'; readonly facts: ServiceAgentFacts; readonly bodyHash: string | null }
    | { readonly type: 'heard'; readonly health: Health; readonly bodyHash: string | null }
    | { readonly type: 'silenced'; readonly heardAt: Instant | null }
  );

export type ServiceAgentInput = Stamp & { readonly facts: ServiceAgentFacts; readonly bodyHash: string | null };

const bodyRef = (seq: number, hash: string | null): BodyRef | null => (hash === null ? null : { seq, hash });

const startOf = ({ facts, bodyHash, at, seq }: ServiceAgentInput): ServiceAgentContext => ({
  ...facts,
  metadata: bodyRef(seq, bodyHash),
  startedAt: at,
  heardAt: null,
  startedSeq: seq,
  seq,
  changes: 1,
});

const HEARD = [
  { guard: 'isStarting', target: '#service-agent.starting', actions: 'hear' },
  { guard: 'isHealthy', target: '#service-agent.healthy', actions: 'hear' },
  { guard: 'isDegraded', target: '#service-agent.degraded', actions: 'hear' },
  { guard: 'isUnhealthy', target: '#service-agent.unhealthy', actions: 'hear' },
] as const;

const contacts = { updated: { actions: 'update' }, heard: HEARD } as const;

const silenced = { target: 'unhealthy', actions: 'recallLast' } as const;

export const serviceAgentMachine = setup({
  types: {
    context: {} as ServiceAgentContext,
    events: {} as ServiceAgentEvent,
    input: {} as ServiceAgentInput,
    tags: {} as 'live' | 'heeded',
  },
  // Each transition has one action: XState makes a snapshot of its own for every further one.
  actions: {
    update: assign(({ context, event }) => ({
      ...noted(context, event),
      ...(event.type === 'updated' ? { ...event.facts, metadata: bodyRef(event.seq, event.bodyHash) } : {}),
    })),
    recallLast: assign(({ context, event }) => ({
      ...noted(context, event),
      heardAt: event.type === 'silenced' ? event.heardAt : context.heardAt,
    })),
    hear: assign(({ context, event }) => ({
      ...noted(context, event),
      heardAt: event.at,
      // A heartbeat that says nothing new of the metadata leaves it where it lies.
      metadata:
        event.type === 'heard' && event.bodyHash !== null ? bodyRef(event.seq, event.bodyHash) : context.metadata,
    })),
  },
  guards: {
    isStarting: ({ event }) => event.type === 'heard' && event.health === 'starting',
    isHealthy: ({ event }) => event.type === 'heard' && event.health === 'healthy',
    isDegraded: ({ event }) => event.type === 'heard' && event.health === 'degraded',
    isUnhealthy: ({ event }) => event.type === 'heard' && event.health === 'unhealthy',
  },
}).createMachine({
  id: 'service-agent',
  version: '1',
  context: ({ input }) => startOf(input),
  initial: 'starting',
  states: {
    starting: { tags: ['live', 'heeded'], on: { ...contacts, silenced } },
    healthy: { tags: ['live', 'heeded'], on: { ...contacts, silenced } },
    degraded: { tags: ['live', 'heeded'], on: { ...contacts, silenced } },
    unhealthy: { tags: ['live'], on: contacts },
  },
});

export type ServiceAgentSnapshot = SnapshotFrom<typeof serviceAgentMachine>;
export type ServiceAgentState = ServiceAgentSnapshot['value'];

/** The fields of the context that a log or an inspector may show. */
export const serviceAgentVisible = [
  'applicationId',
  'startedAt',
  'heardAt',
  'startedSeq',
  'seq',
  'changes',
] as const satisfies readonly (keyof ServiceAgentContext)[];
