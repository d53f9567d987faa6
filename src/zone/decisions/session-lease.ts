// Heartbeats and leases. Most heartbeats leave no entry: one is written when it says something new of the service, or when
// the last that was written is a third of a lease old. What is between them is known to memory alone, which is safe
// because a lease does not run while nobody can be heard.
import { LEASE_LOST } from '../../../machines/agent-session.ts';
import type { Instant } from '../../../machines/words.ts';
import { denied, type Right } from '../../authority/rules.ts';
import { refuse, type Refusal, type RefusalCode } from '../../refusals.ts';
import type { ServiceRecord } from '../actors/services.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Ask, CommandInputs } from '../commands.ts';
import { EXPIRED_DETAILS, sessionDetails, suspendedReasonOf } from '../status-words.ts';
import { accept, endsIn, STAMP, type Decide, type Situation } from './decision.ts';
import { mergedBody } from './metadata.ts';

const MS_PER_SECOND = 1000;
/** A heartbeat is written when the last one written is older than this part of a lease. */
const WRITTEN_EVERY = 1 / 3;

/** Only clients of 1.0 send a generation, so their heartbeats are refused with the codes of 1.0. */
const JULY_CODES = { ended: 'agent_not_live', leaseExpired: 'agent_lease_expired' } as const;
const ONE_CODES = { ended: 'session_not_live', leaseExpired: 'session_lease_expired' } as const;

export const decideHeartbeat: Decide<'session.heartbeat'> = (situation, { input, idempotencyKey }, ask) => {
  const codes = input.leaseGeneration === null ? JULY_CODES : ONE_CODES;
  const session = liveSession(situation, input.id, { right: 'session.heartbeat', ended: codes.ended }, ask);
  if ('code' in session) return session;
  if (input.leaseGeneration !== null) {
    if (session.context.lifecycle !== 'service') return notService(session);
    const fenced = refusedGeneration(session, input.leaseGeneration);
    if (fenced) return fenced;
  }
  const service = serviceOf(situation, session, input);
  if (service && 'code' in service) return service;
  if (hasLostLease(situation, session)) {
    const details = { ...sessionDetails(session), suspended_reason: LEASE_LOST };
    return refuse(codes.leaseExpired, { details });
  }
  // A heartbeat with a key leaves an entry, so that its receipt is durable.
  const isKeyed = idempotencyKey !== null;
  return writtenOrNoted(situation, { session, service, input, isKeyed });
};

export const decideTakeLease: Decide<'session.take-lease'> = (situation, { input: { id } }, ask) => {
  const session = liveSession(situation, id, { right: 'session.take-lease', ended: ONE_CODES.ended }, ask);
  if ('code' in session) return session;
  if (endsIn(situation).isSessionOver(session)) return refuse(ONE_CODES.ended, { details: EXPIRED_DETAILS });
  if (!situation.actors.sessions.can(id, { type: 'lease.taken', ...STAMP })) return notService(session);
  // Suspended sessions accept the event too, because earlier versions journaled it for them.
  return situation.actors.sessions.has(id, 'acting')
    ? accept({ type: 'session.lease-taken', v: 1, id })
    : refuse('session_suspended', {
        details: { ...sessionDetails(session), suspended_reason: suspendedReasonOf(session) },
      });
};

const notService = ({ context: { lifecycle } }: SessionRecord): Refusal =>
  refuse('session_not_service', { details: { lifecycle } });

/**
 * Refuses any generation but the current one. A higher one comes from a state of the zone that was lost, such as before
 * a restored backup. Its holder does not hold this lease.
 */
export const refusedGeneration = ({ context }: SessionRecord, generation: number): Refusal | null =>
  generation === context.leaseGeneration
    ? null
    : refuse('session_lease_fenced', { details: { lease_generation: context.leaseGeneration } });

const liveSession = (
  { find, actors }: Situation,
  id: string,
  { right, ended }: { readonly right: Right; readonly ended: RefusalCode },
  { caller }: Ask,
): SessionRecord | Refusal => {
  const session = find('session', id);
  if (!session) return refuse('agent_not_found');
  const forbidden = denied(caller, right, session.context.applicationId);
  if (forbidden) return refuse(forbidden);
  return actors.sessions.isLive(id) ? session : refuse(ended, { details: sessionDetails(session) });
};

const serviceOf = (
  { actors }: Situation,
  { context }: SessionRecord,
  { serviceId }: CommandInputs['session.heartbeat'],
): ServiceRecord | Refusal | null => {
  if (serviceId === null) return null;
  const service = actors.services.live(serviceId);
  return service?.context.applicationId === context.applicationId ? service : refuse('agent_service_not_found');
};

const hasLostLease = ({ actors }: Situation, { id, context }: SessionRecord): boolean =>
  context.holdReason === LEASE_LOST && actors.sessions.has(id, 'held');

interface Heard {
  readonly session: SessionRecord;
  readonly service: ServiceRecord | null;
  readonly input: CommandInputs['session.heartbeat'];
  readonly isKeyed: boolean;
}

const writtenOrNoted = (
  situation: Situation,
  { session, service, input: { health, metadata }, isKeyed }: Heard,
): ReturnType<Decide<'session.heartbeat'>> => {
  const stands = service && situation.contentOf(service.context.metadata).metadata;
  const body = service && mergedBody(stands ?? {}, metadata);
  if (body && 'code' in body) return body;
  const isNews = service !== null && (body !== null || service.state !== health);
  const isDue = [session, ...(service ? [service] : [])].some(({ context }) => isOld(situation, context.heardAt));
  if (!isNews && !isDue && !isKeyed) return { noted: { sessionId: session.id, serviceId: service?.id ?? null } };
  return accept({ type: 'session.heard', v: 1, id: session.id, service: service && { id: service.id, health } }, body);
};

const isOld = ({ now, limits }: Situation, writtenAt: Instant | null): boolean =>
  writtenAt === null || now - writtenAt >= limits.serviceLeaseSeconds * MS_PER_SECOND * WRITTEN_EVERY;
