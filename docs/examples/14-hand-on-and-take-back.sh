# A session hands a part of its authority to another. An edge narrows and never widens, and revoking it takes everything
# that stood on it.
. docs/examples/setup.sh

start() { api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id; }
PLANNER=$(start)
HOTELS=$(start)
ROOMS=$(start)
EDGES=$URL/zones/z1/delegations

# Hands these scopes from one session to another, for these many seconds and edges.
hand() {
  api "$EDGES" -d "{\"source_session_id\":\"$1\",\"target_session_id\":\"$2\",\"issuer_application_id\":\"travel\",\"receiver_application_id\":\"travel\",\"scopes\":[$3],\"constraints\":{\"resources\":[\"https://hotels.example\"],\"max_hops\":$5},\"ttl_seconds\":$4}"
}

EDGE=$(hand "$PLANNER" "$HOTELS" '"rooms:read","rooms:book"' 600 2 | field delegation_edge_id)

# More than one holds cannot be handed on; the answer says in which dimensions it would be more.
hand "$HOTELS" "$ROOMS" '"rooms:cancel"' 3600 2 | field 'details.exceeds.join(", ")'
#=> scopes, expires_at, max_hops, ttl_seconds

hand "$HOTELS" "$ROOMS" '"rooms:read"' 60 1 | field 'allow_reason.join(", ")'
#=> same_zone_endpoints_active, resource_scope_checked, parent_authority_narrowed, typed_constraints_validated
api "$AGENTS/$ROOMS/effective-authority" | field 'effective_scopes.join(", ")'
#=> rooms:read

# What would go if the first edge were revoked, and then it does.
api "$EDGES/$EDGE/impact" | field 'affected_edges.length'
#=> 2
api -X PATCH "$EDGES/$EDGE/revoke"
#=> "revoked_edges":2,"also_revoked_edges":0,"affected_sessions":1,"terminated_agents":2
api "$AGENTS/$ROOMS" | field termination_reason
#=> delegation_revoked
