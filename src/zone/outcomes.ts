// The outcome of a command that names an actor or row, as far as a repeated answer needs it. It is stored with the receipt of
// the command's idempotency key: the actors may have changed, or may be forgotten, when the command is repeated.
import type { Instant } from '../../machines/words.ts';
import type { Actors } from './actors/actors.ts';
import type { Records } from './actors/codec.ts';
import { subjectsOf } from './reading/authority-views.ts';
import type { Outcome } from './commands.ts';
import type { Directory, DirectoryRow, DirectoryTable } from './directory.ts';
import type { ZoneEvent } from './events.ts';
import type { Plan } from './plan.ts';

export interface OriginalOutcome {
  /** Sessions whose state changed, edges revoked, and subject sessions of those that a revocation ended. */
  readonly moved: number;
  readonly revoked: number;
  /** See `Plan`. Only of a revocation; absent in receipts of earlier versions. */
  readonly downstream?: number;
  readonly subjects: number;
  /** The epoch of the authority graph after the change. */
  readonly epoch: number;
  readonly at: Instant;
  /** The application that the right to the command is judged by; null where only the operator may. */
  readonly owner: string | null;
  /** The snapshots of the actors in the answer, as they were after the change. */
  readonly session?: Records['session'];
  readonly service?: Records['service'];
  readonly invocation?: Records['invocation'];
  readonly row?: DirectoryRow<DirectoryTable>;
}

interface Zone {
  readonly actors: Actors;
  readonly directory: Directory;
  readonly epoch: number;
}

/** The part of a plan that an answer shows. */
export const commandOutcome = ({ moved, revoked }: Plan, how: Pick<Outcome, 'replayed' | 'dryRun'>): Outcome => ({
  moved,
  movedCount: moved.length,
  revoked,
  revokedCount: revoked.length,
  ...how,
});

/** Must be called after the change. Null for commands that create: their answer follows from the created actor. */
export const outcomeOf = (event: ZoneEvent, plan: Plan, zone: Zone, at: Instant): OriginalOutcome | null => {
  const shown = shownBy(event, zone);
  if (shown === null) return null;
  const { moved, revoked, downstream } = plan;
  const subjects = subjectsOf(zone.actors, endedBy(plan)).length;
  const owner = ownerOf(event, shown, zone);
  const counts = { moved: moved.length, revoked: revoked.length, subjects, epoch: zone.epoch, at, owner };
  return event.type === 'edge.revoked' ? { ...counts, downstream, ...shown } : { ...counts, ...shown };
};

const ownerOf = (event: ZoneEvent, { session, invocation }: Shown, { actors }: Zone): string | null => {
  if (session) return session.context.applicationId;
  if (invocation) return actors.services.live(invocation.context.serviceId)?.context.applicationId ?? '';
  return event.type === 'edge.revoked' ? (actors.find('edge', event.id)?.context.issuerApplicationId ?? '') : null;
};

/** The sessions that an event ends directly, not because an ancestor ends. */
export const endedBy = ({ deliveries }: Plan): string[] =>
  deliveries
    .filter((each) => each.kind === 'session' && 'event' in each && each.event.type === 'terminated')
    .map(({ id }) => id);

type Shown = Pick<OriginalOutcome, 'session' | 'service' | 'invocation' | 'row'>;

const shownBy = (event: ZoneEvent, { actors, directory }: Zone): Shown | null => {
  switch (event.type) {
    case 'session.suspended':
    case 'session.resumed':
    case 'session.terminated':
    case 'session.lease-taken':
      return present({ session: actors.find('session', event.id) });
    case 'session.heard':
      return present({
        session: actors.find('session', event.id),
        service: event.service ? actors.find('service', event.service.id) : undefined,
      });
    case 'invocation.started':
    case 'invocation.cancel-requested':
    case 'invocation.succeeded':
    case 'invocation.failed':
      return present({ invocation: actors.find('invocation', event.id) });
    case 'edge.revoked':
      return {};
    case 'directory.registered':
    case 'directory.archived':
      return present({ row: directory.row(event.table, event.name) });
    default:
      return null;
  }
};

const present = (shown: { [Name in keyof Shown]: Shown[Name] | undefined }): Shown =>
  Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
