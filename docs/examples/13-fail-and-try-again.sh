# An attempt that fails, or overruns its time, can be tried again while attempts are left. One whose cancellation was asked
# for cannot.
. docs/examples/setup.sh

SERVICE=$(api "$URL/zones/z1/agent-services" -d '{"application_id":"travel","endpoint_url":"https://hotels.example/agent"}' | field id)
INVOCATIONS=$URL/zones/z1/invocations
KEY=trip-42-$(date +%s)-$$
CALL=$(api "$INVOCATIONS" -d "{\"service_id\":\"$SERVICE\",\"idempotency_key\":\"$KEY\",\"method\":\"search\",\"timeout_ms\":1000,\"retry_policy\":{\"max_attempts\":2,\"backoff_ms\":0}}" | field id)

# The first attempt fails, and says why.
api -X PATCH "$INVOCATIONS/$CALL/start" > /dev/null
api -X PATCH "$INVOCATIONS/$CALL/complete" -d '{"status":"failed","error":{"code":"timeout upstream"}}'
#=> "state":"pending","status":"failed","attempts":1…"next_attempt_at":"…Z"…"error_json":{"code":"timeout upstream"}

# Nobody completes the second one: it overruns its second on the instant.
api -X PATCH "$INVOCATIONS/$CALL/start" | field attempts
#=> 2
until [ "$(api "$INVOCATIONS/$CALL" | field state)" = completed ]; do :; done
api "$INVOCATIONS/$CALL"
#=> "status":"timed_out","attempts":2…"error_json":{"reason":"deadline_exceeded"}
