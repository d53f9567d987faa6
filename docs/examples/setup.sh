# Read by every example: where the coordinator is, a token, and two helpers. Run the examples from the root of the project,
# beside a coordinator that was started with the same DATA_DIR, HOST, PORT and PUBLIC_URL.
URL=${COORDINATOR_URL:-http://127.0.0.1:4000}
AGENTS=$URL/zones/z1/agents
TOKEN=$(npm run --silent token -- --zone z1 --app travel --sid user-7)

# A request as the application `travel`.
api() { curl --silent --show-error -w '\n' -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' "$@"; }

# One field of a JSON answer.
field() { node -p "JSON.parse(fs.readFileSync(0, 'utf8')).$1"; }
