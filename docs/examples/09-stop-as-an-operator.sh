# The operator's token opens every zone: it reads and stops everything, and starts nothing. It is kept in the data
# directory, readable by its owner alone, unless CARACAL_COORDINATOR_TOKEN sets another.
. docs/examples/setup.sh

PLANNER=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
OPERATOR=$(cat "${DATA_DIR:-data}/operator-token")
operator() { curl --silent --show-error -w '\n' -H "Authorization: Bearer $OPERATOR" -H 'Content-Type: application/json' "$@"; }

operator -X PATCH "$AGENTS/$PLANNER/suspend"
#=> {"suspended":1}
operator "$AGENTS/$PLANNER/history" | field 'items[1].by.subject'
#=> operator

operator "$AGENTS" -d '{"application_id":"travel"}'
#=> "error":"operator_not_allowed"
