// What the answer to a command shows: what the command named or made. Every command has its row.
import { createdDelegation } from '../../machines/delegation.ts';
import type { Instant, Stamp } from '../../machines/words.ts';
import type { EdgeRecord } from './actors/edges.ts';
import type { SessionRecord } from './actors/sessions.ts';
import { subjectsOf } from './reading/authority-views.ts';
import { isRefusal, type Command, type CommandAnswers, type CommandType, type Outcome } from './commands.ts';
import type { CommandEvent, Made } from './decisions/decision.ts';
import { holdsLease } from './due/leases.ts';
import type { ZoneMemory } from './memory.ts';
import { endedBy, type OriginalOutcome } from './outcomes.ts';
import type { Plan } from './plan.ts';
import type { Reads } from './reading/reads.ts';
import type { SessionSight, Views } from './reading/views.ts';

type Answer = CommandAnswers[CommandType];
/** Makes the answer once it may be told; everything that memory knows of it was seen before. */
type Show = (outcome: Outcome) => Answer;

/** What happened, or would, and through whom. */
export interface Happened extends Stamp {
  readonly event: CommandEvent;
  readonly plan: Plan;
}

type Shower = (this: void, showing: Parts, command: Command, happened: Happened) => Show;

interface Parts {
  readonly memory: ZoneMemory;
  readonly reads: Reads;
  readonly views: Views;
  readonly serviceLeaseSeconds: number;
}

const session: Shower = ({ reads, views }, _, { event }) => {
  const sight = reads.session(named(reads, 'session', event));
  return (outcome) => ({ ...outcome, session: views.session(sight) });
};

/** Answers of stops show counts and no metadata, so a stop does not depend on a body that may be damaged. */
const held: Shower = ({ reads }, _, { event }) => {
  const sight = reads.session(named(reads, 'session', event));
  return (outcome) => ({ ...outcome, session: { ...sight, metadata: {} } });
};

const service: Shower = ({ reads, views }, _, { event }) => {
  const sight = reads.service(named(reads, 'service', event));
  return (outcome) => ({ ...outcome, service: views.service(sight) });
};

const heartbeat: Shower = ({ reads, views }, { input }, { event }) => {
  const { serviceId } = input as Command<'session.heartbeat'>['input'];
  const heard = reads.session(named(reads, 'session', event));
  const reported = serviceId === null ? null : reads.service(named(reads, 'service', { id: serviceId }));
  return (outcome) => ({
    ...outcome,
    session: views.session(heard),
    service: reported && views.service(reported),
  });
};

const invocation: Shower = ({ reads, views }, _, { event }) => {
  const record = named(reads, 'invocation', event);
  return (outcome) => ({ ...outcome, invocation: views.invocation({ record }) });
};

/** A dry run shows the edge that would be made. */
const edge: Shower = ({ reads }, _, { event, at, seq }) => {
  const wanted = event.type === 'edge.created' ? event : null;
  const made = wanted && reads.find('edge', wanted.id);
  const record: EdgeRecord = made ?? {
    id: wanted?.id ?? '',
    state: 'active',
    context: createdDelegation({ facts: (wanted as NonNullable<typeof wanted>).facts, at, seq }),
  };
  return (outcome) => ({ ...outcome, edge: record });
};

const revocation: Shower = ({ reads, memory }, _, { event, plan }) => {
  const record = named(reads, 'edge', event);
  const subjects = subjectsOf(memory.actors, endedBy(plan));
  const { epoch } = memory;
  const { downstream: downstreamCount } = plan;
  return (outcome) => ({ ...outcome, edge: record, downstreamCount, subjects, subjectsCount: subjects.length, epoch });
};

const registered: Shower = ({ memory }, { input }) => {
  const { table, name } = input as Command<'directory.archive'>['input'];
  const row = memory.directory.row(table, name);
  if (!row) throw new Error(`${table} ${name} was registered, and is not there`);
  return (outcome) => ({ ...outcome, name, row });
};

const showers: { readonly [T in CommandType]: Shower } = {
  'session.start': session,
  'session.suspend': held,
  'session.resume': held,
  'session.terminate': held,
  'session.heartbeat': heartbeat,
  'session.take-lease': session,
  'service.register': service,
  'invocation.create': invocation,
  'invocation.start': invocation,
  'invocation.cancel': invocation,
  'invocation.complete': invocation,
  'edge.create': edge,
  'edge.revoke': revocation,
  'directory.register': registered,
  'directory.archive': registered,
};

/** Builds the answer to a command that names an actor or row, from its original outcome. */
type Recaller = (parts: Parts, command: Command, recalled: { original: OriginalOutcome; outcome: Outcome }) => Answer;

const recalledSession: Recaller = ({ views, serviceLeaseSeconds }, _, { original, outcome }) => {
  const sight = heardSight(must(original.session), original.at, serviceLeaseSeconds);
  return { ...outcome, session: views.session(sight) };
};

const recalledHold: Recaller = ({ serviceLeaseSeconds }, _, { original, outcome }) => {
  const sight = heardSight(must(original.session), original.at, serviceLeaseSeconds);
  return { ...outcome, session: { ...sight, metadata: {} } };
};

const recalledHeartbeat: Recaller = ({ views, serviceLeaseSeconds }, _, { original, outcome }) => {
  const { session, service: record, at } = original;
  const reported = record ? views.service({ record, heardAt: record.context.heardAt }) : null;
  return {
    ...outcome,
    session: views.session(heardSight(must(session), at, serviceLeaseSeconds)),
    service: reported,
  };
};

const recalledInvocation: Recaller = ({ views }, _, { original, outcome }) => ({
  ...outcome,
  invocation: views.invocation({ record: must(original.invocation) }),
});

const recalledRevocation: Recaller = (_, __, { original: { revoked, downstream, subjects, epoch }, outcome }) => ({
  ...outcome,
  edge: null,
  downstreamCount: downstream ?? revoked,
  subjects: [],
  subjectsCount: subjects,
  epoch,
});

const recalledRow: Recaller = (_, { input }, { original, outcome }) => {
  const { name } = input as Command<'directory.archive'>['input'];
  return { ...outcome, name, row: must(original.row) };
};

const recallers: Partial<Record<CommandType, Recaller>> = {
  'session.suspend': recalledHold,
  'session.resume': recalledHold,
  'session.terminate': recalledHold,
  'session.heartbeat': recalledHeartbeat,
  'session.take-lease': recalledSession,
  'invocation.start': recalledInvocation,
  'invocation.cancel': recalledInvocation,
  'invocation.complete': recalledInvocation,
  'edge.revoke': recalledRevocation,
  'directory.register': recalledRow,
  'directory.archive': recalledRow,
};

const must = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new Error('a receipt lacks a part of its answer');
  return value;
};

type Named = { readonly id: string } | CommandEvent;

const named = <Kind extends Made['kind']>(reads: Reads, kind: Kind, event: Named) => {
  const record = reads.named(kind, 'id' in event ? event.id : '');
  if (isRefusal(record)) throw new Error(`a ${kind} was named or made, and is not there`);
  return record;
};

export class Showing {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  of(command: Command, happened: Happened): Show {
    return showers[command.type](this.#parts, command, happened);
  }

  /** Builds the first answer to a command that names an actor or row, from its receipt. */
  recalled(command: Command, original: OriginalOutcome): Answer {
    const { moved: movedCount, revoked: revokedCount } = original;
    const outcome = { moved: [], movedCount, revoked: [], revokedCount, replayed: true, dryRun: false };
    return must(recallers[command.type])(this.#parts, command, { original, outcome });
  }

  /** What an earlier request made, as it was first answered. */
  made(made: Made): Show {
    const { reads, views, serviceLeaseSeconds } = this.#parts;
    switch (made.kind) {
      case 'session': {
        const sight = startedSight(made.record, serviceLeaseSeconds);
        return (outcome) => ({ ...outcome, session: views.session(sight) });
      }
      case 'service': {
        const sight = reads.service(made.record);
        return (outcome) => ({ ...outcome, service: views.service(sight) });
      }
      case 'invocation':
        return (outcome) => ({ ...outcome, invocation: views.invocation({ record: made.record }) });
      case 'edge':
        return (outcome) => ({ ...outcome, edge: made.record });
    }
  }
}

const MS_PER_SECOND = 1000;

/** A session as it was shown after a change at `at`, as far as it is journaled; the lease then had its full length. */
const heardSight = (record: SessionRecord, at: Instant, leaseSeconds: number): SessionSight => {
  const leaseUntil = holdsLease(record) ? at + leaseSeconds * MS_PER_SECOND : null;
  return { record, childCount: 0, heardAt: record.context.heardAt, leaseUntil };
};

/** A session as it showed when it had just been started. */
const startedSight = (record: SessionRecord, leaseSeconds: number): SessionSight => {
  const { lifecycle, startedAt } = record.context;
  const leaseUntil = lifecycle === 'service' ? startedAt + leaseSeconds * MS_PER_SECOND : null;
  return { record, childCount: 0, heardAt: null, leaseUntil };
};
