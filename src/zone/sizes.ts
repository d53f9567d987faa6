// How many bytes an actor or a registered row carries: what callers and operators wrote into it. Bounds are held to these
// counts, and pages end by them; the metadata of an actor is a body of its own and is counted apart.
import type { AgentSessionFacts } from '../../machines/agent-session.ts';
import type { DelegationFacts } from '../../machines/delegation.ts';
import type { InvocationFacts } from '../../machines/invocation.ts';
import type { ServiceAgentFacts } from '../../machines/service-agent.ts';
import type { DirectoryFacts, DirectoryTable } from './directory.ts';

/** What the names of the fields, ids and instants of one row of an answer come to, at most. */
export const ROW_BYTES = 1024;

const sum = (texts: readonly (string | null | undefined)[]): number => {
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

/** Scopes, resources and names of an edge. Resources that are known by an id and an identifier count once. */
export const edgeBytes = (facts: EdgeTexts): number =>
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
