# A start whose answer got lost can be sent again. With the same Idempotency-Key it starts nothing new, and the answer is
# the first one.
. docs/examples/setup.sh

KEY=trip-42-$(date +%s)-$$
start() { api "$AGENTS" -H "Idempotency-Key: $KEY" --write-out ' %{http_code}\n' "$@"; }

FIRST=$(start -d '{"application_id":"travel","labels":["planner"]}')
AGAIN=$(start -d '{"application_id":"travel","labels":["planner"]}')
echo "${FIRST##* } ${AGAIN##* }"
#=> 201 200
test "${FIRST% *}" = "${AGAIN% *}" && echo "one session"
#=> one session

# The same key for another request is a mistake, and is called one.
start -d '{"application_id":"travel","labels":["another"]}'
#=> "error":"idempotency_key_conflict"…409
