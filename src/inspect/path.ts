// The way an actor took through its machine, found again from its history: each entry that reached it, the event it was then
// delivered, and the state that led to. The machines themselves say what follows from what, so that this cannot tell another
// story than the one that happened; the table below says which event an entry brings to whom.
import { initialTransition, transition, type AnyMachineSnapshot, type AnyStateMachine } from 'xstate';
import { agentSessionMachine } from '../../machines/agent-session.ts';
import { delegationMachine } from '../../machines/delegation.ts';
import { invocationMachine } from '../../machines/invocation.ts';
import { actorOf, type ZoneEntry, type ZoneEvent } from '../zone/events.ts';

/** The kinds of actor that have a history. */
export type PathKind = 'session' | 'invocation' | 'edge';

export interface Step {
  readonly entry: ZoneEntry;
  /** What the actor was delivered; null where it began. */
  readonly event: string | null;
  /** The state before, with dots; null where it began. */
  readonly from: string | null;
  readonly state: string;
}

const machines: Readonly<Record<PathKind, AnyStateMachine>> = {
  session: agentSessionMachine,
  invocation: invocationMachine,
  edge: delegationMachine,
};

/** From an entry to the event for the actor that it names, and for any other that it reaches. */
type Brought = Readonly<Partial<Record<ZoneEvent['type'], readonly [named: string, other: string]>>>;

const ending = ['terminated', 'ancestor.terminated'] as const;
const revoking = ['revoked', 'revoked'] as const;
const cancelling = ['session.ended', 'session.ended'] as const;

const brought: Readonly<Record<PathKind, Brought>> = {
  session: {
    'session.suspended': ['suspended', 'ancestor.suspended'],
    'session.lease-lost': ['lease.lost', 'ancestor.suspended'],
    'session.resumed': ['resumed', 'ancestor.resumed'],
    'session.terminated': ending,
    'session.expired': ['expired', 'ancestor.terminated'],
    'session.heard': ['heard', 'heard'],
    'session.lease-taken': ['lease.taken', 'lease.taken'],
    'edge.created': ['authority.received', 'ancestor.received'],
    'edge.revoked': ending,
    'directory.archived': ending,
    'directory.lapsed': ending,
  },
  invocation: {
    'invocation.started': ['started', 'started'],
    'invocation.cancel-requested': ['cancel.requested', 'cancel.requested'],
    'invocation.succeeded': ['succeeded', 'succeeded'],
    'invocation.failed': ['failed', 'failed'],
    'invocation.overran': ['overran', 'overran'],
    'work.extended': ['extended', 'extended'],
    'session.terminated': cancelling,
    'session.expired': cancelling,
    'edge.revoked': cancelling,
    'directory.archived': cancelling,
    'directory.lapsed': cancelling,
  },
  edge: {
    'edge.expired': ['expired', 'expired'],
    'edge.revoked': revoking,
    'session.terminated': revoking,
    'session.expired': revoking,
    'directory.archived': revoking,
    'directory.lapsed': revoking,
  },
};

export interface Walked {
  readonly kind: PathKind;
  readonly id: string;
  /** All that reached the actor from its first on, oldest first, or as many of them as are wanted. */
  readonly entries: readonly ZoneEntry[];
  /** Of a session that has ended. */
  readonly terminationReason: string | null;
}

export const pathOf = ({ kind, id, entries, terminationReason }: Walked): Step[] => {
  const machine = machines[kind];
  let snapshot: AnyMachineSnapshot | null = null;
  return entries.map((entry) => {
    const stamp = { at: entry.at, seq: entry.seq };
    if (snapshot === null) {
      snapshot = initialTransition(machine, { facts: factsOf(entry.event, id), bodyHash: null, ...stamp })[0];
      return { entry, event: null, from: null, state: stateName(snapshot.value) };
    }
    const from = stateName(snapshot.value);
    const event = deliveredTo({ kind, id, terminationReason }, entry);
    snapshot = transition(machine, snapshot, { ...eventFields(entry.event), type: event, ...stamp })[0];
    return { entry, event, from, state: stateName(snapshot.value) };
  });
};

/** An edge may have come into being with the session it is for. */
const factsOf = (event: ZoneEvent, id: string): object => {
  if (event.type === 'session.started' && event.edge?.id === id) return event.edge.facts;
  if ('facts' in event) return event.facts;
  throw new Error(`entry ${event.type} begins nothing`);
};

const eventFields = (event: ZoneEvent): object => ({
  reason: 'reason' in event ? event.reason : '',
  heardAt: 'heardAt' in event ? event.heardAt : null,
  bodyHash: null,
  byMs: 'byMs' in event ? event.byMs : 0,
});

const deliveredTo = ({ kind, id, terminationReason }: Omit<Walked, 'entries'>, { event }: ZoneEntry): string => {
  // A part has the same effect on an actor as the whole cascade.
  const row = brought[kind][event.type === 'cascade.part' ? event.of.type : event.type];
  if (!row) throw new Error(`entry ${event.type} reaches no ${kind}`);
  const isNamed = kind === 'session' ? isNamedSession(event, id, terminationReason) : actorOf(event) === id;
  return row[isNamed ? 0 : 1];
};

/** An end caused by an edge or by the directory names no session: the reason of the end identifies the event. */
const isNamedSession = (event: ZoneEvent, id: string, terminationReason: string | null): boolean => {
  if (event.type === 'edge.created') return event.facts.targetSessionId === id;
  if (event.type.startsWith('session.') || isHeldPart(event)) return actorOf(event) === id;
  return terminationReason !== PARENT_TERMINATED;
};

/** A part of a lost lease reaches only descendants of the session that lost it. */
const isHeldPart = (event: ZoneEvent): boolean =>
  event.type === 'cascade.part' && event.of.type === 'session.lease-lost';

/** As the machine writes it when a session ends with the one above it. */
const PARENT_TERMINATED = 'parent_terminated';

/** A state value as a way with dots: `suspended.own`. */
const stateName = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value);
  const [[key, within] = ['', '']] = Object.entries(value);
  return `${key}.${stateName(within)}`;
};
