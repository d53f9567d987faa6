// Heartbeats and leases. Most heartbeats leave no entry: one is written when it says something new of the service, or when
// the last that was written is a third of a lease old. What is between them is known to memory alone, which is safe
// because a lease does not run while nobody can be heard.
import { LEASE_LOST } from '../../../machines/agent-session.ts';
import type { Instant } from '../../../machines/words.ts';
import { denied, type Right } from '../../authority/rules.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { ServiceRecord } from '../actors/services.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Ask, CommandInputs } from '../commands.ts';
import { EXPIRED_DETAILS, sessionDetails } from '../status-words.ts';
import { accept, endsIn, STAMP, type Decide, type Situation } from './decision.ts';
import { mergedBody } from './metadata.ts';

const MS_PER_SECOND = 1000;
/** A heartbeat is written when the last one written is older than this part of a lease. */
const WRITTEN_EVERY = 1 / 3;

export const decideHeartbeat: Decide<'session.heartbeat'> = (situation, { input, idempotencyKey }, ask) => {
  const session = liveSession(situation, input.id, 'session.heartbeat', ask);
  if ('code' in session) return session;
  if (input.leaseGeneration !== null && input.leaseGeneration < session.context.leaseGeneration) {
    return refuse('agent_lease_fenced', { details: { lease_generation: session.context.leaseGeneration } });
  }
  const service = serviceOf(situation, session, input);
  if (service && 'code' in service) return service;
  if (hasLostLease(situation, session)) {
    const details = { ...sessionDetails(session), suspended_reason: LEASE_LOST };
    return refuse('agent_lease_expired', { details });
  }
  // A heartbeat with a key leaves an entry, so that its receipt is durable.
  const isKeyed = idempotencyKey !== null;
  return writtenOrNoted(situation, { session, service, input, isKeyed });
};

export const decideTakeLease: Decide<'session.take-lease'> = (situation, { input: { id } }, ask) => {
  const session = liveSession(situation, id, 'session.take-lease', ask);
  if ('code' in session) return session;
  if (endsIn(situation).isSessionOver(session)) return refuse('agent_not_live', { details: EXPIRED_DETAILS });
  return situation.actors.sessions.can(id, { type: 'lease.taken', ...STAMP })
    ? accept({ type: 'session.lease-taken', v: 1, id })
    : refuse('agent_has_no_lease', { details: { lifecycle: session.context.lifecycle } });
};

const liveSession = (
  { find, actors }: Situation,
  id: string,
  right: Right,
  { caller }: Ask,
): SessionRecord | Refusal => {
  const session = find('session', id);
  if (!session) return refuse('agent_not_found');
  const forbidden = denied(caller, right, session.context.applicationId);
  if (forbidden) return refuse(forbidden);
  return actors.sessions.isLive(id) ? session : refuse('agent_not_live', { details: sessionDetails(session) });
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
