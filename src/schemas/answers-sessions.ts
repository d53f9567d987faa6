// What is answered about agent sessions.
import { Type } from 'typebox';
import { answer, At, Count, Data, Named, orNothing, listOf, Text, Texts, True } from './answers.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf } from './primitives.ts';

const State = oneOf(['active', 'suspended', 'terminated']);
const Authority = oneOf(['own', 'received', 'none']);
export const SessionStatus = oneOf(['active', 'suspended', 'terminated', 'expired']);

const started = {
  agent_session_id: Text,
  zone_id: Text,
  application_id: Text,
  parent_id: orNothing(Text),
  subject_session_id: Text,
  /** 1.0's name of `subject_session_id`. */
  subject_authority_record_id: Text,
  subject_proven: Type.Boolean(),
  authority: Authority,
  lifecycle: oneOf(['task', 'service']),
  labels: Texts,
  status: SessionStatus,
  state: State,
  depth: Count,
  ttl_seconds: orNothing(Count),
  metadata: Data,
  spawned_at: At,
  /** 1.0's name of `spawned_at`. */
  started_at: At,
  last_heartbeat_at: orNothing(At),
  heartbeat_deadline_at: orNothing(At),
  lease_generation: Count,
  delegation_edge_id: orNothing(Text),
};

const startedExample = {
  agent_session_id: EXAMPLE.child,
  zone_id: EXAMPLE.zone,
  application_id: EXAMPLE.application,
  parent_id: EXAMPLE.session,
  subject_session_id: EXAMPLE.subjectSession,
  subject_authority_record_id: EXAMPLE.subjectSession,
  subject_proven: true,
  authority: 'own',
  lifecycle: 'task',
  labels: ['hotels'],
  status: 'active',
  state: 'active',
  depth: 1,
  ttl_seconds: 600,
  metadata: { trip: 'T-1' },
  spawned_at: EXAMPLE.at,
  started_at: EXAMPLE.at,
  last_heartbeat_at: null,
  heartbeat_deadline_at: null,
  lease_generation: 0,
  delegation_edge_id: null,
};

export const StartedSession = answer('StartedSession', started, startedExample);

export const Session = answer(
  'Session',
  {
    ...started,
    terminated_at: orNothing(At),
    termination_reason: orNothing(Text),
    suspended_reason: orNothing(Text),
    child_count: Count,
  },
  { ...startedExample, terminated_at: null, termination_reason: null, suspended_reason: null, child_count: 0 },
);

export const SessionPage = listOf(Session);

const lookedFirst = { dry_run: Type.Optional(True), agent_session_ids: Type.Optional(Named) };

export const Suspended = answer('Suspended', { suspended: Count, ...lookedFirst }, { suspended: 2 });
export const Resumed = answer('Resumed', { resumed: Count, ...lookedFirst }, { resumed: 2 });

/** What ending a session would do. Ending it is answered without content. */
export const Ending = answer(
  'Ending',
  {
    dry_run: True,
    terminated: Count,
    agent_session_ids: Named,
    revoked_edges: Count,
    delegation_edge_ids: Named,
  },
  {
    dry_run: true,
    terminated: 2,
    agent_session_ids: [EXAMPLE.session, EXAMPLE.child],
    revoked_edges: 1,
    delegation_edge_ids: [EXAMPLE.edge],
  },
);

/** A session as whoever sends its heartbeats sees it. */
export const Heart = answer(
  'Heart',
  {
    id: Text,
    zone_id: Text,
    application_id: Text,
    last_active_at: orNothing(At),
    last_heartbeat_at: orNothing(At),
    heartbeat_deadline_at: orNothing(At),
    lease_generation: Count,
    status: SessionStatus,
  },
  {
    id: EXAMPLE.worker,
    zone_id: EXAMPLE.zone,
    application_id: EXAMPLE.application,
    last_active_at: EXAMPLE.at,
    last_heartbeat_at: EXAMPLE.at,
    heartbeat_deadline_at: '2026-01-01T12:02:00.000Z',
    lease_generation: 1,
    status: 'active',
  },
);

/** What a session may do by the delegations it holds. */
export const EffectiveAuthority = answer(
  'EffectiveAuthority',
  {
    agent_session_id: Text,
    inbound_edges: Texts,
    effective_scopes: Texts,
    effective_resource_ids: Texts,
    effective_resources: Texts,
    effective_resource_constrained: Type.Boolean(),
    effective_max_hops: orNothing(Count),
    effective_ttl_seconds: orNothing(Count),
    earliest_expires_at: orNothing(At),
    authority: Authority,
    session_state: State,
    usable: Type.Boolean(),
    graph_epoch: Count,
  },
  {
    agent_session_id: EXAMPLE.child,
    inbound_edges: [EXAMPLE.edge],
    effective_scopes: ['read'],
    effective_resource_ids: [EXAMPLE.resource],
    effective_resources: [EXAMPLE.identifier],
    effective_resource_constrained: true,
    effective_max_hops: 1,
    effective_ttl_seconds: 3600,
    earliest_expires_at: '2026-01-01T13:00:00.000Z',
    authority: 'received',
    session_state: 'active',
    usable: true,
    graph_epoch: 1,
  },
);
