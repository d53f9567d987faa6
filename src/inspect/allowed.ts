// What of an actor and of an event may be shown. Each machine says which fields of its context anybody who looks may see;
// everything else is shown only to whoever asks for it by name, and what is not in the list of names below never is. Bodies
// of callers (metadata, parameters, errors) do not enter machines: what is shown by those names says where they lie.
import { agentSessionVisible } from '../../machines/agent-session.ts';
import { delegationVisible } from '../../machines/delegation.ts';
import { invocationVisible } from '../../machines/invocation.ts';
import { serviceAgentVisible } from '../../machines/service-agent.ts';
import { zoneSupervisorVisible } from '../../machines/zone-supervisor.ts';

/** By the id of the machine. */
const visible: Readonly<Record<string, readonly string[]>> = {
  'agent-session': agentSessionVisible,
  'service-agent': serviceAgentVisible,
  invocation: invocationVisible,
  delegation: delegationVisible,
  'zone-supervisor': zoneSupervisorVisible,
};

/** What is always shown of an event. */
const OF_EVENTS = ['type', 'at', 'seq'];

/** What can be asked for by name: fields of contexts and of events. */
export const SHOWABLE = [
  'applicationId',
  'bodyHash',
  'capabilities',
  'constraints',
  'delegationEdgeId',
  'endpointUrl',
  'error',
  'facts',
  'frameworkName',
  'frameworkVersion',
  'health',
  'holdReason',
  'input',
  'issuerApplicationId',
  'labels',
  'metadata',
  'metadataHash',
  'method',
  'params',
  'protocolVersions',
  'reason',
  'receiverApplicationId',
  'resourceId',
  'resources',
  'scopes',
  'subjectSessionId',
  'terminationReason',
  'ttlSeconds',
] as const;

export type Showable = (typeof SHOWABLE)[number];

/** Takes out of contexts and events what one kind of viewer may see. */
export class Allowed {
  readonly #fields: ReadonlyMap<string, readonly string[]>;
  readonly #ofEvents: readonly string[];

  constructor(show: readonly Showable[]) {
    this.#fields = new Map(Object.entries(visible).map(([machine, fields]) => [machine, [...fields, ...show]]));
    this.#ofEvents = [...OF_EVENTS, ...show];
  }

  context(machine: string, context: unknown): object {
    return picked(context, this.#fields.get(machine) ?? []);
  }

  event(event: object): object {
    return picked(event, this.#ofEvents);
  }
}

const picked = (from: unknown, fields: readonly string[]): object => {
  const all = from as Readonly<Record<string, unknown>>;
  const shown: Record<string, unknown> = {};
  for (const field of fields) if (Object.hasOwn(all, field)) shown[field] = all[field];
  return shown;
};
