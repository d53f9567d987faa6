// The machines as the inspector's page wants to know them: which event leads from where to where, which command brings it
// about, and who may send that.
import type { AnyStateMachine } from 'xstate';
import { agentSessionMachine } from '../../machines/agent-session.ts';
import { delegationMachine } from '../../machines/delegation.ts';
import { invocationMachine } from '../../machines/invocation.ts';
import { serviceAgentMachine } from '../../machines/service-agent.ts';
import { zoneSupervisorMachine } from '../../machines/zone-supervisor.ts';
import { whoMay, type ReceiverConsent, type Right } from '../authority/rules.ts';
import { chartOf, type Edge } from './statechart.ts';

type Transition = Pick<Edge, 'from' | 'event' | 'guard'>;

interface CommandRow {
  readonly command: Right;
  readonly label: string;
  /** What the machine is sent when the command is carried out. */
  readonly events: readonly string[];
  /** The request, where the operator may send it. */
  readonly action: { readonly method: string; readonly path: string } | null;
}

export interface DescribedMachine {
  readonly machine: string;
  readonly transitions: readonly Transition[];
  readonly commands: readonly (CommandRow & { readonly who: readonly string[] })[];
}

const SESSION = 'zones/{zone}/agents/{id}';

const sessionCommands: readonly CommandRow[] = [
  {
    command: 'session.suspend',
    label: 'Suspend',
    events: ['suspended'],
    action: { method: 'PATCH', path: `${SESSION}/suspend` },
  },
  {
    command: 'session.resume',
    label: 'Resume',
    events: ['resumed'],
    action: { method: 'PATCH', path: `${SESSION}/resume` },
  },
  {
    command: 'session.terminate',
    label: 'Terminate',
    events: ['terminated'],
    action: { method: 'DELETE', path: SESSION },
  },
  { command: 'session.heartbeat', label: 'Heartbeat', events: ['heard'], action: null },
  { command: 'session.take-lease', label: 'Take the lease', events: ['lease.taken'], action: null },
  { command: 'edge.receive', label: 'Receive authority', events: ['authority.received'], action: null },
];

const invocationCommands: readonly CommandRow[] = [
  { command: 'invocation.start', label: 'Start', events: ['started'], action: null },
  { command: 'invocation.complete', label: 'Complete', events: ['succeeded', 'failed'], action: null },
  { command: 'invocation.cancel', label: 'Cancel', events: ['cancel.requested'], action: null },
];

const serviceCommands: readonly CommandRow[] = [
  { command: 'service.register', label: 'Register again', events: ['updated'], action: null },
  { command: 'session.heartbeat', label: 'Heartbeat', events: ['heard'], action: null },
];

const edgeCommands: readonly CommandRow[] = [
  {
    command: 'edge.revoke',
    label: 'Revoke',
    events: ['revoked'],
    action: { method: 'PATCH', path: 'zones/{zone}/delegations/{id}/revoke' },
  },
];

/** With `presented`, only the right to issue the edge is checked. */
const ISSUER = ['the application that issues the edge'];

/** Returns the machines by the kind of actor. */
export const describedMachines = (consent: ReceiverConsent): Readonly<Record<string, DescribedMachine>> => {
  const described = (machine: AnyStateMachine, commands: readonly CommandRow[]): DescribedMachine => ({
    machine: machine.id,
    transitions: chartOf(machine).edges.map(({ from, event, guard }) => ({ from, event, guard })),
    commands: commands.map((row) => ({ ...row, who: whoSends(row, consent) })),
  });
  return {
    session: described(agentSessionMachine, sessionCommands),
    service: described(serviceAgentMachine, serviceCommands),
    invocation: described(invocationMachine, invocationCommands),
    edge: described(delegationMachine, edgeCommands),
    zone: described(zoneSupervisorMachine, []),
  };
};

const whoSends = ({ command }: CommandRow, consent: ReceiverConsent): readonly string[] =>
  command === 'edge.receive' && consent === 'presented' ? ISSUER : whoMay(command);
