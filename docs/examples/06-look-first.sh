# Ask what a suspend, resume or terminate would do before doing it.
. docs/examples/setup.sh

PLANNER=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
api "$AGENTS" -d "{\"application_id\":\"travel\",\"parent_id\":\"$PLANNER\"}" | field status
#=> active

api -X DELETE "$AGENTS/$PLANNER?dry_run=true"
#=> {"dry_run":true,"terminated":2,"agent_session_ids":["…","…"],"revoked_edges":0,"delegation_edge_ids":[]}

api "$AGENTS/$PLANNER" | field status
#=> active
