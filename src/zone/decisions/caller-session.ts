// Whether the session of a token allows a command. The token of a stopped session must not resume or replace that session;
// commands that lessen or report work stay allowed. A session that never existed, was forgotten, or belongs to another
// application than the token counts as ended.
import { LEASE_LOST } from '../../../machines/agent-session.ts';
import type { BearerCaller, Caller } from '../../authority/caller.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Command, Query } from '../commands.ts';
import { effectOf } from '../effects.ts';
import { callerSessionReason } from '../authority-views.ts';
import type { Situation } from './decision.ts';

export const refusedCallerSession = (
  { find, authorityAt }: Pick<Situation, 'find' | 'authorityAt'>,
  asked: Command | Query,
  caller: Caller,
): Refusal | null => {
  if (caller.kind === 'operator' || caller.agentSessionId === null) return null;
  const effect = effectOf(asked.type);
  if (effect !== 'adds' && effect !== 'reads') return null;
  const session = find('session', caller.agentSessionId);
  const reason = callerSessionReason(session, caller.applicationId, authorityAt);
  if (reason === null || (effect === 'reads' && reason === 'session_suspended')) return null;
  if (session && regainsItsLease(asked, session, caller)) return null;
  return refuse('caller_session_not_active', { details: { reason } });
};

/** A service that was suspended for missing heartbeats may resume itself, because no caller had suspended it. */
const regainsItsLease = ({ type, input }: Command | Query, session: SessionRecord, caller: BearerCaller): boolean =>
  type === 'session.resume' &&
  (input as Command<'session.resume'>['input']).id === session.id &&
  session.context.holdReason === LEASE_LOST &&
  session.context.endedAt === null &&
  session.context.applicationId === caller.applicationId;
