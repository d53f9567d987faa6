# Start a child. A session may start others below it; whatever happens to the parent reaches them.
. docs/examples/setup.sh

PARENT=$(api "$AGENTS" -d '{"application_id":"travel","labels":["planner"]}' | field agent_session_id)
api "$AGENTS" -d "{\"application_id\":\"travel\",\"labels\":[\"hotels\"],\"parent_id\":\"$PARENT\"}" | field depth
#=> 1

api "$AGENTS/$PARENT" | field child_count
#=> 1
