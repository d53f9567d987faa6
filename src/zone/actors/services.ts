// The service agents of one zone, found by application and endpoint: there is one per pair.
import type { AnyActorRef } from 'xstate';
import {
  serviceAgentMachine,
  type ServiceAgentContext,
  type ServiceAgentEvent,
  type ServiceAgentInput,
  type ServiceAgentState,
} from '../../../machines/service-agent.ts';
import { serviceBytes } from '../sizes.ts';
import { Population, type ActorRecord } from './population.ts';

export type ServiceRecord = ActorRecord<ServiceAgentState, ServiceAgentContext>;

type Endpoint = Pick<ServiceAgentContext, 'applicationId' | 'endpointUrl'>;

export class Services extends Population<ServiceRecord, ServiceAgentInput, ServiceAgentEvent> {
  readonly #byEndpoint = new Map<string, string>();

  constructor(parent: AnyActorRef) {
    super(serviceAgentMachine, parent);
  }

  at(endpoint: Endpoint): ServiceRecord | undefined {
    const id = this.#byEndpoint.get(keyOf(endpoint));
    return id === undefined ? undefined : this.live(id);
  }

  protected override weigh(context: ServiceAgentContext): number {
    return serviceBytes(context);
  }

  protected override reweighs({ type }: ServiceAgentEvent): boolean {
    return type === 'updated';
  }

  protected override admitted({ id, context }: ServiceRecord): void {
    this.#byEndpoint.set(keyOf(context), id);
  }
}

/** Finds a service by any spelling of its address, also if an earlier version stored the original spelling. */
const keyOf = ({ applicationId, endpointUrl }: Endpoint): string =>
  JSON.stringify([applicationId, URL.canParse(endpointUrl) ? new URL(endpointUrl).href : endpointUrl]);
