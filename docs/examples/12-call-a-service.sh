# An invocation is one call of a service, from the wish to its outcome. The caller creates it, whoever works on it starts
# and completes it. The same key never makes a second one.
. docs/examples/setup.sh

SERVICE=$(api "$URL/zones/z1/agent-services" -d '{"application_id":"travel","endpoint_url":"https://hotels.example/agent"}' | field id)
INVOCATIONS=$URL/zones/z1/invocations
KEY=trip-42-$(date +%s)-$$
wish() { api "$INVOCATIONS" -d "{\"service_id\":\"$SERVICE\",\"idempotency_key\":\"$KEY\",\"method\":\"search\",\"params\":{\"city\":\"Oslo\"}}"; }

CALL=$(wish | field id)
wish | field "id === '$CALL'"
#=> true

api -X PATCH "$INVOCATIONS/$CALL/start"
#=> "state":"running","status":"running","attempts":1…"deadline_at":"…Z"
api -X PATCH "$INVOCATIONS/$CALL/start" | field error
#=> invocation_not_startable
api -X PATCH "$INVOCATIONS/$CALL/complete" -d '{"status":"succeeded","metadata":{"found":3}}'
#=> "status":"succeeded"…"params_json":{"city":"Oslo"},"metadata_json":{"found":3}

api "$INVOCATIONS/$CALL/history" | field 'items.map(({ event }) => event).join(", ")'
#=> invocation.created, invocation.started, invocation.succeeded
