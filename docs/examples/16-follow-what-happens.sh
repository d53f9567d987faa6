# What happens in a zone, as it happens: Server-Sent Events. Whoever comes back names the last one seen, and misses nothing.
. docs/examples/setup.sh

AGENT=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
SEQ=$(api "$AGENTS" -D - -o /dev/null | tr -d '\r' | sed -n 's/^coordinator-seq: //Ip')
api -X PATCH "$AGENTS/$AGENT/suspend"
#=> {"suspended":1}

# From the start of the session on, for a second; a reader of yours would stay.
{ curl --silent --no-buffer --max-time 1 -H "Authorization: Bearer $TOKEN" "$URL/zones/z1/events?from=$((SEQ - 1))" || true; } | grep '"event":'
#=> "event":"spawn"…"event":"suspend"
