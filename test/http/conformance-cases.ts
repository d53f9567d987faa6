// How each status of each operation comes about. A case begins with the example of the document, sent to a stage on which
// everything it names exists, and says what is different. What any operation can be asked stands first, what is one's own below;
// what takes rare machinery is listed last, with the test that shows it.
import { EXAMPLE } from '../../src/schemas/examples.ts';
import type { DocumentedOperation } from '../world/documented.ts';
import { OTHER_EDGE, type Bearer, type Request } from './stage.ts';

export interface Case {
  /** The code of the refusal; none where it is answered with success. */
  readonly code?: string;
  /** In place of the id in the path. */
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: Bearer;
  /** What is sent before; `same` is the request of the example. */
  readonly before?: readonly ((same: Request) => Request)[];
  /** Nothing has to exist for it: it is refused before anything is looked up. */
  readonly bare?: true;
}

export const BODY_LIMIT_BYTES = 4_000;

const has = (status: string) => (operation: DocumentedOperation) => status in operation.told.responses;
const isOperators = ({ told }: DocumentedOperation) => told.security.every((each) => 'operator' in each);
const isPublic = ({ told }: DocumentedOperation) => told.security.length === 0;
const takesBody = has('415');
const takesId = ({ path }: DocumentedOperation) => path.includes('{id}');
const takesCursor = ({ told }: DocumentedOperation) => told.parameters.some(({ name }) => name === 'cursor');

interface CommonCase extends Case {
  readonly status: number;
  /** Which operations can be asked like this. */
  readonly of: (operation: DocumentedOperation) => boolean;
}

/** No tag of ours looks like that. */
const NEVER = { 'if-match': '"never"' };

/** The first that fits an operation counts. */
const common: readonly CommonCase[] = [
  // A client that says nothing of caches adds that it wants none.
  { status: 304, of: has('304'), headers: { 'if-none-match': '*', 'cache-control': 'max-age=0' } },
  { status: 400, code: 'invalid_params', of: takesId, id: 'a%20b', bare: true },
  { status: 400, code: 'invalid_query', of: takesCursor, query: 'limit=0', bare: true },
  { status: 400, code: 'invalid_json', of: takesBody, body: '{', bare: true },
  { status: 401, code: 'missing_token', of: (each) => !isPublic(each), token: 'nobody', bare: true },
  { status: 403, code: 'operator_token_required', of: isOperators, token: 'application', bare: true },
  { status: 403, code: 'zone_mismatch', of: has('403'), token: 'elsewhere', bare: true },
  { status: 412, code: 'precondition_failed', of: has('412'), headers: NEVER },
  { status: 413, code: 'payload_too_large', of: takesBody, body: { x: 'x'.repeat(BODY_LIMIT_BYTES) }, bare: true },
  { status: 415, code: 'unsupported_media_type', of: takesBody, headers: { 'content-type': 'text/plain' }, bare: true },
];

const patch =
  (path: string, body?: object) =>
  (same: Request): Request => ({ method: 'PATCH', path: `/zones/z1/${path}`, body, token: same.token });
const suspend = patch(`agents/${EXAMPLE.session}/suspend`);
const start = patch(`invocations/${EXAMPLE.invocation}/start`);
const cancel = patch(`invocations/${EXAMPLE.invocation}/cancel`);
const again = (same: Request): Request => same;
const end =
  (session: string) =>
  (same: Request): Request => ({ method: 'DELETE', path: `/zones/z1/agents/${session}`, token: same.token });
const directory = (method: string, path: string, body?: object) => (): Request => ({
  method,
  path: `/zones/z1/${path}`,
  body,
  token: 'operator',
});
const KEY = { 'idempotency-key': 'key-1' };

type Cases = Readonly<Record<number, Case>>;

const starts = (parent: 'parent_id' | 'parent_agent_session_id'): Cases => ({
  200: { headers: KEY, before: [again] },
  201: {},
  404: { code: 'parent_not_found', body: { [parent]: 'nothing' } },
  409: { code: 'parent_suspended', before: [suspend] },
  // The stage allows a depth of one.
  429: { code: 'agent_depth_limit_exceeded', body: { [parent]: EXAMPLE.child } },
});

const delegates = (source: string): Cases => ({
  200: { query: 'dry_run=true' },
  201: {},
  404: { code: 'delegation_endpoint_not_found', body: { [source]: 'nothing' } },
  409: {
    code: 'idempotency_key_conflict',
    headers: KEY,
    before: [(same) => ({ ...same, body: { ...(same.body as object), ttl_seconds: 60 } })],
  },
});

const found: Cases = { 200: {} };
const one = (code: string): Cases => ({ 200: {}, 404: { code, id: 'nothing' } });
const keyUsedFor = (...before: readonly ((same: Request) => Request)[]): Case => ({
  code: 'idempotency_key_conflict',
  headers: KEY,
  before: before.map((first) => (same) => ({ ...first(same), headers: KEY })),
});
const registered = (path: string, body: object): Cases => ({
  200: {},
  409: keyUsedFor(directory('PUT', `${path}/other`, body)),
});
const archived = (path: string, body: object): Cases => ({
  200: { query: 'dry_run=true' },
  204: {},
  404: { code: 'directory_entry_not_found', id: 'nothing' },
  409: keyUsedFor(directory('PUT', `${path}/other`, body), directory('DELETE', `${path}/other`)),
});
const APPLICATION = { registration_method: 'managed' };
const SUBJECT = { session_type: 'user', expires_at: EXAMPLE.until };
const RESOURCE = { identifier: 'urn:other', application_id: EXAMPLE.application, scopes: [] };

/** What is each operation's own; the fields of `body` are laid over its example. */
const own: Readonly<Record<string, Cases>> = {
  startSession: starts('parent_id'),
  listSessions: found,
  getSession: one('agent_not_found'),
  listChildren: one('agent_not_found'),
  getSessionHistory: one('agent_not_found'),
  suspendSession: {
    ...one('agent_not_found'),
    409: { code: 'agent_not_found_or_not_active', before: [suspend] },
  },
  resumeSession: {
    200: { before: [suspend] },
    404: { code: 'agent_not_found', id: 'nothing' },
    409: { code: 'agent_not_found_or_not_suspended' },
    412: { code: 'precondition_failed', headers: NEVER, before: [suspend] },
  },
  terminateSession: {
    200: { query: 'dry_run=true', id: EXAMPLE.worker },
    204: { id: EXAMPLE.worker },
    404: { code: 'agent_not_found', id: 'nothing' },
    409: { code: 'session_lease_fenced', body: { lease_generation: 2 }, id: EXAMPLE.worker },
    412: { code: 'precondition_failed', headers: NEVER, id: EXAMPLE.worker },
  },
  registerService: {
    201: {},
    404: {
      code: 'application_not_found',
      body: { application_id: 'gone' },
      token: { scope: 'coordinator.spawn_for:gone' },
      before: [
        directory('PUT', 'applications/gone', { registration_method: 'managed' }),
        directory('DELETE', 'applications/gone'),
      ],
    },
    409: {
      code: 'idempotency_key_conflict',
      headers: KEY,
      before: [(same) => ({ ...same, body: { ...(same.body as object), capabilities: ['book'] } })],
    },
  },
  listServices: found,
  sendHeartbeat: { ...one('agent_not_found'), 409: { code: 'session_not_live', before: [end(EXAMPLE.worker)] } },
  takeLease: { ...one('agent_not_found'), 409: { code: 'session_not_service', id: EXAMPLE.session } },
  createInvocation: {
    200: { before: [again] },
    201: {},
    404: { code: 'agent_service_not_found', body: { service_id: 'nothing' } },
    409: { code: 'idempotency_key_conflict', body: { method: 'book' }, before: [again] },
  },
  listInvocations: found,
  getInvocation: one('invocation_not_found'),
  getInvocationHistory: one('invocation_not_found'),
  startInvocation: { ...one('invocation_not_found'), 409: { code: 'invocation_not_startable', before: [start] } },
  cancelInvocation: { ...one('invocation_not_found'), 409: { code: 'invocation_not_cancelable', before: [cancel] } },
  completeInvocation: {
    200: { before: [start] },
    404: { code: 'invocation_not_found', id: 'nothing' },
    409: { code: 'invocation_not_completable', body: { attempt: null } },
    412: { code: 'precondition_failed', headers: NEVER, before: [start] },
  },
  createDelegation: delegates('source_session_id'),
  listActiveDelegations: found,
  listInboundDelegations: one('agent_not_found'),
  getInboundDelegation: one('delegation_not_found'),
  listOutboundDelegations: one('agent_not_found'),
  traverseDelegation: one('delegation_not_found'),
  getDelegationImpact: one('delegation_not_found'),
  getDelegationHistory: one('delegation_not_found'),
  getEffectiveAuthority: { 200: { id: EXAMPLE.child }, 404: { code: 'agent_not_found', id: 'nothing' } },
  revokeDelegation: { ...one('delegation_not_found'), 409: keyUsedFor(patch(`delegations/${OTHER_EDGE}/revoke`)) },
  registerApplication: registered('applications', APPLICATION),
  getApplication: one('directory_entry_not_found'),
  listApplications: found,
  archiveApplication: archived('applications', APPLICATION),
  registerSubjectSession: registered('subject-sessions', SUBJECT),
  getSubjectSession: one('directory_entry_not_found'),
  listSubjectSessions: found,
  archiveSubjectSession: archived('subject-sessions', SUBJECT),
  registerResource: registered('resources', RESOURCE),
  getResource: one('directory_entry_not_found'),
  listResources: found,
  archiveResource: archived('resources', RESOURCE),
  begin: starts('parent_id'),
  spawnChild: starts('parent_agent_session_id'),
  end: {
    200: { query: 'dry_run=true' },
    204: {},
    404: { code: 'agent_not_found', body: { agent_session_id: 'nothing' } },
    409: keyUsedFor(end(EXAMPLE.child)),
  },
  exchange: delegates('source_session_id'),
  delegateToExistingAgent: delegates('from_agent_session_id'),
  revokeDelegationEdge: {
    200: {},
    404: { code: 'delegation_not_found', body: { delegation_edge_id: 'nothing' } },
    409: keyUsedFor(patch(`delegations/${OTHER_EDGE}/revoke`)),
  },
  followZone: { ...found, 400: { code: 'invalid_cursor', query: 'from=99', bare: true } },
  getHealth: found,
  getReadiness: found,
  getDocument: found,
  getKeys: { 200: { query: 'zone_id=z1' }, 400: { code: 'invalid_query', query: 'zone_id=a%20b', bare: true } },
  verifyToken: {
    200: {},
    400: { code: 'missing_token', body: { token: '' } },
    401: { code: 'token_invalid', body: { token: 'none' } },
  },
  getMetrics: found,
  getStats: found,
  listZones: found,
  getActorPath: {
    200: { query: `zone=z1&kind=session&id=${EXAMPLE.session}` },
    400: { code: 'invalid_query', query: 'zone=z1&kind=service&id=x', bare: true },
    404: { code: 'agent_not_found', query: 'zone=z1&kind=session&id=nothing' },
  },
  createInspectorTicket: {
    201: {},
    403: { code: 'origin_not_allowed', headers: { origin: 'https://elsewhere.example' }, bare: true },
  },
};

/** What would take a full disk, a bug or a hundred thousand actors for each operation, and where it is shown instead. */
export const RARE: Readonly<Record<number, { readonly because: string; readonly shownIn: readonly string[] }>> = {
  408: { because: 'the body has to arrive late', shownIn: ['test/http/half-sent-bodies.test.ts'] },
  413: {
    because: 'without a body it takes ids that fill more than one entry of the journal, or one answer',
    shownIn: ['test/zone/large-changes.test.ts', 'test/zone/bounds.test.ts'],
  },
  429: {
    because: 'the journal has to be full, or a limit of thousands reached; a depth that is reached is a case above',
    shownIn: ['test/zone/pressure.test.ts', 'test/http/rate-limits.test.ts', 'test/http/guesses.test.ts'],
  },
  500: { because: 'it takes a bug', shownIn: ['test/zone/faults.test.ts', 'test/http/model-paths-supervisor.test.ts'] },
  503: {
    because: 'it takes a stop, a full disk, damage or an issuer that is silent',
    shownIn: ['test/process/drain.test.ts', 'test/process/full-disk.test.ts', 'test/process/damage.test.ts'],
  },
};

/** How an operation comes to a status; undefined where nothing here says so. */
export const caseOf = (operation: DocumentedOperation, status: number): Case | undefined =>
  own[operation.id]?.[status] ?? common.find((each) => each.status === status && each.of(operation));

/** Every case that is written down, to see that none is idle. */
export const writtenCases: readonly (readonly [operation: string, status: number])[] = Object.entries(own).flatMap(
  ([id, cases]) => Object.keys(cases).map((status) => [id, Number(status)] as const),
);
