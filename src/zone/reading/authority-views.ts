// What a zone shows of delegated authority: edges, what depends on one, and what a session may do by those it holds. All of it
// is found in memory, in one turn.
import { Held, type EffectiveAuthority } from '../../authority/narrowing.ts';
import type { Actors } from '../actors/actors.ts';
import type { EdgeRecord } from '../actors/edges.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Ends } from '../authority-end.ts';
import { Pace } from '../checkpoints/pace.ts';
import { PAGE_BYTES_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { edgeBytes, sum } from '../sizes.ts';
import { traverse, type Step } from '../graph.ts';
import { planOf } from '../plan.ts';
import type { WalkRequest } from '../commands.ts';
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

/** Bytes of the quotes and the comma of a name in JSON. */
const NAME_FRAME_BYTES = 3;

/** An answer has most lists under the names of both generations. */
const NAMES_OF_A_LIST = 2;

const placedText = (text: string) => ({
  place: text,
  bytes: NAMES_OF_A_LIST * (Buffer.byteLength(text) + NAME_FRAME_BYTES),
});

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

/** The authority of a session as of this turn of the event loop. */
export const authorityOf = async (
  { edges }: Actors,
  session: SessionRecord,
  { epoch, ends }: { readonly epoch: number; readonly ends: Ends },
): Promise<AuthorityView | Refusal> => {
  // Records are immutable, so their intersection can be computed in later turns.
  const inbound = edges.heldBy(session.id).filter((edge) => !ends.isEdgeOver(edge));
  const held = new Held();
  const pace = new Pace();
  for (const { context } of inbound) {
    held.add(context);
    if (held.bytes > PAGE_BYTES_MAX) return tooLarge(held.bytes);
    pace.took(edgeBytes(context));
    await pace.step();
  }
  return { session, inbound, effective: held.effective, epoch };
};

/** Refuses a view that is larger than a page. */
export const withinOneAnswer = (view: AuthorityView): AuthorityView | Refusal => {
  const { scopes, resources, resourceIds } = view.effective;
  const bytes = sum(view.inbound.map(({ id }) => id)) + sum(scopes) + sum(resources ?? []) + sum(resourceIds);
  return bytes > PAGE_BYTES_MAX ? tooLarge(bytes) : view;
};

const tooLarge = (bytes: number): Refusal =>
  refuse('authority_too_large', { details: { bytes, limit_bytes: PAGE_BYTES_MAX } });
