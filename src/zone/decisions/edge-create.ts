// Whether a delegation edge may be created: the contract's checks in the contract's order, the first that fails answers.
// An edge narrows and never widens: what it grants is compared with its parent's dimension by dimension.
import type { DelegationConstraints, DelegationFacts } from '../../../machines/delegation.ts';
import type { Instant } from '../../../machines/words.ts';
import { exceededBy } from '../../authority/narrowing.ts';
import { denied } from '../../authority/rules.ts';
import { startsLines } from '../../authority/session-authority.ts';
import { EDGE_BYTES_MAX, EDGES_BYTES_MAX, EDGES_LIVE_MAX, PARENT_EDGES_NAMED_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { EdgeRecord } from '../actors/edges.ts';
import type { Ask, CommandInputs } from '../commands.ts';
import { endAfter, endWithin, givenEnd, type End } from '../../authority/end-instants.ts';
import { wayFrom } from '../graph.ts';
import { refusedApplication } from './directory-checks.ts';
import { endsIn, type Decide, type Decision, type Situation } from './decision.ts';
import { readConstraints } from './edge-constraints.ts';
import { resourcesWithin } from './edge-resources.ts';
import { repeatOf } from './idempotency.ts';
import { edgeBytes } from '../sizes.ts';
import { clockDisputed, eases, tooLarge } from './limits.ts';

type Input = CommandInputs['edge.create'];
const MS_PER_SECOND = 1000;
const BROAD_REASON = 'resource_null_delegation';

export const decideDelegate: Decide<'edge.create'> = (situation, command, ask) => {
  const { input } = command;
  const read = readConstraints(input.constraints);
  if ('code' in read) return read;
  const constraints = withTtl(read.constraints, input);
  const end = newEdgeEnd(situation, input.expiresAt ?? read.expiresAt, constraints);
  if (end === null) return refuse('delegation_expiry_required');

  const refusal = refusedParties(situation, input, ask);
  if (refusal) return refusal;
  const { claim, repeat } = repeatOf(situation, ask, command, {
    request: () => requestOf(input),
    made: (id) => firstAnswer(situation.actors.edges.live(id)),
  });
  if (repeat) return repeat;

  const facts = granted(situation, input, ask, { constraints, end });
  if ('code' in facts) return facts;
  if (situation.isAheadDisputed) return clockDisputed();
  return { event: { type: 'edge.created', v: 2, id: input.id, facts }, body: null, receipt: claim };
};

/** Returns the end that a command gives as an instant or a TTL; null if it gives none. */
const newEdgeEnd = (situation: Situation, given: Instant | null, { ttlSeconds }: DelegationConstraints): End | null => {
  if (given !== null) return givenEnd(situation, given);
  return ttlSeconds === null ? null : endAfter(situation, ttlSeconds * MS_PER_SECOND);
};

/** The shorter TTL applies. */
const withTtl = (constraints: DelegationConstraints, { ttlSeconds }: Input): DelegationConstraints => {
  const given = [constraints.ttlSeconds, ttlSeconds].filter((ttl) => ttl !== null);
  return { ...constraints, ttlSeconds: given.length === 0 ? null : Math.min(...given) };
};

const refusedParties = (situation: Situation, input: Input, { caller }: Ask): Refusal | null => {
  const { issuerApplicationId: issuer, receiverApplicationId: receiver } = input;
  const needsConsent = receiver !== issuer && situation.limits.receiverConsent === 'required';
  const forbidden =
    denied(caller, 'edge.create', issuer) ?? (needsConsent ? denied(caller, 'edge.receive', receiver) : null);
  if (forbidden) return refuse(forbidden);
  return refusedApplication(situation, issuer) ?? refusedApplication(situation, receiver);
};

interface Terms {
  readonly constraints: DelegationConstraints;
  readonly end: End;
}

/** Checks 4 to 13. */
const granted = (situation: Situation, input: Input, ask: Ask, terms: Terms): DelegationFacts | Refusal => {
  const { actors, now } = situation;
  if (input.sourceSessionId === input.targetSessionId) return refuse('self_delegation_denied');
  const broad = isBroad(input, terms.constraints);
  if (broad && denied(ask.caller, 'edge.broad', input.issuerApplicationId)) {
    return refuse('broad_delegation_permission_required');
  }
  const refusal = refusedEnds(situation, input);
  if (refusal) return refusal;
  const resources = resourcesWithin(situation, input, terms.constraints);
  if ('code' in resources) return resources;

  const factsWithoutEnd = {
    ...factsOf(input, terms.constraints, broad),
    resourceId: resources.resourceId,
    resources: broad ? null : resources.identifiers,
  };
  const bytes = edgeBytes({ ...factsWithoutEnd, parentEdgeId: null });
  if (bytes > EDGE_BYTES_MAX) return tooLarge(['scopes'], bytes, EDGE_BYTES_MAX);
  const parent = parentOf(situation, input);
  if (parent && 'code' in parent) return parent;
  const candidate = { ...factsWithoutEnd, ...(parent ? endWithin(terms.end, parent.context) : terms.end) };
  const exceeded = parent ? exceededBy(candidate, parent.context) : [];
  if (exceeded.length > 0) return refuse('delegation_exceeds_parent_authority', { details: { exceeds: exceeded } });
  const way = wayFrom(actors.edges, input.targetSessionId, input.sourceSessionId);
  if (way)
    return refuse('delegation_cycle_denied', { details: { path: [input.sourceSessionId, ...way].slice(0, PATH_MAX) } });
  if (terms.end.expiresAt <= now) return refuse('delegation_expired');
  const parentEdgeId = parent?.id ?? null;
  const parentEdgesConsidered = edgesConsidered(parentEdgeId, actors.edges.inboundOf(input.sourceSessionId));
  const facts = { ...candidate, parentEdgeId, parentEdgesConsidered };
  return refusedEdges(situation, edgeBytes(facts)) ?? facts;
};

/** Returns the chosen parent edge and the other inbound edges, at most `PARENT_EDGES_NAMED_MAX`. */
export const edgesConsidered = (parentEdgeId: string | null, inbound: Iterable<string>): string[] => {
  const named = new Set(parentEdgeId === null ? [] : [parentEdgeId]);
  for (const id of inbound) {
    if (named.size >= PARENT_EDGES_NAMED_MAX) break;
    named.add(id);
  }
  return [...named];
};

/** Refuses another edge of `bytes` if the zone would exceed its limits. */
export const refusedEdges = (situation: Situation, bytes: number): Refusal | null => {
  const { edges } = situation.actors;
  const code = 'delegation_zone_limit_exceeded';
  if (edges.count >= EDGES_LIVE_MAX) return eases(situation, code, EDGES_LIVE_MAX);
  return edges.bytes + bytes > EDGES_BYTES_MAX ? eases(situation, code, EDGES_BYTES_MAX, 'limit_bytes') : null;
};

/** Sessions of a cycle that a refusal names. */
const PATH_MAX = 1_000;

const isBroad = ({ resourceId }: Input, { resources }: DelegationConstraints): boolean =>
  resourceId === null && (resources === null || resources.length === 0);

const refusedEnds = (situation: Situation, input: Input): Refusal | null => {
  const { sessions } = situation.actors;
  const ends = endsIn(situation);
  const { sourceSessionId, targetSessionId, issuerApplicationId, receiverApplicationId } = input;
  if (!ends.letsAct(sourceSessionId) || !ends.letsAct(targetSessionId)) return refuse('delegation_endpoint_not_found');
  const source = sessions.live(sourceSessionId)?.context.applicationId;
  const target = sessions.live(targetSessionId)?.context.applicationId;
  return source === issuerApplicationId && target === receiverApplicationId
    ? null
    : refuse('delegation_application_mismatch', {
        details: { source_application_id: source, target_application_id: target },
      });
};

const factsOf = (input: Input, constraints: DelegationConstraints, broad: boolean) => ({
  sourceSessionId: input.sourceSessionId,
  targetSessionId: input.targetSessionId,
  issuerApplicationId: input.issuerApplicationId,
  receiverApplicationId: input.receiverApplicationId,
  scopes: [...new Set(input.scopes)],
  constraints: broad
    ? { ...constraints, policyApproved: true, broadReason: constraints.broadReason ?? BROAD_REASON }
    : constraints,
});

/** The parent edge of a new edge; null if the source acts with its application's own authority. */
const parentOf = (situation: Situation, input: Input): EdgeRecord | Refusal | null => {
  const { edges, sessions } = situation.actors;
  const ends = endsIn(situation);
  const active = edges.heldBy(input.sourceSessionId);
  const held = active.filter((edge) => !ends.isEdgeOver(edge));
  if (input.parentEdgeId !== null)
    return held.find(({ id }) => id === input.parentEdgeId) ?? refuse('parent_delegation_not_active');
  const [only, ...others] = held;
  if (others.length > 0) return refuse('parent_delegation_ambiguous', { details: { inbound_edges: held.length } });
  if (only) return only;
  const source = sessions.live(input.sourceSessionId);
  const startsOne = active.length === 0 && source && startsLines(source.context.authority);
  return startsOne ? null : refuse('parent_delegation_not_active');
};

const firstAnswer = (record: EdgeRecord | undefined): Decision =>
  record ? { repeats: { kind: 'edge', record } } : refuse('idempotency_result_inactive');

/** What makes two requests the same: everything but the id that we make. */
const requestOf = ({ id: _id, ...asked }: Input): Readonly<Record<string, unknown>> => asked;
