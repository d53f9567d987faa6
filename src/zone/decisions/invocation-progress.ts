// How an invocation goes on: started by whoever works on it, cancelled, completed. The service's application does all
// three. The states decide; here is what each refusal is called and how long waiting might help.
import { denied, type Right } from '../../authority/rules.ts';
import { RETRY_AFTER_MAX_SECONDS } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { sessionsOf, type InvocationRecord } from '../actors/invocations.ts';
import type { Ask } from '../commands.ts';
import { invocationStatusOf } from '../status-words.ts';
import { accept, endsIn, STAMP, type Decide, type Situation } from './decision.ts';
import { mergedBody } from './metadata.ts';

const BODILESS = { bodyHash: null, ...STAMP } as const;

export const decideInvocationStart: Decide<'invocation.start'> = (situation, { input: { id } }, ask) => {
  const invocation = found(situation, id, 'invocation.start', ask);
  if ('code' in invocation) return invocation;
  const { sessions, invocations } = situation.actors;
  const ends = endsIn(situation);
  if (!invocations.can(id, { type: 'started', ...STAMP })) return notStartable(situation, invocation);
  const held = sessionsOf(invocation.context).find((session) => !ends.letsAct(session));
  if (held === undefined) return accept({ type: 'invocation.started', v: 1, id });
  const state = sessions.has(held, 'acting') ? 'expired' : 'suspended';
  return refuse('invocation_session_suspended', { details: { agent_session_id: held, state } });
};

export const decideCancel: Decide<'invocation.cancel'> = (situation, { input: { id, reason } }, ask) => {
  const invocation = found(situation, id, 'invocation.cancel', ask);
  if ('code' in invocation) return invocation;
  if (!situation.actors.invocations.can(id, { type: 'cancel.requested', ...BODILESS })) {
    return refuse('invocation_not_cancelable', { details: statusOf(invocation) });
  }
  const body = reason === null ? null : mergedBody(metadataOf(situation, invocation), { cancel_reason: reason });
  if (body && 'code' in body) return body;
  return accept({ type: 'invocation.cancel-requested', v: 1, id }, body);
};

export const decideComplete: Decide<'invocation.complete'> = (situation, { input }, ask) => {
  const { id, status, error, metadata, attempt } = input;
  const invocation = found(situation, id, 'invocation.complete', ask);
  if ('code' in invocation) return invocation;
  if (attempt !== null && attempt !== invocation.context.attempts) return attemptFenced(invocation, attempt);
  if (!situation.actors.invocations.can(id, { type: status, ...BODILESS })) {
    return refuse('invocation_not_completable', { details: statusOf(invocation) });
  }
  const body = mergedBody(metadataOf(situation, invocation), metadata, error === null ? {} : { error });
  if (body && 'code' in body) return body;
  return accept({ type: `invocation.${status}`, v: 1, id }, body);
};

const found = (situation: Situation, id: string, right: Right, { caller }: Ask): InvocationRecord | Refusal => {
  const invocation = situation.find('invocation', id);
  if (!invocation) return refuse('invocation_not_found');
  const service = situation.actors.services.live(invocation.context.serviceId);
  const forbidden = denied(caller, right, service?.context.applicationId ?? '');
  return forbidden ? refuse(forbidden) : invocation;
};

const metadataOf = (situation: Situation, { context }: InvocationRecord) =>
  situation.contentOf(context.metadata).metadata ?? {};

const statusOf = (invocation: InvocationRecord) => ({ status: invocationStatusOf(invocation) });

/** A worker that was too slow must not complete the attempt of another. */
const attemptFenced = (invocation: InvocationRecord, attempt: number): Refusal =>
  refuse('invocation_attempt_fenced', {
    details: { ...statusOf(invocation), attempt, attempts: invocation.context.attempts },
  });

/**
 * One that runs may be startable again once its deadline has passed. One whose attempts are gone is not, ever; whoever
 * would make a new one instead is told to leave the same pause before it.
 */
const notStartable = ({ now }: Situation, invocation: InvocationRecord): Refusal => {
  const { state, context } = invocation;
  const { attempts, attemptsMax, deadlineAt, endedAt, backoffMs } = context;
  const retryable = 'running' in state && state.running === 'executing' && attempts < attemptsMax;
  const details = { ...statusOf(invocation), attempts, max_attempts: attemptsMax, retryable };
  const attemptsGone = 'completed' in state && state.completed !== 'succeeded';
  const waitUntil = retryable ? deadlineAt : attemptsGone ? (endedAt ?? now) + backoffMs : null;
  if (waitUntil === null) return refuse('invocation_not_startable', { details });
  const seconds = Math.ceil((waitUntil - now) / 1000);
  return refuse('invocation_not_startable', {
    details,
    retryAfterSeconds: Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_SECONDS),
  });
};
