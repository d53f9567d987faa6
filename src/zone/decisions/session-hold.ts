// Whether a session may be suspended, resumed or terminated: it must be there, the caller must have the right to it, and
// its state must take the event. The states decide; here is only what each refusal is called.
import { denied, type Right } from '../../authority/rules.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { Ask } from '../commands.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import { EXPIRED_DETAILS, sessionDetails } from '../status-words.ts';
import { accept, endsIn, STAMP, type Decide, type Situation } from './decision.ts';
import { refusedGeneration } from './session-lease.ts';

const REQUESTED = 'requested';

export const decideSuspend: Decide<'session.suspend'> = (situation, { input: { id } }, ask) => {
  const session = situation.find('session', id);
  const refusal = refusedFor(session, 'session.suspend', ask);
  if (refusal) return refusal;
  return situation.actors.sessions.can(id, { type: 'suspended', reason: REQUESTED, ...STAMP })
    ? accept({ type: 'session.suspended', v: 1, id, reason: REQUESTED })
    : refuse('agent_not_found_or_not_active', { details: detailsOf(session) });
};

export const decideResume: Decide<'session.resume'> = (situation, { input: { id } }, ask) => {
  const session = situation.find('session', id);
  const refusal = refusedFor(session, 'session.resume', ask);
  if (refusal) return refusal;
  if (session && situation.actors.sessions.isLive(id) && endsIn(situation).isSessionOver(session))
    return refuse('agent_not_found_or_not_suspended', { details: EXPIRED_DETAILS });
  if (situation.actors.sessions.can(id, { type: 'resumed', ...STAMP }))
    return accept({ type: 'session.resumed', v: 1, id });
  // An inherited hold ends when the ancestor with a hold of its own is resumed.
  if (situation.actors.sessions.can(id, { type: 'ancestor.resumed', ...STAMP })) {
    const ancestor = holderAbove(situation, session);
    return refuse('ancestor_suspended', { details: { ...detailsOf(session), suspended_ancestor_id: ancestor } });
  }
  return refuse('agent_not_found_or_not_suspended', { details: detailsOf(session) });
};

const detailsOf = (session: SessionRecord | undefined) => (session ? sessionDetails(session) : {});

/** The nearest session above that is suspended by its own hold. */
const holderAbove = ({ actors: { sessions } }: Situation, session: SessionRecord | undefined): string | null => {
  let id = session?.context.parentId ?? null;
  while (id !== null && !sessions.has(id, 'held')) id = sessions.live(id)?.context.parentId ?? null;
  return id;
};

export const decideTerminate: Decide<'session.terminate'> = (situation, { input }, ask) => {
  const { id, reason, leaseGeneration } = input;
  const session = situation.actors.sessions.live(id);
  if (!session) return refuse('agent_not_found', endedDetails(situation.find('session', id)));
  const refusal = refusedFor(session, 'session.terminate', ask);
  if (refusal) return refusal;
  // A holder whose lease was taken over must not end the session of its successor.
  if (leaseGeneration !== undefined && session.context.lifecycle === 'service') {
    const fenced = refusedGeneration(session, leaseGeneration);
    if (fenced) return fenced;
  }
  return accept({ type: 'session.terminated', v: 1, id, reason });
};

/** An ended session can be read but not ended again: the refusal distinguishes it from an unknown session. */
const endedDetails = (session: SessionRecord | undefined) => (session ? { details: sessionDetails(session) } : {});

const refusedFor = (session: SessionRecord | undefined, right: Right, { caller }: Ask): Refusal | null => {
  if (!session) return refuse('agent_not_found');
  const forbidden = denied(caller, right, session.context.applicationId);
  return forbidden ? refuse(forbidden) : null;
};
