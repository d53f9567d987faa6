// An invocation: one call of a service agent, from the wish to its outcome.
// It waits in `pending`, is worked on in `running`, and ends cancelled or completed. An attempt that fails or overruns its
// deadline leads back to `retrying` while attempts are left. Once cancellation was asked for it is never tried again: the
// worker may still say how it went, and if it does not, the deadline cancels it.
import { assign, setup, type SnapshotFrom } from 'xstate';
import { noted, type BodyRef, type Instant, type Stamp, type Traced } from './words.ts';

/** What is true of an invocation from its creation to its end. */
export interface InvocationFacts {
  readonly serviceId: string;
  readonly sourceSessionId: string | null;
  readonly targetSessionId: string | null;
  readonly idempotencyKey: string;
  readonly method: string;
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  readonly backoffMs: number;
}

export interface InvocationContext extends InvocationFacts, Traced {
  readonly createdAt: Instant;
  /** How often it was started. */
  readonly attempts: number;
  /** When the present attempt began; of one that has ended, the last. */
  readonly startedAt: Instant | null;
  /** The instant the present attempt overruns; null while it does not run. */
  readonly deadlineAt: Instant | null;
  /** When trying again makes sense: a hint, not a rule. Null while nothing failed and after the end. */
  readonly nextAttemptAt: Instant | null;
  readonly cancelRequestedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** A session it was made from or for has ended, which cancelled it or asked for that. */
  readonly sessionEnded: boolean;
  /** Why the last attempt failed where the coordinator itself knows: `deadline_exceeded`. */
  readonly failure: string | null;
  /** Where the parameters lie; null where there is neither a parameter nor metadata. */
  readonly params: BodyRef | null;
  /** Where the metadata lies as it is now. */
  readonly metadata: BodyRef | null;
  /** Where the error lies that a worker reported with the last outcome. */
  readonly error: BodyRef | null;
}

export type InvocationEvent = Stamp &
  (
    | { readonly type: 'started' }
    | { readonly type: 'cancel.requested'; readonly bodyHash: string | null }
    | { readonly type: 'succeeded'; readonly bodyHash: string | null }
    | { readonly type: 'failed'; readonly bodyHash: string | null }
    | { readonly type: 'overran' }
    /** No request could be received for this long. */
    | { readonly type: 'extended'; readonly byMs: number }
    | { readonly type: 'session.ended' }
  );

export type InvocationInput = Stamp & { readonly facts: InvocationFacts; readonly bodyHash: string | null };

const bodyRef = ({ seq }: Stamp, hash: string | null): BodyRef | null => (hash === null ? null : { seq, hash });

/** The context of an invocation that has just been created. */
export const createdInvocation = ({ facts, bodyHash, ...stamp }: InvocationInput): InvocationContext => ({
  ...facts,
  createdAt: stamp.at,
  attempts: 0,
  startedAt: null,
  deadlineAt: null,
  nextAttemptAt: null,
  cancelRequestedAt: null,
  endedAt: null,
  sessionEnded: false,
  failure: null,
  params: bodyRef(stamp, bodyHash),
  metadata: bodyRef(stamp, bodyHash),
  error: null,
  startedSeq: stamp.seq,
  seq: stamp.seq,
  changes: 1,
});

const ended = ({ at }: InvocationEvent) => ({ endedAt: at, deadlineAt: null, nextAttemptAt: null });

/** A body that comes with an event holds the metadata as it is from then on; without one it stays where it lies. */
const metadataAfter = (context: InvocationContext, event: InvocationEvent): BodyRef | null =>
  'bodyHash' in event && event.bodyHash !== null ? bodyRef(event, event.bodyHash) : context.metadata;

const cancelling = (context: InvocationContext, event: InvocationEvent) => ({
  cancelRequestedAt: event.at,
  sessionEnded: event.type === 'session.ended',
  metadata: metadataAfter(context, event),
});

/** What a worker said of an attempt, or the deadline. */
const outcome = (context: InvocationContext, event: InvocationEvent) => ({
  failure: event.type === 'overran' ? DEADLINE_EXCEEDED : null,
  error: 'bodyHash' in event ? bodyRef(event, event.bodyHash) : null,
  metadata: metadataAfter(context, event),
});

const DEADLINE_EXCEEDED = 'deadline_exceeded';

export const invocationMachine = setup({
  types: {
    context: {} as InvocationContext,
    events: {} as InvocationEvent,
    input: {} as InvocationInput,
    tags: {} as 'live' | 'timed',
  },
  // Each transition has one action: XState makes a snapshot of its own for every further one.
  actions: {
    begin: assign(({ context, event }) => ({
      ...noted(context, event),
      attempts: context.attempts + 1,
      startedAt: event.at,
      deadlineAt: event.at + context.timeoutMs,
      nextAttemptAt: null,
    })),
    extend: assign(({ context, event }) => ({
      ...noted(context, event),
      deadlineAt: (context.deadlineAt ?? event.at) + (event.type === 'extended' ? event.byMs : 0),
    })),
    askToCancel: assign(({ context, event }) => ({ ...noted(context, event), ...cancelling(context, event) })),
    cancel: assign(({ context, event }) => ({
      ...noted(context, event),
      ...cancelling(context, event),
      ...ended(event),
    })),
    retryLater: assign(({ context, event }) => ({
      ...noted(context, event),
      ...outcome(context, event),
      deadlineAt: null,
      nextAttemptAt: event.at + context.backoffMs,
    })),
    complete: assign(({ context, event }) => ({
      ...noted(context, event),
      ...outcome(context, event),
      ...ended(event),
    })),
    giveUp: assign(({ context, event }) => ({ ...noted(context, event), ...ended(event) })),
  },
  guards: {
    attemptsLeft: ({ context }) => context.attempts < context.attemptsMax,
  },
}).createMachine({
  id: 'invocation',
  version: '1',
  context: ({ input }) => createdInvocation(input),
  initial: 'pending',
  states: {
    pending: {
      tags: ['live'],
      initial: 'queued',
      on: {
        started: { target: 'running.executing', actions: 'begin' },
        'cancel.requested': { target: 'cancelled', actions: 'cancel' },
        'session.ended': { target: 'cancelled', actions: 'cancel' },
      },
      states: { queued: {}, retrying: {} },
    },
    running: {
      tags: ['live', 'timed'],
      initial: 'executing',
      on: {
        succeeded: { target: 'completed.succeeded', actions: 'complete' },
        extended: { actions: 'extend' },
      },
      states: {
        executing: {
          on: {
            'cancel.requested': { target: 'cancelling', actions: 'askToCancel' },
            'session.ended': { target: 'cancelling', actions: 'askToCancel' },
            failed: [
              {
                guard: 'attemptsLeft',
                target: '#invocation.pending.retrying',
                actions: 'retryLater',
              },
              { target: '#invocation.completed.failed', actions: 'complete' },
            ],
            overran: [
              {
                guard: 'attemptsLeft',
                target: '#invocation.pending.retrying',
                actions: 'retryLater',
              },
              { target: '#invocation.completed.timedOut', actions: 'complete' },
            ],
          },
        },
        cancelling: {
          on: {
            failed: { target: '#invocation.completed.failed', actions: 'complete' },
            overran: { target: '#invocation.cancelled', actions: 'giveUp' },
          },
        },
      },
    },
    // Not `final` at the top: XState stops a machine there, and its snapshot would no longer be an active one.
    cancelled: { initial: 'ended', states: { ended: { type: 'final' } } },
    completed: {
      initial: 'succeeded',
      states: { succeeded: { type: 'final' }, failed: { type: 'final' }, timedOut: { type: 'final' } },
    },
  },
});

export type InvocationSnapshot = SnapshotFrom<typeof invocationMachine>;
export type InvocationState = InvocationSnapshot['value'];

/** The fields of the context that a log or an inspector may show. */
export const invocationVisible = [
  'serviceId',
  'sourceSessionId',
  'targetSessionId',
  'attempts',
  'attemptsMax',
  'timeoutMs',
  'createdAt',
  'startedAt',
  'deadlineAt',
  'nextAttemptAt',
  'cancelRequestedAt',
  'endedAt',
  'sessionEnded',
  'failure',
  'startedSeq',
  'seq',
  'changes',
] as const satisfies readonly (keyof InvocationContext)[];
