# Every change of a session, from the journal: what happened, who asked, and how many sessions it reached.
. docs/examples/setup.sh

PLANNER=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
api -X PATCH "$AGENTS/$PLANNER/suspend" -H 'x-request-id: ticket-1234' > /dev/null
api -X DELETE "$AGENTS/$PLANNER" > /dev/null

api "$AGENTS/$PLANNER/history" | field 'items.map(({ event }) => event).join(" ")'
#=> session.started session.suspended session.terminated
api "$AGENTS/$PLANNER/history" | field 'items[1].by.request_id'
#=> ticket-1234
