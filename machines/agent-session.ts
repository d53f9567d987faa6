// An agent session: one running agent, on whose behalf it runs, and whether it may act right now.
// A session acts only in `active`. It is suspended by its own hold, by a hold inherited from a suspended ancestor, or by
// both; it acts again when the last of them is lifted. A service holds a lease while it acts: one that is not heard of in
// time loses it, which is an own hold with a reason of its own. An ended session takes nothing more. Whether an event is allowed
// is decided by the states alone: what a state does not take is refused before it is ever sent.
import { assign, setup, type SnapshotFrom } from 'xstate';
import { noted, type Instant, type Stamp, type Traced } from './words.ts';

export type Lifecycle = 'task' | 'service';

/** The authority of a session, by the rule in `src/authority/session-authority.ts`. */
export type SessionAuthority = 'own' | 'received' | 'none';

/** What is true of a session from its start to its end. */
export interface AgentSessionFacts {
  readonly applicationId: string;
  readonly subjectSessionId: string;
  /** The caller proved that it may act for the subject session. Entries of earlier versions recorded no proof: false. */
  readonly subjectProven: boolean;
  readonly parentId: string | null;
  /** 0 for a root. */
  readonly depth: number;
  readonly lifecycle: Lifecycle;
  readonly labels: readonly string[];
  readonly ttlSeconds: number | null;
  /** The edge that hands it its parent's authority on; null where it was started without. */
  readonly delegationEdgeId: string | null;
  /** SHA-256 of the metadata as journaled, or null where there is none. The metadata itself never enters a machine. */
  readonly metadataHash: string | null;
}

export interface AgentSessionContext extends AgentSessionFacts, Traced {
  readonly startedAt: Instant;
  /** The instant the session is no longer live, whether or not anybody looks; null for a service. */
  readonly expiresAt: Instant | null;
  /** Why the session's own hold was placed; null without one. */
  readonly holdReason: string | null;
  readonly endedAt: Instant | null;
  readonly terminationReason: string | null;
  /** The last heartbeat that is journaled; the zone's memory may know a later one. Null before the first. */
  readonly heardAt: Instant | null;
  /** Raised whenever somebody takes the lease over, so that the holder before is fenced off; 0 where there is no lease. */
  readonly leaseGeneration: number;
  readonly authorityAtStart: SessionAuthority;
  readonly authority: SessionAuthority;
}

/** The reason of the hold that a lost lease places. */
export const LEASE_LOST = 'service_heartbeat_lost';

export type AgentSessionEvent = Stamp &
  (
    | { readonly type: 'suspended'; readonly reason: string }
    | { readonly type: 'resumed' }
    | { readonly type: 'ancestor.suspended' }
    | { readonly type: 'ancestor.resumed' }
    | { readonly type: 'terminated'; readonly reason: string }
    | { readonly type: 'ancestor.terminated' }
    | { readonly type: 'expired' }
    | { readonly type: 'heard' }
    | { readonly type: 'authority.received' }
    | { readonly type: 'ancestor.received' }
    | { readonly type: 'lease.taken' }
    | { readonly type: 'lease.lost'; readonly heardAt: Instant | null }
  );

export type AgentSessionInput = Stamp & { readonly facts: AgentSessionFacts; readonly authority: SessionAuthority };

const MS_PER_SECOND = 1000;

/** The context of a session that has just been started. */
export const startedSession = ({ facts, authority, at, seq }: AgentSessionInput): AgentSessionContext => ({
  applicationId: facts.applicationId,
  subjectSessionId: facts.subjectSessionId,
  subjectProven: facts.subjectProven ?? false,
  parentId: facts.parentId,
  depth: facts.depth,
  lifecycle: facts.lifecycle,
  labels: facts.labels,
  ttlSeconds: facts.ttlSeconds,
  // Entries of the time before there were edges do not name one.
  delegationEdgeId: facts.delegationEdgeId ?? null,
  metadataHash: facts.metadataHash,
  startedAt: at,
  expiresAt: facts.ttlSeconds === null ? null : at + facts.ttlSeconds * MS_PER_SECOND,
  holdReason: null,
  endedAt: null,
  terminationReason: null,
  heardAt: null,
  leaseGeneration: facts.lifecycle === 'service' ? 1 : 0,
  authorityAtStart: authority,
  authority,
  startedSeq: seq,
  seq,
  changes: 1,
});

const ends = {
  terminated: { target: '#agent-session.terminated.ended', actions: 'end' },
  'ancestor.terminated': { target: '#agent-session.terminated.ended', actions: 'endWithAncestor' },
  expired: { target: '#agent-session.terminated.expired', actions: 'expire' },
} as const;

const contacts = {
  heard: { actions: 'hear' },
  'lease.taken': { guard: 'hasLease', actions: 'raiseGeneration' },
} as const;

/** A session above received an edge: from then on, a session without an edge of its own has no authority. */
const narrowing = {
  'ancestor.received': { guard: 'actsOnItsOwn', actions: 'loseOwnAuthority' },
} as const;

export const agentSessionMachine = setup({
  types: {
    context: {} as AgentSessionContext,
    events: {} as AgentSessionEvent,
    input: {} as AgentSessionInput,
    tags: {} as 'live' | 'acting' | 'held',
  },
  // Each transition has one action: XState makes a snapshot of its own for every further one.
  actions: {
    note: assign(({ context, event }) => noted(context, event)),
    hold: assign(({ context, event }) => ({
      ...noted(context, event),
      holdReason: event.type === 'suspended' ? event.reason : null,
    })),
    lift: assign(({ context, event }) => ({ ...noted(context, event), holdReason: null })),
    loseLease: assign(({ context, event }) => ({
      ...noted(context, event),
      holdReason: LEASE_LOST,
      heardAt: event.type === 'lease.lost' ? event.heardAt : context.heardAt,
    })),
    receive: assign(({ context, event }) => ({ ...noted(context, event), authority: 'received' as const })),
    loseOwnAuthority: assign(({ context, event }) => ({ ...noted(context, event), authority: 'none' as const })),
    hear: assign(({ context, event }) => ({ ...noted(context, event), heardAt: event.at })),
    raiseGeneration: assign(({ context, event }) => ({
      ...noted(context, event),
      leaseGeneration: context.leaseGeneration + 1,
    })),
    end: assign(({ context, event }) => ({
      ...noted(context, event),
      endedAt: event.at,
      terminationReason: event.type === 'terminated' ? event.reason : null,
    })),
    endWithAncestor: assign(({ context, event }) => ({
      ...noted(context, event),
      endedAt: event.at,
      terminationReason: 'parent_terminated',
    })),
    expire: assign(({ context, event }) => ({ ...noted(context, event), endedAt: event.at, terminationReason: 'ttl' })),
  },
  guards: {
    hasLease: ({ context }) => context.lifecycle === 'service',
    actsOnItsOwn: ({ context }) => context.authority === 'own',
  },
}).createMachine({
  id: 'agent-session',
  version: '4',
  context: ({ input }) => startedSession(input),
  initial: 'active',
  states: {
    active: {
      tags: ['live', 'acting'],
      on: {
        suspended: { target: 'suspended.own', actions: 'hold' },
        'ancestor.suspended': { target: 'suspended.inherited', actions: 'note' },
        'lease.lost': { target: 'suspended.own', guard: 'hasLease', actions: 'loseLease' },
        'authority.received': { actions: 'receive' },
        ...contacts,
        ...narrowing,
        ...ends,
      },
    },
    suspended: {
      tags: ['live'],
      initial: 'own',
      on: { ...contacts, ...narrowing, ...ends },
      states: {
        own: {
          tags: ['held'],
          on: {
            resumed: { target: '#agent-session.active', actions: 'lift' },
            'ancestor.suspended': { target: 'both', actions: 'note' },
          },
        },
        inherited: {
          on: { 'ancestor.resumed': { target: '#agent-session.active', actions: 'note' } },
        },
        both: {
          tags: ['held'],
          on: { 'ancestor.resumed': { target: 'own', actions: 'note' } },
        },
      },
    },
    terminated: {
      initial: 'ended',
      states: { ended: { type: 'final' }, expired: { type: 'final' } },
    },
  },
});

export type AgentSessionSnapshot = SnapshotFrom<typeof agentSessionMachine>;
export type AgentSessionState = AgentSessionSnapshot['value'];

/** The fields of the context that a log or an inspector may show. */
export const agentSessionVisible = [
  'parentId',
  'depth',
  'lifecycle',
  'startedAt',
  'startedSeq',
  'expiresAt',
  'endedAt',
  'heardAt',
  'leaseGeneration',
  'authority',
  'authorityAtStart',
  'subjectProven',
  'seq',
  'changes',
] as const satisfies readonly (keyof AgentSessionContext)[];
