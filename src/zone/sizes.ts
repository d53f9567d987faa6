// Counts the bytes that callers and operators wrote into an actor or a directory row. Limits and pages use these counts. The
// metadata of an actor is a separate body with a separate count.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { DelegationFacts } from '../../machines/delegation.ts';
import type { InvocationFacts } from '../../machines/invocation.ts';
import type { ServiceAgentFacts } from '../../machines/service-agent.ts';
import type { DirectoryFacts, DirectoryTable } from './directory.ts';

/** Bytes of the field names, ids and instants of one row of an answer, at most. */
export const ROW_BYTES = 1024;

export const sum = (texts: readonly (string | null | undefined)[]): number => {
  let bytes = 0;
  for (const text of texts) if (text) bytes += Buffer.byteLength(text);
  return bytes;
};

type EdgeTexts = Pick<
  DelegationFacts,
  | 'sourceSessionId'
  | 'targetSessionId'
  | 'issuerApplicationId'
  | 'receiverApplicationId'
  | 'parentEdgeId'
  | 'resourceId'
  | 'scopes'
  | 'resources'
  | 'constraints'
>;

type EdgeWeight = EdgeTexts & Partial<Pick<DelegationFacts, 'parentEdgesConsidered'>>;

/**
 * Bytes of scopes, resources and names of an edge, with the ids of the edges it was chosen from. A resource with an id
 * and an identifier counts once.
 */
export const edgeBytes = ({ parentEdgesConsidered: considered, ...facts }: EdgeWeight): number =>
  sum(typeof considered === 'object' ? considered : []) +
  sum(facts.scopes) +
  Math.max(sum(facts.resources ?? []), sum(facts.constraints.resources ?? [])) +
  sum([facts.sourceSessionId, facts.targetSessionId, facts.issuerApplicationId, facts.receiverApplicationId]) +
  sum([facts.parentEdgeId, facts.resourceId, facts.constraints.broadReason]);

export const sessionBytes = (facts: Pick<AgentSessionFacts, 'applicationId' | 'subjectSessionId' | 'labels'>): number =>
  sum(facts.labels) + sum([facts.applicationId, facts.subjectSessionId]);

export const serviceBytes = (facts: ServiceAgentFacts): number =>
  sum(facts.protocolVersions) +
  sum(facts.capabilities) +
  sum([facts.applicationId, facts.endpointUrl, facts.frameworkName, facts.frameworkVersion]);

export const invocationBytes = (facts: InvocationFacts): number =>
  sum([facts.serviceId, facts.sourceSessionId, facts.targetSessionId, facts.idempotencyKey, facts.method]);

export const registeredBytes = (name: string, facts: DirectoryFacts[DirectoryTable]): number => {
  if (!('identifier' in facts)) return sum([name]);
  return sum(facts.scopes) + sum([name, facts.identifier, facts.applicationId]);
};
