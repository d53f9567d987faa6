// Whether a session may start, and as what. The order of the checks is the contract's: who asks, whether it was asked
// before, the parent, the limits.
import { denied } from '../../authority/rules.ts';
import { isSubjectProven } from '../../authority/subject-proof.ts';
import { sha256 } from '../../journal/entry.ts';
import { SESSIONS_BYTES_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { startedSession, type AgentSessionFacts } from '../../../machines/agent-session.ts';
import type { Ask, CommandInputs } from '../commands.ts';
import type { NewEdge } from '../events.ts';
import { refusedApplication, refusedSubject } from './directory-checks.ts';
import { repeatOf } from './idempotency.ts';
import { endsIn, type Decide, type Decision, type Situation } from './decision.ts';
import { clockDisputed, eases, stays } from './limits.ts';
import { edgeBytes, sessionBytes } from '../sizes.ts';
import { refusedEdges } from './edge-create.ts';
import { inheritedEdge } from './session-inherit.ts';
import { sessionDetails } from '../status-words.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import { encodeContent } from '../bodies.ts';

type Input = CommandInputs['session.start'];

export const decideStart: Decide<'session.start'> = (situation, command, ask) => {
  const { input } = command;
  const forbidden = denied(ask.caller, 'session.start', input.applicationId);
  if (forbidden) return refuse(forbidden);
  const subjectSessionId = input.subjectSessionId ?? subjectOf(ask);
  if (subjectSessionId === null) return refuse('subject_session_id_required');

  const { claim, repeat } = repeatOf(situation, ask, command, {
    request: () => requestOf(input, subjectSessionId),
    made: (id) => firstAnswer(situation.actors.sessions.live(id)),
  });
  if (repeat) return repeat;

  const unknown = refusedApplication(situation, input.applicationId) ?? refusedSubject(situation, subjectSessionId);
  if (unknown) return unknown;
  const parent = input.parentId === null ? null : situation.actors.sessions.live(input.parentId);
  if (parent === undefined || (parent && endsIn(situation).isSessionOver(parent))) return refuse('parent_not_found');
  const refusal =
    (parent && refusedUnder(parent, input, ask)) ??
    refusedAsDcr(situation, input, parent) ??
    overLimit(situation, input, parent);
  if (refusal) return refusal;
  const edge = parent && inheritedEdge(situation, parent, input);
  if (edge && 'code' in edge) return edge;
  if (situation.isAheadDisputed) return clockDisputed();

  const body = bodyOf(input);
  const start = { applicationId: input.applicationId, subjectSessionId };
  const subjectProven = isSubjectProven(ask.caller, start, parent && parent.context);
  const facts = factsOf(input, { subjectSessionId, subjectProven, parent, edge, metadataHash: body && sha256(body) });
  const full = overBytes(situation, facts, edge);
  if (full) return full;
  const event = { type: 'session.started', v: 1, id: input.id, facts, ...(edge && { edge }) } as const;
  return { event, body, receipt: claim };
};

const subjectOf = ({ caller }: Ask) => (caller.kind === 'bearer' ? caller.subjectSessionId : null);

const refusedUnder = (parent: SessionRecord, input: Input, { caller }: Ask): Refusal | null => {
  const { applicationId, lifecycle } = parent.context;
  const foreign = applicationId !== input.applicationId;
  const forbidden = foreign ? denied(caller, 'session.start-under', applicationId) : null;
  if (forbidden) return refuse(forbidden);
  if (parent.state !== 'active') return refuse('parent_suspended', { details: sessionDetails(parent) });
  return lifecycle === 'task' && input.lifecycle === 'service'
    ? refuse('task_agent_cannot_spawn_service', { details: { parent_lifecycle: lifecycle } })
    : null;
};

/** An application that registered itself (RFC 7591) runs exactly one root task session. */
const refusedAsDcr = (situation: Situation, input: Input, parent: SessionRecord | null): Refusal | null => {
  const isDcr = (id: string) => situation.directory.row('application', id)?.registrationMethod === 'dcr';
  if (parent && isDcr(parent.context.applicationId)) return refuse('dcr_application_cannot_spawn');
  if (!isDcr(input.applicationId)) return null;
  if (input.lifecycle === 'service') return refuse('dcr_application_cannot_host_service');
  if (parent) return refuse('dcr_application_cannot_be_child');
  const [bound] = situation.actors.sessions.ofApplication(input.applicationId);
  return bound === undefined ? null : refuse('dcr_application_already_bound', { details: { agent_session_id: bound } });
};

const overLimit = (situation: Situation, input: Input, parent: SessionRecord | null): Refusal | null => {
  const { actors, limits } = situation;
  const { sessions } = actors;
  if (sessions.count >= limits.agentsPerZoneMax) {
    return eases(situation, 'agent_zone_limit_exceeded', limits.agentsPerZoneMax);
  }
  if (sessions.ofApplication(input.applicationId).size >= limits.agentsPerAppMax) {
    return eases(situation, 'agent_limit_exceeded', limits.agentsPerAppMax);
  }
  if (parent && sessions.childrenOf(parent.id).size >= limits.agentChildrenMax) {
    return stays('agent_children_limit_exceeded', limits.agentChildrenMax);
  }
  return parent && parent.context.depth >= limits.agentDepthMax
    ? stays('agent_depth_limit_exceeded', limits.agentDepthMax)
    : null;
};

/** Checks the bytes of the session, and of the edge that it starts with, against the limits of the zone. */
const overBytes = (situation: Situation, facts: AgentSessionFacts, edge: NewEdge | null): Refusal | null => {
  if (situation.actors.sessions.bytes + sessionBytes(facts) > SESSIONS_BYTES_MAX) {
    return eases(situation, 'agent_zone_limit_exceeded', SESSIONS_BYTES_MAX, 'limit_bytes');
  }
  return edge && refusedEdges(situation, edgeBytes(edge.facts));
};

const factsOf = (
  input: Input,
  found: {
    subjectSessionId: string;
    subjectProven: boolean;
    parent: SessionRecord | null;
    edge: NewEdge | null;
    metadataHash: string | null;
  },
): AgentSessionFacts => ({
  applicationId: input.applicationId,
  subjectSessionId: found.subjectSessionId,
  subjectProven: found.subjectProven,
  parentId: input.parentId,
  depth: found.parent ? found.parent.context.depth + 1 : 0,
  lifecycle: input.lifecycle,
  labels: input.labels,
  ttlSeconds: input.ttlSeconds,
  delegationEdgeId: found.edge?.id ?? null,
  metadataHash: found.metadataHash,
});

const bodyOf = ({ metadata }: Input): Buffer | null =>
  Object.keys(metadata).length === 0 ? null : encodeContent({ metadata });

/** A session as it was when it had just started: whoever has lost its lease since is not told of the later one. */
const firstAnswer = (record: SessionRecord | undefined): Decision => {
  if (!record) return refuse('idempotency_result_inactive');
  const { startedAt, startedSeq } = record.context;
  const started = { facts: record.context, authority: record.context.authorityAtStart, at: startedAt, seq: startedSeq };
  const context = startedSession(started);
  return { repeats: { kind: 'session', record: { ...record, state: 'active', context } } };
};

/** What makes two requests the same: everything but the ids that we make. */
const requestOf = (
  { id: _id, edgeId: _edgeId, ...asked }: Input,
  subjectSessionId: string,
): Readonly<Record<string, unknown>> => ({
  ...asked,
  // In receipts of earlier versions, a start that does not mention inheritance counted as `inherit`.
  parentAuthority: asked.parentAuthority ?? 'inherit',
  subjectSessionId,
});
