# When a worker is replaced, the new one takes the lease over. The old one is fenced off, even if it is not dead after all.
. docs/examples/setup.sh

SESSION=$(api "$AGENTS" -d '{"application_id":"travel","lifecycle":"service"}' | field agent_session_id)
heartbeat() { api "$AGENTS/$SESSION/heartbeat" -d "{\"lease_generation\":$1}"; }

heartbeat 1 | field agent.status
#=> active
api -X POST "$AGENTS/$SESSION/lease" | field lease_generation
#=> 2
heartbeat 1
#=> "error":"session_lease_fenced"…"lease_generation":2
heartbeat 2 | field agent.lease_generation
#=> 2
api -X DELETE "$AGENTS/$SESSION" -d '{"lease_generation":1}' | field error
#=> session_lease_fenced
api -X DELETE "$AGENTS/$SESSION" -d '{"lease_generation":2}' -o /dev/null -w '%{http_code}\n'
#=> 204
