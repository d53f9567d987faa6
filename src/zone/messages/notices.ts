// What a change means to those who are told of it and could not be found out afterwards: it depends on how the zone was just
// before. It is part of the entry, so that the same messages come of it whenever the entry is read.
import type { Actors } from '../actors/actors.ts';
import type { Directory } from '../directory.ts';
import type { ZoneEvent } from '../events.ts';
import type { Delivery, Plan } from '../plan.ts';

export interface Notice {
  /**
   * 2 if every stopped session and every ended edge is published as a revocation. Absent in entries of earlier versions, which
   * published only sessions whose subject session was to be revoked, proven or not.
   */
  readonly told?: 2;
  /** How many sessions, and then how many edges, stand at the front of `affected`; the rest are invocations. */
  readonly sessions: number;
  readonly edges: number;
  /** The sessions that were reached and did not change their state. */
  readonly unmoved: readonly string[];
  /**
   * The subject sessions of the stopped sessions that no live session names. The whole login is revoked with each of these
   * sessions whose subject is proven.
   */
  readonly subjects: readonly string[];
  /** The invocations that ended by it. */
  readonly ended: readonly string[];
}

/** Before the change. Undefined where the event and those it reaches say all there is to say. */
export const noticeOf = (
  event: ZoneEvent,
  { deliveries, moved }: Plan,
  { actors, directory }: { readonly actors: Actors; readonly directory: Directory },
): Notice | undefined => {
  switch (event.type) {
    case 'session.suspended':
    case 'session.lease-lost':
    case 'session.resumed':
    case 'session.terminated':
    case 'session.expired':
    case 'edge.revoked':
    case 'directory.archived':
    case 'directory.lapsed':
    case 'cascade.part': {
      const reached = idsOf(deliveries, 'session');
      const stops = event.type !== 'session.resumed';
      return {
        ...(stops ? { told: 2 } : {}),
        sessions: reached.length,
        edges: idsOf(deliveries, 'edge').length,
        unmoved: reached.length === moved.length ? [] : without(reached, moved),
        subjects: stops ? deserted(reached, actors, directory) : [],
        ended: idsOf(deliveries, 'invocation').filter((id) => isPending(id, actors)),
      };
    }
    case 'edge.expired':
      return { ...NOTHING, told: 2 };
    case 'invocation.cancel-requested':
      return isPending(event.id, actors) ? { ...NOTHING, ended: [event.id] } : undefined;
    case 'invocation.overran':
      return isLastAttempt(event.id, actors) ? { ...NOTHING, ended: [event.id] } : undefined;
    default:
      return undefined;
  }
};

const NOTHING: Notice = { sessions: 0, edges: 0, unmoved: [], subjects: [], ended: [] };

const idsOf = (deliveries: readonly Delivery[], kind: Delivery['kind']): string[] =>
  deliveries.filter((delivery) => delivery.kind === kind).map(({ id }) => id);

const without = (all: readonly string[], some: readonly string[]): string[] => {
  const taken = new Set(some);
  return all.filter((id) => !taken.has(id));
};

/** A subject session is spared while another live session stands on it, or where it is an application's own. */
const deserted = (reached: readonly string[], { sessions }: Actors, directory: Directory): string[] => {
  const stopped = new Map<string, number>();
  for (const id of reached) {
    const subject = sessions.live(id)?.context.subjectSessionId;
    if (subject !== undefined) stopped.set(subject, (stopped.get(subject) ?? 0) + 1);
  }
  return [...stopped]
    .filter(([subject, count]) => sessions.ofSubject(subject).size === count && !isOfApplication(subject, directory))
    .map(([subject]) => subject);
};

const isOfApplication = (subject: string, directory: Directory): boolean =>
  directory.row('subject-session', subject)?.sessionType === 'application';

const isPending = (id: string, { invocations }: Actors): boolean => {
  const state = invocations.live(id)?.state;
  return state !== undefined && 'pending' in state;
};

const isLastAttempt = (id: string, { invocations }: Actors): boolean => {
  const invocation = invocations.live(id);
  if (!invocation) return false;
  const { state, context } = invocation;
  return !('running' in state) || state.running === 'cancelling' || context.attempts >= context.attemptsMax;
};
