// The refusals that routes have in common. A row names those of its own; what its kind brings along follows from what the
// row is: who may call it, whether it has a body, ids, a key. A test holds every answer of the server to these lists.
import type { RefusalCode } from '../refusals.ts';
import { effectOf } from '../zone/effects.ts';
import type { Route } from './route.ts';

type Codes = readonly RefusalCode[];

/** Whatever is asked, and by whom. */
export const ANY_TIME: Codes = ['internal_error', 'draining', 'overloaded'];

const OF_A_ZONE: Codes = [
  ...ANY_TIME,
  'rate_limited',
  'issuer_unavailable',
  'journal_unavailable',
  'read_interrupted',
  'zone_faulted',
  'history_damaged',
];

const AUTHENTICATED: Codes = ['missing_token', 'invalid_token', 'missing_scope', 'zone_mismatch'];

export const BODY: Codes = [
  'unsupported_media_type',
  'payload_too_large',
  'invalid_json',
  'number_out_of_range',
  'invalid_body',
];

const KEY: Codes = ['idempotency_key_invalid', 'idempotency_key_conflict'];

const CONDITIONS: Codes = ['invalid_condition', 'precondition_failed'];

/** Starting a session, through any door. */
export const START: Codes = [
  'clock_disputed',
  'application_ownership_required',
  'subject_session_id_required',
  'application_not_found',
  'session_not_found',
  'parent_not_found',
  'parent_ownership_required',
  'parent_suspended',
  'task_agent_cannot_spawn_service',
  'dcr_application_cannot_spawn',
  'dcr_application_cannot_host_service',
  'dcr_application_cannot_be_child',
  'dcr_application_already_bound',
  'agent_zone_limit_exceeded',
  'agent_limit_exceeded',
  'agent_children_limit_exceeded',
  'agent_depth_limit_exceeded',
  'delegation_zone_limit_exceeded',
  'inherit_parent_edge_not_active',
  'inherit_parent_edge_ambiguous',
];

export const TERMINATE: Codes = ['agent_not_found', 'application_ownership_required', 'session_lease_fenced'];

/** Creating an edge, through any door. */
export const DELEGATE: Codes = [
  'clock_disputed',
  'invalid_delegation_constraint',
  'invalid_resources',
  'invalid_max_depth',
  'invalid_max_hops',
  'invalid_ttl_seconds',
  'invalid_budget',
  'invalid_policy_approved',
  'invalid_expires_at',
  'invalid_broad_reason',
  'delegation_expiry_required',
  'issuer_ownership_required',
  'receiver_consent_required',
  'application_not_found',
  'self_delegation_denied',
  'broad_delegation_permission_required',
  'delegation_endpoint_not_found',
  'delegation_application_mismatch',
  'resource_not_found',
  'resource_ownership_required',
  'delegation_resource_scope_mismatch',
  'delegation_scopes_exceed_resource',
  'parent_delegation_ambiguous',
  'parent_delegation_not_active',
  'delegation_exceeds_parent_authority',
  'delegation_cycle_denied',
  'delegation_expired',
  'delegation_zone_limit_exceeded',
];

export const REVOKE: Codes = ['delegation_not_found', 'issuer_ownership_required'];

/** Following what happens in a zone. */
export const FOLLOW: Codes = [
  ...AUTHENTICATED,
  'identity_revoked',
  'caller_session_not_active',
  'invalid_params',
  'invalid_query',
  'invalid_cursor',
  'event_reader_limit_exceeded',
  ...OF_A_ZONE,
];

/** Commands and queries that need the session of the token to be active, or at least to exist. */
const NEEDS_SESSION: readonly string[] = ['adds', 'reads'];

/** Every refusal that a route of a zone can answer with, each once. */
export const refusalsOf = (route: Route): Codes => [
  ...new Set([
    ...AUTHENTICATED,
    'identity_revoked' as const,
    ...(NEEDS_SESSION.includes(effectOf(route.name)) ? (['caller_session_not_active'] as const) : []),
    ...(route.operator === 'only' ? (['operator_token_required'] as const) : []),
    ...(route.operator === false ? (['operator_not_allowed'] as const) : []),
    ...(route.path.includes(':') ? (['invalid_params'] as const) : []),
    'invalid_query' as const,
    ...(hasCursor(route) ? (['invalid_cursor'] as const) : []),
    ...(takesBody(route) ? BODY : []),
    ...(takesBody(route) && route.stops ? (['request_timeout'] as const) : []),
    ...(route.key ? KEY : []),
    ...(route.creates ? (['idempotency_result_inactive'] as const) : []),
    ...(route.conditional ? CONDITIONS : []),
    ...route.refusals,
    ...(route.method === 'GET' ? [] : (['journal_full', 'change_too_large'] as const)),
    ...OF_A_ZONE,
  ]),
];

/** Whether it is a list with a cursor. */
export const hasCursor = ({ schemas }: Route): boolean => Object.hasOwn(propertiesOf(schemas.query), 'cursor');

const propertiesOf = (query: { readonly properties?: object } | null): object => query?.properties ?? {};

/**
 * Whether the content of a request is read. RFC 9110 (9.3.1, 9.3.5) defines no meaning for that of a GET or DELETE.
 * There it is read only if the route has a body schema.
 */
export const takesBody = ({ method, schemas }: Pick<Route, 'method' | 'schemas'>): boolean =>
  schemas.body !== null || (method !== 'GET' && method !== 'DELETE');
