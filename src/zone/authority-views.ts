// What a zone shows of delegated authority: edges, what hangs on one, what a session may do by those it holds, and whether
// what a token stands for is active right now. All of it is found in memory, in one turn.
import type { Instant } from '../../machines/words.ts';
import { Held, type EffectiveAuthority } from '../authority/narrowing.ts';
import type { Actors } from './actors/actors.ts';
import type { EdgeRecord } from './actors/edges.ts';
import type { SessionRecord } from './actors/sessions.ts';
import { isOver } from './authority-end.ts';
import { Pace } from './checkpoints/pace.ts';
import { PAGE_BYTES_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { edgeBytes, sum } from './sizes.ts';
import { traverse, type Step } from './graph.ts';
import { planOf } from './plan.ts';
import { sessionStatusOf, topLevelOf } from './status-words.ts';
import type { WalkRequest } from './commands.ts';
import { cutLists } from './walk-pages.ts';

export interface EdgeSight {
  readonly record: EdgeRecord;
}

export interface Traversal {
  readonly steps: readonly Step[];
  /** The cursor of the next page; null on the last page. */
  readonly nextCursor: string | null;
}

/** A page of the changes that revoking an edge would make. Steps are ordered by depth and id, other lists by id or name. */
export interface Impact extends Traversal {
  readonly edgeId: string;
  /** Edges that are not downstream and would be revoked because a session they touch would end. */
  readonly alsoRevoked: readonly string[];
  /** The sessions that the edges lead to. */
  readonly targets: readonly string[];
  /** The subject sessions these stand on, each once. */
  readonly subjects: readonly string[];
  /** Every session that would end, subtrees included. */
  readonly ended: readonly string[];
  /** The invocations that would be cancelled, or asked to. */
  readonly cancelled: readonly string[];
}

export interface AuthorityView {
  readonly session: SessionRecord;
  readonly inbound: readonly EdgeRecord[];
  readonly effective: EffectiveAuthority;
  readonly epoch: number;
}

/** A page of the edges and sessions downstream of an edge. */
export const traversalOf = ({ edges }: Actors, edgeId: string, request: WalkRequest): Traversal => {
  const steps = traverse(edges, edgeId);
  const { ranges, nextCursor } = cutLists([steps.map(placedStep)], request);
  return { steps: steps.slice(...(ranges[0] ?? [])), nextCursor };
};

const DEPTH_DIGITS = 6;

/** The bytes of one step: three ids of at most 128 bytes, and the names of the fields. */
const STEP_BYTES = 256;

const placedStep = ({ id, depth }: Step) => ({
  place: `${String(depth).padStart(DEPTH_DIGITS, '0')}.${id}`,
  bytes: STEP_BYTES,
});

const placedText = (text: string) => ({ place: text, bytes: Buffer.byteLength(text) });

/** The plan of a revocation, told instead of carried out: so it cannot say anything else than what would happen. */
export const impactOf = (actors: Actors, edgeId: string, request: WalkRequest): Impact => {
  const steps = traverse(actors.edges, edgeId);
  const event = { type: 'edge.revoked', v: 1, id: edgeId } as const;
  const { deliveries, moved, revoked } = planOf({ event, bodyHash: null, at: 0, seq: 0 }, actors);
  const downstream = new Set(steps.map(({ id }) => id));
  const targets = targetsOf(steps);
  const cancelled = deliveries.filter(({ kind }) => kind === 'invocation').map(({ id }) => id);
  const texts = [
    revoked.filter((id) => !downstream.has(id)),
    targets,
    subjectsOf(actors, targets),
    moved,
    cancelled,
  ].map((list) => list.toSorted());
  const { ranges, nextCursor } = cutLists(
    [steps.map(placedStep), ...texts.map((list) => list.map(placedText))],
    request,
  );
  const [alsoRevoked = [], leadTo = [], subjects = [], ended = [], invocations = []] = texts.map((list, index) =>
    list.slice(...(ranges[index + 1] ?? [])),
  );
  return {
    edgeId,
    steps: steps.slice(...(ranges[0] ?? [])),
    alsoRevoked,
    targets: leadTo,
    subjects,
    ended,
    cancelled: invocations,
    nextCursor,
  };
};

const targetsOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.map(({ targetSessionId }) => targetSessionId)),
];

export const subjectsOf = ({ sessions }: Actors, ids: readonly string[]): string[] => {
  const subjects = ids.map((id) => sessions.find(id)?.context.subjectSessionId);
  return [...new Set(subjects.filter((subject) => subject !== undefined))];
};

/** The authority of a session as of this turn of the event loop; `at`: the instant by which authority ends. */
export const authorityOf = async (
  { edges }: Actors,
  session: SessionRecord,
  { epoch, at }: { readonly epoch: number; readonly at: Instant },
): Promise<AuthorityView> => {
  // Records are immutable, so their intersection can be computed in later turns.
  const inbound = Array.from(edges.inboundOf(session.id), (id) => edges.live(id)).filter(
    (edge) => edge !== undefined && !isOver(edge, at),
  ) as EdgeRecord[];
  const held = new Held();
  const pace = new Pace();
  for (const { context } of inbound) {
    held.add(context);
    pace.took(edgeBytes(context));
    await pace.step();
  }
  return { session, inbound, effective: held.effective, epoch };
};

/** Refuses a view that is larger than a page. */
export const withinOneAnswer = (view: AuthorityView): AuthorityView | Refusal => {
  const { scopes, resources, resourceIds } = view.effective;
  const bytes = sum(view.inbound.map(({ id }) => id)) + sum(scopes) + sum(resources ?? []) + sum(resourceIds);
  return bytes > PAGE_BYTES_MAX
    ? refuse('authority_too_large', { details: { bytes, limit_bytes: PAGE_BYTES_MAX } })
    : view;
};

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

/** The actors that a token names. A session or an edge that never existed, or was forgotten, is undefined. */
export interface Bound {
  readonly applicationId: string;
  /** The instant by which authority ends. */
  readonly at: Instant;
  /** Null if the token names none. */
  readonly session: SessionRecord | null | undefined;
  /** The edge that the token names and all its parent edges, from itself upwards. */
  readonly chain: readonly (EdgeRecord | undefined)[];
  /** The session that the edge leads to; null without one. */
  readonly target: SessionRecord | null | undefined;
  /** The source sessions of the edges of the chain. */
  readonly above: readonly (SessionRecord | undefined)[];
}

/** An unknown session counts as ended, an unknown edge as revoked. */
export const livenessOf = ({ applicationId, at, session, chain, target, above }: Bound): Liveness => ({
  reason:
    deadSession(session, at) ??
    deadEdge(chain, at) ??
    deadSession(target, at) ??
    above.map((each) => deadSession(each, at)).find((reason) => reason !== null) ??
    (belongTogether(applicationId, session, chain[0]) ? null : 'binding_mismatch'),
});

/** Returns why the session of a caller's token is not active for its application; null if it is active. */
export const callerSessionReason = (
  session: SessionRecord | undefined,
  applicationId: string,
  at: Instant,
): Liveness['reason'] =>
  deadSession(session, at) ?? (belongTogether(applicationId, session, undefined) ? null : 'binding_mismatch');

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

const deadSession = (session: SessionRecord | null | undefined, at: Instant): Liveness['reason'] => {
  if (session === null) return null;
  const status = session ? sessionStatusOf(session) : 'terminated';
  if (status === 'terminated' || status === 'expired') return `session_${status}`;
  if (session && isOver(session, at)) return 'session_expired';
  return status === 'active' ? null : `session_${status}`;
};

const deadEdge = (chain: readonly (EdgeRecord | undefined)[], at: Instant): Liveness['reason'] => {
  for (const edge of chain) {
    const state = edge ? topLevelOf(edge.state) : 'revoked';
    if (state !== 'active') return `delegation_${state}`;
    if (edge && isOver(edge, at)) return 'delegation_expired';
  }
  return null;
};
