# A service agent is an endpoint of an application. A service session that runs it sends heartbeats, which keep its lease and
# say how the service is.
. docs/examples/setup.sh

SERVICES=$URL/zones/z1/agent-services
ENDPOINT=https://hotels.example/agent-$(date +%s)-$$
SERVICE=$(api "$SERVICES" -d "{\"application_id\":\"travel\",\"endpoint_url\":\"$ENDPOINT\",\"capabilities\":[\"search\"]}" | field id)
api "$SERVICES" | field 'items[0].health'
#=> starting

# One service per application and endpoint: registering it again says everything about it anew.
api "$SERVICES" -d "{\"application_id\":\"travel\",\"endpoint_url\":\"$ENDPOINT\",\"metadata\":{\"region\":\"eu\"}}" | field "id === '$SERVICE'"
#=> true

SESSION=$(api "$AGENTS" -d '{"application_id":"travel","lifecycle":"service"}' | field agent_session_id)
api "$AGENTS/$SESSION/heartbeat" -d "{\"service_id\":\"$SERVICE\",\"status\":\"healthy\",\"active_invocations\":2}"
#=> "heartbeat_deadline_at":"…Z","lease_generation":1,"status":"active"…"health":"healthy","metadata_json":{"region":"eu"}…"active_invocations":2
