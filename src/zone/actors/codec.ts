// An actor's snapshot as bytes. Fields are written in one fixed order, so equal actors give equal bytes wherever they were
// computed: that is what replay compares. Machine and version are part of it; bytes of another version are not read as
// this one.
import type { AnyStateMachine } from 'xstate';
import { agentSessionMachine } from '../../../machines/agent-session.ts';
import { delegationMachine } from '../../../machines/delegation.ts';
import { invocationMachine } from '../../../machines/invocation.ts';
import { serviceAgentMachine } from '../../../machines/service-agent.ts';
import { JournalError } from '../../journal/journal.ts';
import type { EdgeRecord } from './edges.ts';
import type { InvocationRecord } from './invocations.ts';
import type { ActorRecord } from './population.ts';
import type { ServiceRecord } from './services.ts';
import type { SessionRecord } from './sessions.ts';

/** What a zone has actors of, and what one looks like. */
export interface Records {
  readonly session: SessionRecord;
  readonly service: ServiceRecord;
  readonly invocation: InvocationRecord;
  readonly edge: EdgeRecord;
}

export type ActorKind = keyof Records;

const machines: { readonly [Kind in ActorKind]: AnyStateMachine } = {
  session: agentSessionMachine,
  service: serviceAgentMachine,
  invocation: invocationMachine,
  edge: delegationMachine,
};

/** In the order in which a zone restores them. */
export const ACTOR_KINDS = Object.keys(machines) as readonly ActorKind[];

/** What this version of the program writes and reads. */
export const MACHINES = Object.values(machines)
  .map(({ id, version }) => `${id} ${version}`)
  .join(', ');

/** The names of a machine's context, sorted once: all contexts of a machine have the same. */
const names = new Map<ActorKind, readonly string[]>();

const inOrder = (kind: ActorKind, context: object): object => {
  const sorted = names.get(kind) ?? Object.keys(context).toSorted();
  names.set(kind, sorted);
  const fields = context as Readonly<Record<string, unknown>>;
  return Object.fromEntries(sorted.map((name) => [name, fields[name]]));
};

export const encodeActor = (kind: ActorKind, { id, state, context }: ActorRecord): Buffer => {
  const { id: machine, version } = machines[kind];
  return Buffer.from(JSON.stringify({ machine, version, id, state, context: inOrder(kind, context) }));
};

/** Throws a `JournalError` `CORRUPT` where the bytes are not of this machine in this version. */
export const decodeActor = <Kind extends ActorKind>(kind: Kind, bytes: Buffer): Records[Kind] => {
  const stored = JSON.parse(bytes.toString()) as Stored & Records[Kind];
  const { id: machine, version } = machines[kind];
  if (stored.machine === machine && stored.version === version) {
    const { id, state, context } = stored;
    return { id, state, context } as ActorRecord as Records[Kind];
  }
  throw new JournalError(
    'CORRUPT',
    `A snapshot is of machine ${stored.machine} version ${stored.version}, not ${machine} ${version}.`,
  );
};

interface Stored {
  readonly machine: string;
  readonly version: string;
}
