// What authority a child carries forward. Under its parent's own application it stands on the edge that its parent holds:
// the same slice, handed on from parent to child, so that it lapses with the parent's.
import type { NewEdge } from '../events.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { EdgeRecord } from '../actors/edges.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { CommandInputs } from '../commands.ts';
import { endOf } from '../../authority/end-instants.ts';
import { endsIn, type Situation } from './decision.ts';
import { edgesConsidered } from './edge-create.ts';

type Input = CommandInputs['session.start'];

/**
 * Returns the edge that a child starts with; null if it starts without one. A start that does not mention inheritance is never
 * refused because of the edges of its parent: the child then starts without an edge, and so without authority.
 */
export const inheritedEdge = (situation: Situation, parent: SessionRecord, input: Input): NewEdge | Refusal | null => {
  if (input.parentAuthority === 'none' || input.applicationId !== parent.context.applicationId) {
    return input.inheritParentEdgeId === null ? null : refuse('inherit_parent_edge_not_active');
  }
  const held = heldBy(situation, parent);
  if (input.inheritParentEdgeId !== null) {
    const named = held.find(({ id }) => id === input.inheritParentEdgeId);
    return named ? mirrored(named, input, held) : refuse('inherit_parent_edge_not_active');
  }
  const [only, ...others] = held;
  if (only && others.length === 0) return mirrored(only, input, held);
  if (input.parentAuthority === null) return null;
  if (only) return refuse('inherit_parent_edge_ambiguous');
  return parent.context.authority === 'received' ? refuse('inherit_parent_edge_not_active') : null;
};

/** The active edges to a session that its own application received. */
const heldBy = (situation: Situation, { id, context }: SessionRecord): EdgeRecord[] => {
  const ends = endsIn(situation);
  return situation.actors.edges
    .heldBy(id)
    .filter((edge) => edge.context.receiverApplicationId === context.applicationId && !ends.isEdgeOver(edge));
};

const mirrored = ({ id: parentEdgeId, context }: EdgeRecord, input: Input, held: readonly EdgeRecord[]): NewEdge => ({
  id: input.edgeId,
  facts: {
    sourceSessionId: context.targetSessionId,
    targetSessionId: input.id,
    issuerApplicationId: context.receiverApplicationId,
    receiverApplicationId: input.applicationId,
    parentEdgeId,
    resourceId: context.resourceId,
    scopes: context.scopes,
    resources: context.resources,
    constraints: context.constraints,
    ...endOf(context),
    parentEdgesConsidered: edgesConsidered(
      parentEdgeId,
      held.map(({ id }) => id),
    ),
  },
});
