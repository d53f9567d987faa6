# End a session: it and everything below it are terminated, for good. They stay readable, with the reason.
. docs/examples/setup.sh

PLANNER=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
HOTELS=$(api "$AGENTS" -d "{\"application_id\":\"travel\",\"parent_id\":\"$PLANNER\"}" | field agent_session_id)

# 204 has no body; a second time there is nothing left to end.
api -X DELETE "$AGENTS/$PLANNER?reason=trip+cancelled" --write-out '%{http_code}\n'
#=> 204
api -X DELETE "$AGENTS/$PLANNER" --write-out '%{http_code}\n'
#=> "error":"agent_not_found"…404

api "$AGENTS/$PLANNER" | field termination_reason
#=> trip cancelled
api "$AGENTS/$HOTELS" | field termination_reason
#=> parent_terminated
