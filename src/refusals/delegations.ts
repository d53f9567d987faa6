// The refusals about delegated authority. They are part of the table in `refusals.ts`.
import { row, type RefusalRow } from './row.ts';

export const delegationRefusals = {
  self_delegation_denied: row(400, 'A session cannot delegate authority to itself. Name another target_session_id.'),
  delegation_expiry_required: row(400, 'Say when the edge ends: expires_at or ttl_seconds.'),
  delegation_expired: row(400, 'The edge would have ended already. Give an expires_at that lies ahead.'),
  delegation_resource_scope_mismatch: row(
    400,
    'resource_id is not among constraints.resources. Name the same resources in both, or leave one out.',
  ),
  invalid_delegation_constraint: row(
    400,
    'constraints must be an object that has only known members. See details; the API page lists the constraints.',
  ),
  invalid_resources: row(400, 'constraints.resources must be a list of at most 64 names.'),
  invalid_max_depth: row(400, 'constraints.max_depth must be a whole number from 1 to 10.'),
  invalid_max_hops: row(
    400,
    'constraints.max_hops must be a whole number from 1 to 10, and equal to max_depth if both are given.',
  ),
  invalid_ttl_seconds: row(400, 'constraints.ttl_seconds must be a whole number from 1 to 86400.'),
  invalid_budget: row(400, 'constraints.budget must be a whole number from 1 to 1024.'),
  invalid_policy_approved: row(400, 'constraints.policy_approved must be true or false.'),
  invalid_expires_at: row(400, 'constraints.expires_at must be an instant such as 2026-01-31T12:00:00Z.'),
  invalid_broad_reason: row(400, 'constraints.broad_reason must be 1 to 256 characters.'),
  issuer_ownership_required: row(
    403,
    'The edge is issued by an application that this token was not issued for. Use its own token, or one with scope coordinator.delegate_from:<application>.',
  ),
  receiver_consent_required: row(
    403,
    'The receiver is another application and has not consented. Use a token with scope coordinator.delegate_to:<application of the receiver>.',
  ),
  broad_delegation_permission_required: row(
    403,
    'The edge names no resource. Name one, or use a token with scope coordinator.delegate_broad.',
  ),
  resource_ownership_required: row(403, 'A resource belongs to another application than the issuer. Name your own.'),
  delegation_scopes_exceed_resource: row(
    403,
    'The resources do not offer all of these scopes. See details.scopes and leave those out.',
  ),
  parent_delegation_not_active: row(
    403,
    'The source session does not hold the named parent edge, or it has lapsed. Name one it holds.',
  ),
  delegation_exceeds_parent_authority: row(
    403,
    'The edge would grant more than its parent does. See details.exceeds and narrow those.',
  ),
  delegation_not_found: row(404, 'There is no such delegation edge in this zone, or it is no longer active.'),
  delegation_endpoint_not_found: row(404, 'The source or the target session is not active in this zone. Both must be.'),
  inherit_parent_edge_not_active: row(
    409,
    'The edges the parent holds have lapsed, or it does not hold the one named. Start with parent_authority none, or elsewhere.',
  ),
  inherit_parent_edge_ambiguous: row(
    409,
    'The parent holds several active edges. Name one as inherit_parent_edge_id, or start with parent_authority none.',
  ),
  delegation_application_mismatch: row(
    409,
    'The sessions belong to other applications than the issuer and receiver named. Correct either.',
  ),
  parent_delegation_ambiguous: row(
    409,
    'The source session holds several active edges. Name the one to narrow as parent_edge_id.',
  ),
  delegation_cycle_denied: row(409, 'The edge would close a circle. See details.path for the way back.'),
  delegation_zone_limit_exceeded: row(
    429,
    'The zone has as many active delegation edges, or bytes of them, as it may have. Revoke some, or wait until some expire.',
  ),
} as const satisfies Record<string, RefusalRow>;
