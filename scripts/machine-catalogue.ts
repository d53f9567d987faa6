// Every machine of the coordinator, with what the pages, the tests and the inspector need to know of it. A new machine is
// a new row here; its page, its walk through the graph and its place in the documentation follow.
import type { AnyStateMachine } from 'xstate';
import { agentSessionMachine, agentSessionVisible } from '../machines/agent-session.ts';
import { delegationMachine, delegationVisible } from '../machines/delegation.ts';
import { invocationMachine, invocationVisible } from '../machines/invocation.ts';
import { serviceAgentMachine, serviceAgentVisible } from '../machines/service-agent.ts';
import { zoneSupervisorMachine, zoneSupervisorVisible } from '../machines/zone-supervisor.ts';

export interface CataloguedMachine {
  readonly machine: AnyStateMachine;
  /** Where it is written, from the root of the project. */
  readonly source: string;
  /** The context fields that a log or an inspector may show. */
  readonly visible: readonly string[];
  /** An input it can start from. */
  readonly input: object;
}

export const catalogue: readonly CataloguedMachine[] = [
  {
    machine: agentSessionMachine,
    source: 'machines/agent-session.ts',
    visible: agentSessionVisible,
    input: {
      at: 0,
      seq: 1,
      authority: 'own',
      facts: {
        applicationId: 'app-a',
        subjectSessionId: 'user-1',
        subjectProven: true,
        parentId: null,
        depth: 0,
        lifecycle: 'task',
        labels: [],
        ttlSeconds: 3600,
        delegationEdgeId: null,
        metadataHash: null,
      },
    },
  },
  {
    machine: serviceAgentMachine,
    source: 'machines/service-agent.ts',
    visible: serviceAgentVisible,
    input: {
      at: 0,
      seq: 1,
      bodyHash: null,
      facts: {
        applicationId: 'app-a',
        endpointUrl: 'https://service.example',
        protocolVersions: [],
        frameworkName: null,
        frameworkVersion: null,
        capabilities: [],
      },
    },
  },
  {
    machine: invocationMachine,
    source: 'machines/invocation.ts',
    visible: invocationVisible,
    input: {
      at: 0,
      seq: 1,
      bodyHash: null,
      facts: {
        serviceId: 'service-1',
        sourceSessionId: null,
        targetSessionId: null,
        idempotencyKey: 'key-1',
        method: 'work',
        timeoutMs: 30_000,
        attemptsMax: 3,
        backoffMs: 1_000,
      },
    },
  },
  {
    machine: delegationMachine,
    source: 'machines/delegation.ts',
    visible: delegationVisible,
    input: {
      at: 0,
      seq: 1,
      facts: {
        sourceSessionId: 'session-1',
        targetSessionId: 'session-2',
        issuerApplicationId: 'app-a',
        receiverApplicationId: 'app-b',
        parentEdgeId: null,
        resourceId: null,
        scopes: [],
        resources: null,
        constraints: {
          resources: null,
          maxHops: null,
          ttlSeconds: null,
          budget: null,
          policyApproved: null,
          broadReason: null,
        },
        expiresAt: 1,
        parentEdgesConsidered: 0,
      },
    },
  },
  {
    machine: zoneSupervisorMachine,
    source: 'machines/zone-supervisor.ts',
    visible: zoneSupervisorVisible,
    input: { zone: 'z1', restartsMax: 3, restartWindowMs: 60_000 },
  },
];
