// A delegation edge: a slice of authority that one session hands to another, for a time.
// It is active from its creation until it is revoked, by whoever may or because a session it touches has ended, or until
// its instant has come. What it grants never changes; an edge that has lapsed takes nothing more.
import { assign, setup, type SnapshotFrom } from 'xstate';
import { noted, type Instant, type Stamp, type Traced } from './words.ts';

/** The bounds an edge may carry beside its scopes, as they were asked for; null where it carries none. */
export interface DelegationConstraints {
  readonly resources: readonly string[] | null;
  /** How many edges may follow below it, itself included; null counts as 1. */
  readonly maxHops: number | null;
  readonly ttlSeconds: number | null;
  /** Null counts as the number of scopes. */
  readonly budget: number | null;
  readonly policyApproved: boolean | null;
  readonly broadReason: string | null;
}

/** What is true of an edge from its creation to its end. */
export interface DelegationFacts {
  readonly sourceSessionId: string;
  readonly targetSessionId: string;
  readonly issuerApplicationId: string;
  readonly receiverApplicationId: string;
  readonly parentEdgeId: string | null;
  readonly resourceId: string | null;
  readonly scopes: readonly string[];
  /** Identifiers of the resources it is for, however they were named; null for whatever its scopes reach. */
  readonly resources: readonly string[] | null;
  readonly constraints: DelegationConstraints;
  /** The end in zone time. */
  readonly expiresAt: Instant;
  /** The end by the clock of callers; absent if equal to `expiresAt`, and in entries of earlier versions. */
  readonly callersExpiresAt?: Instant | null;
  /**
   * The parent edge, then other active inbound edges of the source, at most `PARENT_EDGES_NAMED_MAX`. Entries of
   * earlier versions contain only their number.
   */
  readonly parentEdgesConsidered: readonly string[] | number;
}

export interface DelegationContext extends DelegationFacts, Traced {
  /** Null if equal to `expiresAt`. */
  readonly callersExpiresAt: Instant | null;
  readonly createdAt: Instant;
  /** 1, and one more once revoked. */
  readonly edgeVersion: number;
  readonly revokedAt: Instant | null;
  readonly endedAt: Instant | null;
}

export type DelegationEvent = Stamp & ({ readonly type: 'revoked' } | { readonly type: 'expired' });

export type DelegationInput = Stamp & { readonly facts: DelegationFacts };

/** The context of an edge that has just been created. */
export const createdDelegation = ({ facts, at, seq }: DelegationInput): DelegationContext => ({
  ...facts,
  callersExpiresAt: facts.callersExpiresAt ?? null,
  createdAt: at,
  edgeVersion: 1,
  revokedAt: null,
  endedAt: null,
  startedSeq: seq,
  seq,
  changes: 1,
});

export const delegationMachine = setup({
  types: {
    context: {} as DelegationContext,
    events: {} as DelegationEvent,
    input: {} as DelegationInput,
    tags: {} as 'live',
  },
  // Each transition has one action: XState makes a snapshot of its own for every further one.
  actions: {
    revoke: assign(({ context, event }) => ({
      ...noted(context, event),
      edgeVersion: context.edgeVersion + 1,
      revokedAt: event.at,
      endedAt: event.at,
    })),
    expire: assign(({ context, event }) => ({ ...noted(context, event), endedAt: event.at })),
  },
}).createMachine({
  id: 'delegation',
  version: '2',
  context: ({ input }) => createdDelegation(input),
  initial: 'active',
  states: {
    active: {
      tags: ['live'],
      on: {
        revoked: { target: 'revoked', actions: 'revoke' },
        expired: { target: 'expired', actions: 'expire' },
      },
    },
    // Not `final` at the top: XState stops a machine there, and its snapshot would no longer be an active one.
    revoked: { initial: 'ended', states: { ended: { type: 'final' } } },
    expired: { initial: 'ended', states: { ended: { type: 'final' } } },
  },
});

export type DelegationSnapshot = SnapshotFrom<typeof delegationMachine>;
export type DelegationState = DelegationSnapshot['value'];

/** The fields of the context that a log or an inspector may show. */
export const delegationVisible = [
  'sourceSessionId',
  'targetSessionId',
  'parentEdgeId',
  'createdAt',
  'expiresAt',
  'callersExpiresAt',
  'edgeVersion',
  'revokedAt',
  'endedAt',
  'startedSeq',
  'seq',
  'changes',
] as const satisfies readonly (keyof DelegationContext)[];
