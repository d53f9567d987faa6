// The SDK endpoints below `/v1`, and the calls outside zones.
import { both, same, type Row } from '../row.ts';
import { APP, termsOf, type Setting } from '../setting.ts';

const post = (it: Setting, path: string, body: object) =>
  it.client.send('POST', `/v1/${path}`, { zone_id: it.zone, ...body });

const STARTED = {
  both: ['agent_session_id', 'status'],
  july: ['subject_session_id', 'spawned_at'],
  '1.0': ['subject_authority_record_id', 'started_at'],
};

const lifecycle: readonly Row[] = [
  {
    call: 'POST /v1/begin',
    input: 'a root',
    ...same('201'),
    reads: STARTED,
    send: (it) => post(it, 'begin', { ...APP, subject_session_id: 'user-1' }),
  },
  {
    call: 'POST /v1/begin',
    input: 'the same `Idempotency-Key` again',
    july: '201, the key is not used',
    one: '201',
    ours: '200',
    send: async (it) => {
      const client = it.client.with({ headers: { 'idempotency-key': 'begin-again' } });
      const begin = () => client.send('POST', '/v1/begin', { zone_id: it.zone, ...APP, subject_session_id: 'user-1' });
      await begin();
      return begin();
    },
  },
  {
    call: 'POST /v1/begin',
    input: 'another zone than that of the token',
    ...same('403 zone_mismatch'),
    send: (it) => post(it, 'begin', { ...APP, zone_id: 'elsewhere' }),
  },
  {
    call: 'POST /v1/spawn-child',
    input: 'a child',
    ...same('201'),
    reads: STARTED,
    send: async (it) =>
      post(it, 'spawn-child', {
        ...APP,
        subject_session_id: 'user-1',
        parent_agent_session_id: await it.session(),
      }),
  },
  {
    call: 'POST /v1/spawn-child',
    input: 'of an unknown session',
    ...same('404 parent_not_found'),
    send: (it) => post(it, 'spawn-child', { ...APP, subject_session_id: 'user-1', parent_agent_session_id: 'nothing' }),
  },
  {
    call: 'POST /v1/end',
    input: 'a session, with a reason',
    ...same('204'),
    send: async (it) => post(it, 'end', { agent_session_id: await it.session(), reason: 'done' }),
  },
  {
    call: 'POST /v1/end',
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (it) => post(it, 'end', { agent_session_id: 'nothing' }),
  },
  {
    call: 'POST /v1/exchange',
    input: 'an edge',
    ...same('201'),
    reads: { both: ['delegation_edge_id'] },
    send: async (it) => {
      const { constraints, ...terms } = termsOf(await it.session(), await it.session());
      return post(it, 'exchange', { ...terms, constraints_json: constraints });
    },
  },
  {
    call: 'POST /v1/exchange',
    input: 'from a session to itself',
    ...same('400 self_delegation_denied'),
    send: async (it) => {
      const session = await it.session();
      return post(it, 'exchange', termsOf(session, session));
    },
  },
  {
    call: 'POST /v1/delegate-to-existing-agent',
    input: 'an edge',
    ...same('201'),
    reads: { both: ['delegation_edge_id'] },
    send: async (it) => {
      const [source, target] = [await it.session(), await it.session()];
      const { source_session_id, target_session_id, ...terms } = termsOf(source, target);
      const ends = { from_agent_session_id: source_session_id, to_agent_session_id: target_session_id };
      return post(it, 'delegate-to-existing-agent', { ...ends, ...terms });
    },
  },
  {
    call: 'POST /v1/delegate-to-existing-agent',
    input: 'without a target',
    ...same('400 invalid_body'),
    send: async (it) => post(it, 'delegate-to-existing-agent', { from_agent_session_id: await it.session() }),
  },
  {
    call: 'POST /v1/revoke-delegation',
    input: 'an edge',
    ...same('200'),
    reads: { both: ['revoked_edges'], july: ['terminated_agents'], '1.0': ['terminated_sessions'] },
    send: async (it) => {
      const [, , edge] = await it.handed();
      return post(it, 'revoke-delegation', { delegation_edge_id: edge });
    },
  },
  {
    call: 'POST /v1/revoke-delegation',
    input: 'an unknown edge',
    ...same('404 delegation_not_found'),
    send: (it) => post(it, 'revoke-delegation', { delegation_edge_id: 'nothing' }),
  },
];

const VERIFY = 'POST /v1/verify';
const JULY_CLAIMS = [
  'sub',
  'zoneId',
  'clientId',
  'sid',
  'rootSid',
  'use',
  'subType',
  'jti',
  'issuedAt',
  'expiresAt',
  'scope',
];
const ONE_CLAIMS = ['authorityRecordId', 'rootAuthorityRecordId'];
const claims = (names: readonly string[]) => names.map((name) => `claims.${name}`);

const bearer = (it: Setting, agentSessionId?: string) =>
  it.world.token({ zone: it.zone, ...(agentSessionId === undefined ? {} : { agentSessionId }) });

const verifying: readonly Row[] = [
  {
    call: VERIFY,
    input: 'a good token',
    ...same('200'),
    reads: { both: ['valid'], july: claims(JULY_CLAIMS), '1.0': claims(ONE_CLAIMS) },
    send: async (it) => it.client.verify(await bearer(it)),
  },
  {
    call: VERIFY,
    input: 'a token of a session, which is asked for',
    ...same('200'),
    reads: { july: ['claims.agentSessionId'], '1.0': ['claims.sessionId'] },
    send: async (it) => it.client.verify(await bearer(it, await it.session()), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without a session, which is asked for',
    ...same('401 token_invalid'),
    reads: { both: ['valid'] },
    send: async (it) => it.client.verify(await bearer(it), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without an edge, which is asked for',
    ...same('401 token_invalid'),
    send: async (it) => it.client.verify(await bearer(it), { delegation: true }),
  },
  {
    call: VERIFY,
    input: 'a token whose session has ended',
    ...both('200'),
    ours: '401 token_invalid',
    reads: { both: ['reason'] },
    send: async (it) => {
      const session = await it.session();
      const token = await bearer(it, session);
      await it.client.end(session);
      return it.client.verify(token);
    },
  },
  {
    call: VERIFY,
    input: 'without `zone_id`',
    july: '200',
    one: '400 invalid_request',
    ours: '200',
    send: async (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { token: await bearer(it) }),
  },
  {
    call: VERIFY,
    input: 'an unknown member',
    july: '200, the member is ignored',
    one: '400 invalid_request',
    ours: '400 invalid_request',
    reads: { both: ['valid'] },
    send: async (it) => {
      const body = { token: await bearer(it), zone_id: it.zone, require_sesion: true };
      return it.client.with({ token: null }).send('POST', '/v1/verify', body);
    },
  },
  {
    call: VERIFY,
    input: 'a token that is a number',
    july: '400 invalid_body',
    one: '400 invalid_request',
    ours: '400 invalid_body',
    reads: { both: ['valid'] },
    send: (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { token: 7, zone_id: it.zone }),
  },
  {
    call: VERIFY,
    input: 'no token',
    ...same('400 missing_token'),
    reads: { both: ['valid'] },
    send: (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { zone_id: it.zone }),
  },
  {
    call: VERIFY,
    input: 'more than the limit a minute',
    ...same('429 rate_limited'),
    reads: { both: ['valid'] },
    world: 'counting',
    send: async (it) => {
      await it.client.verify('none');
      return it.client.verify('none');
    },
  },
];

const outside: readonly Row[] = [
  {
    call: 'GET /health',
    input: '',
    ...same('200'),
    reads: { both: ['ok'] },
    send: (it) => it.client.send('GET', '/health'),
  },
  {
    call: 'GET /ready',
    input: '',
    ...same('200'),
    reads: { both: ['ok'] },
    send: (it) => it.client.send('GET', '/ready'),
  },
  {
    call: 'GET /metrics',
    input: 'the operator token',
    ...same('200'),
    send: (it) => it.operator.send('GET', '/metrics'),
  },
  {
    call: 'GET /metrics',
    input: 'a JWT',
    ...same('403 operator_token_required'),
    send: (it) => it.client.send('GET', '/metrics'),
  },
  {
    call: 'GET /stats',
    input: 'the operator token',
    ...same('200'),
    reads: { both: ['invocations', 'outbox.pending', 'outbox.dead'] },
    send: (it) => it.operator.send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'a JWT',
    ...same('403 operator_token_required'),
    send: (it) => it.client.send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'a bearer that is no JWT and not the operator token',
    ...both('403 operator_token_required'),
    ours: '401 invalid_token',
    send: (it) => it.client.with({ token: 'not-the-operator-token' }).send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'no bearer',
    ...same('401 missing_token'),
    send: (it) => it.client.with({ token: null }).send('GET', '/stats'),
  },
];

export const lifecycleRows: readonly Row[] = [...lifecycle, ...verifying, ...outside];
