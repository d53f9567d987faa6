# Act on what you saw, and hear when it has changed since: the ETag of an answer, sent as If-Match.
. docs/examples/setup.sh

AGENT=$(api "$AGENTS" -d '{"application_id":"travel"}' | field agent_session_id)
tag() { tr -d '\r' | sed -n 's/^etag: //Ip'; }
SEEN=$(api -D - -o /dev/null "$AGENTS/$AGENT" | tag)

# Nothing has changed, so there is nothing to send again.
api -o /dev/null -w '%{http_code}\n' -H "If-None-Match: $SEEN" "$AGENTS/$AGENT"
#=> 304

# Somebody starts a child below it in the meantime: whoever wanted to end an agent alone is told.
api "$AGENTS" -d "{\"application_id\":\"travel\",\"parent_id\":\"$AGENT\"}" > /dev/null
api -X DELETE -H "If-Match: $SEEN" "$AGENTS/$AGENT"
#=> "error":"precondition_failed"

# Having looked again, they mean it.
SEEN=$(api -D - -o /dev/null "$AGENTS/$AGENT" | tag)
api -o /dev/null -w '%{http_code}\n' -X DELETE -H "If-Match: $SEEN" "$AGENTS/$AGENT"
#=> 204
