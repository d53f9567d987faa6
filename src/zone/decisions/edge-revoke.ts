// Whether an edge may be revoked. What goes with it is the plan's to say.
import { denied } from '../../authority/rules.ts';
import { refuse } from '../../refusals.ts';
import { accept, type Decide } from './decision.ts';

export const decideRevoke: Decide<'edge.revoke'> = ({ actors }, { input: { id } }, { caller }) => {
  const edge = actors.edges.live(id);
  if (!edge) return refuse('delegation_not_found');
  const forbidden = denied(caller, 'edge.revoke', edge.context.issuerApplicationId);
  return forbidden ? refuse(forbidden) : accept({ type: 'edge.revoked', v: 1, id });
};
