// Whether everything that a token names is active right now and belongs together. Verify answers with this, and every command of
// a caller that adds work or authority is checked against it.
import type { EdgeRecord } from './actors/edges.ts';
import type { SessionRecord } from './actors/sessions.ts';
import type { Ends } from './authority-end.ts';
import type { Find } from './messages/messages.ts';
import { sessionStatusOf, topLevelOf } from './status-words.ts';

/** Null if everything that a token names is active and belongs together, else the reason. */
export interface Liveness {
  readonly reason:
    | 'session_suspended'
    | 'session_terminated'
    | 'session_expired'
    | 'delegation_revoked'
    | 'delegation_expired'
    | 'binding_mismatch'
    | null;
}

/** The names in a token; null if it has none. */
export interface TokenNames {
  readonly applicationId: string;
  readonly agentSessionId: string | null;
  readonly delegationEdgeId: string | null;
}

/** The actors that a token names. A session or an edge that never existed, or was forgotten, is undefined. */
interface Bound {
  readonly applicationId: string;
  /** Null if the token names none. */
  readonly session: SessionRecord | null | undefined;
  /** The edge that the token names and all its parent edges, from itself upwards. */
  readonly chain: readonly (EdgeRecord | undefined)[];
  /** The session that the edge leads to; null without one. */
  readonly target: SessionRecord | null | undefined;
  /** The source sessions of the edges of the chain. */
  readonly above: readonly (SessionRecord | undefined)[];
}

export const boundOf = (find: Find, { applicationId, agentSessionId, delegationEdgeId }: TokenNames): Bound => {
  const chain = chainOf(find, delegationEdgeId);
  const [edge] = chain;
  return {
    applicationId,
    session: agentSessionId === null ? null : find('session', agentSessionId),
    chain,
    target: edge ? find('session', edge.context.targetSessionId) : null,
    // For an unknown edge the answer is already known, so its source is not looked up.
    above: chain.filter((each) => each !== undefined).map(({ context }) => find('session', context.sourceSessionId)),
  };
};

const chainOf = (find: Find, edgeId: string | null): (EdgeRecord | undefined)[] => {
  const chain: (EdgeRecord | undefined)[] = [];
  for (let id = edgeId; id !== null;) {
    const edge = find('edge', id);
    chain.push(edge);
    id = edge?.context.parentEdgeId ?? null;
  }
  return chain;
};

/** An unknown session counts as ended, an unknown edge as revoked. */
export const livenessOf = ({ applicationId, session, chain, target, above }: Bound, ends: Ends): Liveness => ({
  reason:
    deadSession(session, ends) ??
    deadEdge(chain, ends) ??
    deadSession(target, ends) ??
    above.map((each) => deadSession(each, ends)).find((reason) => reason !== null) ??
    (belongTogether(applicationId, session, chain[0]) ? null : 'binding_mismatch'),
});

const belongTogether = (
  applicationId: string,
  session: SessionRecord | null | undefined,
  edge: EdgeRecord | undefined,
): boolean => {
  if (session && session.context.applicationId !== applicationId) return false;
  if (!edge) return true;
  const { receiverApplicationId, targetSessionId } = edge.context;
  return receiverApplicationId === applicationId && (!session || targetSessionId === session.id);
};

const deadSession = (session: SessionRecord | null | undefined, ends: Ends): Liveness['reason'] => {
  if (session === null) return null;
  const status = session ? sessionStatusOf(session) : 'terminated';
  if (status === 'terminated' || status === 'expired') return `session_${status}`;
  if (session && ends.isSessionOver(session)) return 'session_expired';
  return status === 'active' ? null : `session_${status}`;
};

const deadEdge = (chain: readonly (EdgeRecord | undefined)[], ends: Ends): Liveness['reason'] => {
  for (const edge of chain) {
    const state = edge ? topLevelOf(edge.state) : 'revoked';
    if (state !== 'active') return `delegation_${state}`;
    if (edge && ends.hasEnded(edge)) return 'delegation_expired';
  }
  return null;
};
