// Commands of a zone test that need more than a session: a service agent, invocations of it, and edges between sessions.
import type { CommandInputs } from '../../src/zone/commands.ts';

type Register = CommandInputs['service.register'];
type Create = CommandInputs['invocation.create'];
type Delegate = CommandInputs['edge.create'];

/** What registers a service of app-a under an endpoint of its own, but for the fields given. */
export const serviceInput = (fields: Partial<Register> & { readonly id: string }): Register => ({
  applicationId: 'app-a',
  endpointUrl: `https://${fields.id}.example/`,
  protocolVersions: ['1'],
  frameworkName: null,
  frameworkVersion: null,
  capabilities: [],
  metadata: {},
  ...fields,
});

/** What creates an invocation with a timeout of 30 seconds and three attempts, but for the fields given. */
export const invocationInput = (fields: Partial<Create> & { readonly id: string }): Create => ({
  serviceId: 'sv-1',
  sourceSessionId: null,
  targetSessionId: null,
  method: 'run',
  params: {},
  metadata: {},
  timeoutMs: 30_000,
  attemptsMax: 3,
  backoffMs: 1_000,
  ...fields,
});

/** A heartbeat of a session alone, but for the fields given. */
export const heartbeatInput = (
  fields: Partial<CommandInputs['session.heartbeat']> & { readonly id: string },
): CommandInputs['session.heartbeat'] => ({
  serviceId: null,
  health: 'healthy',
  metadata: {},
  leaseGeneration: null,
  ...fields,
});

/** What hands the scope `read` on over resource-1 for an hour, within app-a, but for the fields given. */
export const edgeInput = (
  fields: Partial<Delegate> & Pick<Delegate, 'id' | 'sourceSessionId' | 'targetSessionId'>,
): Delegate => ({
  issuerApplicationId: 'app-a',
  receiverApplicationId: 'app-a',
  parentEdgeId: null,
  resourceId: 'resource-1',
  scopes: ['read'],
  constraints: {},
  expiresAt: null,
  ttlSeconds: 3_600,
  ...fields,
});
