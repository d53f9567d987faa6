// The names of states for callers: the words of the reference and the top level of the statechart. Also the reasons and
// instants that are derived from a state.
import type { AgentSessionContext, AgentSessionState } from '../../machines/agent-session.ts';
import type { InvocationContext, InvocationState } from '../../machines/invocation.ts';
import type { Instant } from '../../machines/words.ts';

/** The top level of a state. */
export const topLevelOf = <State extends string | object>(state: State): TopLevel<State> =>
  (typeof state === 'string' ? state : Object.keys(state)[0]) as TopLevel<State>;

type TopLevel<State> = State extends string ? State : State extends object ? keyof State & string : never;

export type SessionStatus = 'active' | 'suspended' | 'terminated' | 'expired';

export const sessionStatusOf = ({ state }: { readonly state: AgentSessionState }): SessionStatus => {
  if (state === 'active') return 'active';
  if ('suspended' in state) return 'suspended';
  return state.terminated === 'expired' ? 'expired' : 'terminated';
};

/** Why a session is suspended: the reason of its own hold, else that of its parent. Null if it is not suspended. */
export const suspendedReasonOf = ({
  state,
  context,
}: {
  readonly state: AgentSessionState;
  readonly context: Pick<AgentSessionContext, 'holdReason'>;
}): string | null => (topLevelOf(state) === 'suspended' ? (context.holdReason ?? 'parent_suspended') : null);

/** The state of the session in the details of a refusal. */
export const sessionDetails = (session: { readonly state: AgentSessionState }) => ({
  state: topLevelOf(session.state),
  status: sessionStatusOf(session),
});

/** The same of a session that is over by one of two disputing clocks, whatever state is stored. */
export const EXPIRED_DETAILS = { state: 'terminated', status: 'expired' } as const;

export type InvocationStatus =
  'pending' | 'running' | 'cancel_requested' | 'canceled' | 'succeeded' | 'failed' | 'timed_out';

const pending = { queued: 'pending', retrying: 'failed' } as const;
const running = { executing: 'running', cancelling: 'cancel_requested' } as const;
const completed = { succeeded: 'succeeded', failed: 'failed', timedOut: 'timed_out' } as const;

export type LiveInvocationStatus = Word<typeof pending> | Word<typeof running>;

type Word<Words> = Words[keyof Words];

/** Returns the status of an invocation; null if it has ended. */
export const liveStatusOf = ({ state }: { readonly state: InvocationState }): LiveInvocationStatus | null => {
  if ('pending' in state) return pending[state.pending];
  return 'running' in state ? running[state.running] : null;
};

export const invocationStatusOf = (invocation: { readonly state: InvocationState }): InvocationStatus => {
  const { state } = invocation;
  return liveStatusOf(invocation) ?? ('completed' in state ? completed[state.completed] : 'canceled');
};

/**
 * Returns when the current or last attempt ended; null before its end. If a retry is due, that is `backoffMs` before
 * `nextAttemptAt`.
 */
export const attemptEndedAt = ({ endedAt, nextAttemptAt, backoffMs }: InvocationContext): Instant | null =>
  endedAt ?? (nextAttemptAt === null ? null : nextAttemptAt - backoffMs);
