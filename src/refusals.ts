// Every refusal the API knows: its code, its status, and the sentence that tells the caller what to do next. A refusal
// is a value that is returned, never thrown. A new code is a new row here, or in `refusals/delegations.ts` for
// delegated authority.
import { delegationRefusals } from './refusals/delegations.ts';
import { row, type RefusalRow } from './refusals/row.ts';

export const refusals = {
  invalid_request: row(400, 'These bytes are not an HTTP/1.1 request. Check what sends them.'),
  invalid_json: row(400, 'The body is not valid JSON. Send one JSON object, UTF-8 encoded.'),
  invalid_body: row(
    400,
    'The body does not fit what this call takes. See details.issues and correct the fields named there.',
  ),
  number_out_of_range: row(
    400,
    'An integer beyond 2^53 - 1 in size, or a number that overflows, would be stored as a different number. Send the numbers in details.issues as strings.',
  ),
  invalid_query: row(
    400,
    'The query string does not fit what this call takes. See details.issues and correct the parameters.',
  ),
  invalid_params: row(
    400,
    'An id in the path has a form no id can have. Ids are 1 to 128 characters of A-Z a-z 0-9 _ . - and :.',
  ),
  invalid_cursor: row(400, 'The cursor names nothing in this zone. Start again without a cursor.'),
  idempotency_key_invalid: row(
    400,
    'Idempotency-Key must be sent once, 1 to 255 bytes, without control characters or outer white space.',
  ),
  invalid_condition: row(
    400,
    'If-Match and If-None-Match take * or a list of entity tags in double quotes. Send the ETag as it was answered.',
  ),
  subject_session_id_required: row(
    400,
    'Neither the body names a subject_session_id nor the token a sid. Name the subject session the agent acts for.',
  ),
  missing_token: row(401, 'Send a bearer token of at most 4096 bytes in the Authorization header.'),
  invalid_token: row(
    401,
    'The bearer token is not valid here. See details.reason; get a new one from the issuer, or send the operator token.',
  ),
  identity_revoked: row(
    401,
    'A name in this token is unknown, has ended, or was archived after the issue. Get a new token.',
  ),
  missing_scope: row(403, 'The token lacks the scope that this service asks of every caller.'),
  caller_session_not_active: row(
    403,
    'The session or a delegation of this token is not active; see details.reason. Use one that is active.',
  ),
  zone_mismatch: row(403, 'The token was issued for another zone. Use a token of the zone in the path.'),
  application_ownership_required: row(
    403,
    'This token is not of the application of the session. Use a token of that application, or one with scope coordinator.spawn_for:<application>.',
  ),
  invoker_ownership_required: row(
    403,
    'The invocation belongs to an application that this token was not issued for. Use its own token, or one with scope coordinator.invoke_from:<application>.',
  ),
  origin_not_allowed: row(
    403,
    'This page may not look at actors here. An operator can name its origin in INSPECT_ORIGINS.',
  ),
  operator_not_allowed: row(
    403,
    'The operator token does not open this route. Get a token of an application from the issuer, and call with that.',
  ),
  operator_token_required: row(403, 'This route does not accept tokens of applications. Send the operator token.'),
  parent_ownership_required: row(
    403,
    'The parent belongs to another application. Use a token with scope coordinator.spawn_under:<application of the parent>.',
  ),
  not_found: row(404, 'There is no such route. The page at /docs shows those there are.'),
  agent_not_found: row(404, 'There is no such agent session in this zone, or it has ended: see details.state.'),
  application_not_found: row(
    404,
    'The application is not registered here, or has ended. Register it, or name another.',
  ),
  session_not_found: row(404, 'The subject session is not registered here, or has ended. Name one that counts.'),
  resource_not_found: row(404, 'A resource is not registered here, or has ended. See details.resource.'),
  directory_entry_not_found: row(404, 'Nothing of that name is registered in the directory of this zone.'),
  agent_service_not_found: row(
    404,
    'There is no such service in this zone, or it is of another application than the session. Register it first.',
  ),
  agent_session_not_found: row(
    404,
    'A session that the invocation names is not active in this zone. Name one that is, or none.',
  ),
  invocation_not_found: row(404, 'There is no such invocation in this zone.'),
  parent_not_found: row(
    404,
    'There is no live session with the id given as parent in this zone. Start under one that lives, or as a root.',
  ),
  method_not_allowed: row(405, 'This path does not take that method. See the Allow header.'),
  parent_suspended: row(409, 'The parent is suspended. Resume it, or start elsewhere.'),
  task_agent_cannot_spawn_service: row(
    409,
    'A task session cannot have a service below it. Start the service as a root or under a service.',
  ),
  agent_not_found_or_not_active: row(409, 'The session is not active, so it cannot be suspended.'),
  agent_not_found_or_not_suspended: row(409, 'The session is not suspended, so there is nothing to resume.'),
  agent_not_live: row(409, 'The session has ended, so nothing can be heard of it. Start another.'),
  agent_lease_expired: row(
    409,
    'The lease had run out, so the session is suspended with everything below it. Resume it to get a fresh lease.',
  ),
  session_not_live: row(409, 'The session has ended. Stop its work, and start another session to continue.'),
  session_suspended: row(409, 'The session is suspended. Resume it, then take its lease.'),
  session_lease_expired: row(
    409,
    'The lease expired, so the session is suspended with everything below it. Resume it to get a new lease.',
  ),
  session_lease_fenced: row(
    409,
    'lease_generation is not the current one. Stop the work of this session; details.lease_generation has the current one.',
  ),
  session_not_service: row(
    409,
    'Only service sessions have a lease. This one is a task, which ends after its ttl_seconds.',
  ),
  invocation_not_startable: row(
    409,
    'The invocation neither waits nor may be tried again. See details; create another where retryable is false.',
  ),
  invocation_not_cancelable: row(
    409,
    'The invocation has ended, or its cancellation was asked for already. See details.status.',
  ),
  invocation_not_completable: row(
    409,
    'The invocation does not run, so it cannot be completed. See details.status; start it first where it waits.',
  ),
  invocation_session_suspended: row(
    409,
    'A session of the invocation is not active: see details.state. Resume one that is suspended, then start the invocation.',
  ),
  ancestor_suspended: row(409, 'A session above this one is suspended. Resume that one first.'),
  dcr_application_cannot_host_service: row(409, 'An application that registered itself cannot run a service session.'),
  dcr_application_cannot_be_child: row(409, 'An application that registered itself runs only at the root.'),
  dcr_application_cannot_spawn: row(409, 'A session of an application that registered itself has no children.'),
  dcr_application_already_bound: row(
    409,
    'An application that registered itself runs one session at a time, and it has one.',
  ),
  idempotency_key_conflict: row(
    409,
    'This Idempotency-Key was used for another request. Use a new key for a new request.',
  ),
  invocation_attempt_fenced: row(409, 'This is not the current attempt. Stop working on it; see details.attempts.'),
  idempotency_result_inactive: row(
    409,
    'What this Idempotency-Key made has ended since, or is no longer kept. Use a new key to make another.',
  ),
  precondition_failed: row(
    412,
    'What the request names is no longer, or already is, as its If-Match or If-None-Match says. Look at it again and decide anew.',
  ),
  request_timeout: row(408, 'The request did not arrive in time. Send it again, faster.'),
  headers_too_large: row(431, 'The headers are larger than this service takes.'),
  payload_too_large: row(413, 'The body is larger than this service takes.'),
  metadata_too_large: row(
    413,
    'Together with what stands already the metadata would be larger than may be kept. Send less; see details.limit_bytes.',
  ),
  change_too_large: row(
    413,
    'The change exceeds the size of a journal entry. Change less at a time; see details.limit_bytes.',
  ),
  authority_too_large: row(413, 'More edges than one answer can name. List them in pages: delegations/inbound.'),
  unsupported_media_type: row(415, 'Send the body as application/json.'),
  upgrade_required: row(426, 'This opens as a WebSocket only. Ask for it with Upgrade: websocket.'),
  rate_limited: row(
    429,
    'More requests a minute than this caller may send. Wait as Retry-After says; see details.limit.',
  ),
  journal_full: row(429, 'Too many changes wait for the disk. Nothing was changed; try again shortly.'),
  event_reader_limit_exceeded: row(429, 'Too many event streams are open. Close some, or try again later.'),
  inspector_viewer_limit_exceeded: row(429, 'As many look at actors as may. Close some, or try again later.'),
  agent_zone_limit_exceeded: row(
    429,
    'The zone has as many live sessions, or bytes of their labels and names, as it may have. End some, or wait until some expire.',
  ),
  agent_limit_exceeded: row(
    429,
    'The application has as many live sessions as it may have. End some, or wait until some expire.',
  ),
  agent_children_limit_exceeded: row(
    429,
    'The parent has as many live children as it may have. Waiting alone does not help: end one first.',
  ),
  agent_depth_limit_exceeded: row(429, 'The tree is as deep as it may be here. Start higher up.'),
  service_zone_limit_exceeded: row(
    429,
    'The zone has as many service agents, or bytes of them, as it may have. Waiting does not help: register fewer endpoints.',
  ),
  invocation_zone_limit_exceeded: row(
    429,
    'The zone has as many invocations that wait or run, or bytes of them, as it may have. Complete or cancel some, or wait.',
  ),
  directory_limit_exceeded: row(429, 'The directory of the zone is full, in rows or in bytes. Waiting does not help.'),
  internal_error: row(500, 'Something is wrong on our side. Report the requestId.'),
  journal_unavailable: row(
    503,
    'The journal cannot be written, so the change cannot be promised. Try again; look at what it would have made before repeating it.',
  ),
  read_interrupted: row(
    503,
    'Too many reads are under way, this one took too long, or its zone was restarted. Nothing was changed; try again.',
  ),
  history_damaged: row(503, 'Stored data that this request needs is damaged. An operator must check /ready.'),
  zone_faulted: row(
    503,
    'This zone is stopped because what is stored for it does not check. An operator must look; see /ready.',
  ),
  issuer_unavailable: row(
    503,
    'The keys that tokens are checked with cannot be had, so no token can be checked. Try again; if it stays, an operator must look at the log.',
  ),
  overloaded: row(
    503,
    'Too many requests are waiting, or this one has waited for too long. Nothing was changed; try again as Retry-After says. See details.limit.',
  ),
  clock_disputed: row(503, 'The clock stepped ahead and is not believed yet. Try again as Retry-After says.'),
  draining: row(503, 'The service is stopping. Try again; another instance or the restarted one will answer.'),
  ...delegationRefusals,
} as const satisfies Record<string, RefusalRow>;

export type RefusalCode = keyof typeof refusals;

export interface Refusal {
  readonly code: RefusalCode;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again may help; absent where waiting does not. */
  readonly retryAfterSeconds?: number;
}

export const refuse = (code: RefusalCode, extra: Omit<Refusal, 'code'> = {}): Refusal => ({ code, ...extra });
