# Start a session: an agent of the application `travel`, on behalf of the user's session that the token names.
. docs/examples/setup.sh

api "$AGENTS" -d '{"application_id":"travel","labels":["planner"],"ttl_seconds":600}'
#=> "agent_session_id":"…","zone_id":"z1","application_id":"travel","parent_id":null,"subject_session_id":"user-7"
#=> "lifecycle":"task","labels":["planner"],"status":"active","state":"active","depth":0,"ttl_seconds":600
