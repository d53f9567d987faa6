// Whether the session and the delegation edge of a token allow a command. The token of a stopped session must not resume or
// replace that session; commands that lessen or report work stay allowed. A session that never existed, was forgotten, or
// belongs to another application than the token counts as ended. Commands that add work or authority need everything that
// verify needs, delegation edges included; reads need only the session.
import { LEASE_LOST } from '../../../machines/agent-session.ts';
import type { BearerCaller, Caller } from '../../authority/caller.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Command, Query } from '../commands.ts';
import { effectOf } from '../effects.ts';
import { boundOf, livenessOf, type Liveness } from '../liveness.ts';
import { endsIn, type Situation } from './decision.ts';

type Standing = Pick<Situation, 'find' | 'actors' | 'directory' | 'authorityAt'>;

export const refusedCallerSession = (standing: Standing, asked: Command | Query, caller: Caller): Refusal | null => {
  if (caller.kind === 'operator') return null;
  const effect = effectOf(asked.type);
  if (effect !== 'adds' && effect !== 'reads') return null;
  const reason =
    effect === 'adds' ? reasonToAddNothing(standing, asked, caller) : reasonToReadNothing(standing, caller);
  return reason === null ? null : refuse('caller_session_not_active', { details: { reason } });
};

const reasonToReadNothing = (standing: Standing, caller: BearerCaller): Liveness['reason'] => {
  const bound = boundOf(standing.find, { ...caller, delegationEdgeId: null });
  const { reason } = livenessOf(bound, endsIn(standing));
  return reason === 'session_suspended' ? null : reason;
};

const reasonToAddNothing = (standing: Standing, asked: Command | Query, caller: BearerCaller): Liveness['reason'] => {
  const bound = boundOf(standing.find, caller);
  const regains = bound.session && regainsItsLease(asked, bound.session, caller);
  return livenessOf(regains ? { ...bound, session: null, target: null } : bound, endsIn(standing)).reason;
};

/** A service that was suspended for missing heartbeats may resume itself, because no caller had suspended it. */
const regainsItsLease = ({ type, input }: Command | Query, session: SessionRecord, caller: BearerCaller): boolean =>
  type === 'session.resume' &&
  (input as Command<'session.resume'>['input']).id === session.id &&
  session.context.holdReason === LEASE_LOST &&
  session.context.endedAt === null &&
  session.context.applicationId === caller.applicationId;
