# A resource server asks whether a token is good right now. Anybody may ask; the answer follows a suspension at once.
. docs/examples/setup.sh

AGENT=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
BEARER=$(npm run --silent token -- --zone z1 --app travel --sid user-7 --agent-session "$AGENT")
verify() { curl --silent --show-error -H 'Content-Type: application/json' "$URL/v1/verify" -d "{\"token\":\"$BEARER\",\"require_agent\":true}"; }

verify | field valid
#=> true
api -X PATCH "$AGENTS/$AGENT/suspend"
#=> {"suspended":1}
verify | field reason
#=> session_suspended
api -X PATCH "$AGENTS/$AGENT/resume"
#=> {"resumed":1}
verify | field claims.agentSessionId
#=> …
