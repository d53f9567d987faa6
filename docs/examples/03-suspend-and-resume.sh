# Suspend a session, and everything below it is suspended too. Resuming lifts that again, but not what was suspended on its
# own: whoever placed a hold lifts it.
. docs/examples/setup.sh

start() { api "$AGENTS" -d "{\"application_id\":\"travel\",\"parent_id\":$1}" | field agent_session_id; }
PLANNER=$(start null)
HOTELS=$(start "\"$PLANNER\"")
FLIGHTS=$(start "\"$PLANNER\"")

# The planner has two children; one is suspended before it.
api -X PATCH "$AGENTS/$FLIGHTS/suspend"
#=> {"suspended":1}
api -X PATCH "$AGENTS/$PLANNER/suspend"
#=> {"suspended":2}

# A hold from above is lifted from above.
api -X PATCH "$AGENTS/$HOTELS/resume"
#=> "error":"ancestor_suspended"
api -X PATCH "$AGENTS/$PLANNER/resume"
#=> {"resumed":2}

api "$AGENTS/$HOTELS" | field status
#=> active
api "$AGENTS/$FLIGHTS" | field status
#=> suspended
