// What is answered about service agents and invocations.
import { answer, At, Count, Data, Json, orNothing, listOf, Text, Texts } from './answers.ts';
import { Heart, SessionStatus } from './answers-sessions.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf } from './primitives.ts';
import { Type } from 'typebox';

export const Service = answer(
  'Service',
  {
    id: Text,
    zone_id: Text,
    application_id: Text,
    endpoint_url: Text,
    protocol_versions: Texts,
    framework_name: orNothing(Text),
    framework_version: orNothing(Text),
    capabilities: Texts,
    health: oneOf(['starting', 'healthy', 'degraded', 'unhealthy']),
    metadata_json: Data,
    last_heartbeat_at: At,
  },
  {
    id: EXAMPLE.service,
    zone_id: EXAMPLE.zone,
    application_id: EXAMPLE.application,
    endpoint_url: 'https://hotels.example/agent',
    protocol_versions: ['1.0'],
    framework_name: 'langgraph',
    framework_version: '1.0',
    capabilities: ['search'],
    health: 'starting',
    metadata_json: { region: 'eu' },
    last_heartbeat_at: EXAMPLE.at,
  },
);

export const ServicePage = listOf(Service);

export const Heartbeat = answer(
  'Heartbeat',
  { agent: Heart, service: orNothing(Service), active_invocations: Count },
  { agent: Heart.examples[0], service: { ...Service.examples[0], health: 'healthy' }, active_invocations: 1 },
);

export const LeaseTaken = answer(
  'LeaseTaken',
  { status: SessionStatus, heartbeat_deadline_at: orNothing(At), lease_generation: Count, agent: Heart },
  {
    status: 'active',
    heartbeat_deadline_at: '2026-01-01T12:02:00.000Z',
    lease_generation: 2,
    agent: { ...Heart.examples[0], lease_generation: 2 },
  },
);

const shownInLists = {
  id: Text,
  zone_id: Text,
  service_id: Text,
  source_session_id: orNothing(Text),
  target_session_id: orNothing(Text),
  idempotency_key: Text,
  method: Text,
  state: oneOf(['pending', 'running', 'cancelled', 'completed']),
  status: oneOf(['pending', 'running', 'cancel_requested', 'canceled', 'succeeded', 'failed', 'timed_out']),
  attempts: Count,
  max_attempts: Count,
  timeout_ms: Count,
  retry_policy_json: Type.Object({ max_attempts: Count, backoff_ms: Count }),
  next_attempt_at: orNothing(At),
  deadline_at: orNothing(At),
  cancel_requested_at: orNothing(At),
  started_at: orNothing(At),
  completed_at: orNothing(At),
  created_at: At,
};

const listedExample = {
  id: EXAMPLE.invocation,
  zone_id: EXAMPLE.zone,
  service_id: EXAMPLE.service,
  source_session_id: EXAMPLE.session,
  target_session_id: null,
  idempotency_key: 'search-1',
  method: 'search',
  state: 'pending',
  status: 'pending',
  attempts: 0,
  max_attempts: 3,
  timeout_ms: 30_000,
  retry_policy_json: { max_attempts: 3, backoff_ms: 1_000 },
  next_attempt_at: EXAMPLE.at,
  deadline_at: null,
  cancel_requested_at: null,
  started_at: null,
  completed_at: null,
  created_at: EXAMPLE.at,
};

export const Invocation = answer(
  'Invocation',
  { ...shownInLists, params_json: Json, metadata_json: Data, error_json: orNothing(Data) },
  { ...listedExample, params_json: { city: 'Bern' }, metadata_json: {}, error_json: null },
);

export const InvocationPage = listOf(answer('ListedInvocation', shownInLists, listedExample));
