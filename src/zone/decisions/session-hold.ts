// Whether a session may be suspended, resumed or terminated: it must be there, the caller must have the right to it, and
// its state must take the event. The states decide; here is only what each refusal is called.
import { denied, type Right } from '../../authority/rules.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { Ask } from '../commands.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import { accept, STAMP, type Decide, type Situation } from './decision.ts';

const REQUESTED = 'requested';

export const decideSuspend: Decide<'session.suspend'> = (situation, { input: { id } }, ask) => {
  const session = situation.find('session', id);
  const refusal = refusedFor(session, 'session.suspend', ask);
  if (refusal) return refusal;
  return situation.actors.sessions.can(id, { type: 'suspended', reason: REQUESTED, ...STAMP })
    ? accept({ type: 'session.suspended', v: 1, id, reason: REQUESTED })
    : refuse('agent_not_found_or_not_active');
};

export const decideResume: Decide<'session.resume'> = (situation, { input: { id } }, ask) => {
  const session = situation.find('session', id);
  const refusal = refusedFor(session, 'session.resume', ask);
  if (refusal) return refusal;
  if (situation.actors.sessions.can(id, { type: 'resumed', ...STAMP }))
    return accept({ type: 'session.resumed', v: 1, id });
  // A hold that was inherited is lifted by whoever placed it, from above.
  const heldFromAbove = situation.actors.sessions.can(id, { type: 'ancestor.resumed', ...STAMP });
  return refuse(heldFromAbove ? 'ancestor_suspended' : 'agent_not_found_or_not_suspended');
};

export const decideTerminate: Decide<'session.terminate'> = (situation, { input: { id, reason } }, ask) => {
  const session = liveOnly(situation, id);
  const refusal = refusedFor(session, 'session.terminate', ask);
  return refusal ?? accept({ type: 'session.terminated', v: 1, id, reason });
};

const liveOnly = ({ actors }: Situation, id: string) => actors.sessions.live(id);

const refusedFor = (session: SessionRecord | undefined, right: Right, { caller }: Ask): Refusal | null => {
  if (!session) return refuse('agent_not_found');
  const forbidden = denied(caller, right, session.context.applicationId);
  return forbidden ? refuse(forbidden) : null;
};
