# List sessions, newest first, filtered, a page at a time. `next_cursor` is null on the last page.
. docs/examples/setup.sh

LABEL=trip-$(date +%s)-$$
for _ in 1 2 3; do api "$AGENTS" -d "{\"application_id\":\"travel\",\"labels\":[\"$LABEL\"]}" > /dev/null; done

PAGE=$(api "$AGENTS?label=$LABEL&status=active&limit=2")
echo "$PAGE" | field items.length
#=> 2
CURSOR=$(echo "$PAGE" | field next_cursor)

PAGE=$(api "$AGENTS?label=$LABEL&status=active&limit=2&cursor=$CURSOR")
echo "$PAGE" | field items.length
#=> 1
echo "$PAGE" | field next_cursor
#=> null
