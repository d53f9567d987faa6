// The SDK endpoints below `/v1`.
import { same, type Row } from '../row.ts';
import { APP, termsOf, type Setting } from '../setting.ts';

const post = (setting: Setting, path: string, body: object) =>
  setting.client.send('POST', `/v1/${path}`, { zone_id: setting.zone, ...body });

const STARTED = {
  both: ['agent_session_id', 'status'],
  july: ['subject_session_id', 'spawned_at'],
  '1.0': ['subject_authority_record_id', 'started_at'],
};

export const lifecycleRows: readonly Row[] = [
  {
    call: 'POST /v1/begin',
    input: 'a root',
    ...same('201'),
    reads: STARTED,
    send: (setting) => post(setting, 'begin', { ...APP, subject_session_id: 'user-1' }),
  },
  {
    call: 'POST /v1/begin',
    input: 'the same `Idempotency-Key` again',
    july: '201, the key is not used',
    one: '201',
    ours: '200',
    send: async (setting) => {
      const client = setting.client.with({ headers: { 'idempotency-key': 'begin-again' } });
      const begin = () =>
        client.send('POST', '/v1/begin', { zone_id: setting.zone, ...APP, subject_session_id: 'user-1' });
      await begin();
      return begin();
    },
  },
  {
    call: 'POST /v1/begin',
    input: 'another zone than that of the token',
    ...same('403 zone_mismatch'),
    send: (setting) => post(setting, 'begin', { ...APP, zone_id: 'elsewhere' }),
  },
  {
    call: 'POST /v1/spawn-child',
    input: 'a child',
    ...same('201'),
    reads: STARTED,
    send: async (setting) =>
      post(setting, 'spawn-child', {
        ...APP,
        subject_session_id: 'user-1',
        parent_agent_session_id: await setting.session(),
      }),
  },
  {
    call: 'POST /v1/spawn-child',
    input: 'of an unknown session',
    ...same('404 parent_not_found'),
    send: (setting) =>
      post(setting, 'spawn-child', { ...APP, subject_session_id: 'user-1', parent_agent_session_id: 'nothing' }),
  },
  {
    call: 'POST /v1/end',
    input: 'a session, with a reason',
    ...same('204'),
    send: async (setting) => post(setting, 'end', { agent_session_id: await setting.session(), reason: 'done' }),
  },
  {
    call: 'POST /v1/end',
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (setting) => post(setting, 'end', { agent_session_id: 'nothing' }),
  },
  {
    call: 'POST /v1/exchange',
    input: 'an edge',
    ...same('201'),
    reads: { both: ['delegation_edge_id'] },
    send: async (setting) => {
      const { constraints, ...terms } = termsOf(await setting.session(), await setting.session());
      return post(setting, 'exchange', { ...terms, constraints_json: constraints });
    },
  },
  {
    call: 'POST /v1/exchange',
    input: 'from a session to itself',
    ...same('400 self_delegation_denied'),
    send: async (setting) => {
      const session = await setting.session();
      return post(setting, 'exchange', termsOf(session, session));
    },
  },
  {
    call: 'POST /v1/delegate-to-existing-agent',
    input: 'an edge',
    ...same('201'),
    reads: { both: ['delegation_edge_id'] },
    send: async (setting) => {
      const [source, target] = [await setting.session(), await setting.session()];
      const { source_session_id, target_session_id, ...terms } = termsOf(source, target);
      const ends = { from_agent_session_id: source_session_id, to_agent_session_id: target_session_id };
      return post(setting, 'delegate-to-existing-agent', { ...ends, ...terms });
    },
  },
  {
    call: 'POST /v1/delegate-to-existing-agent',
    input: 'without a target',
    ...same('400 invalid_body'),
    send: async (setting) =>
      post(setting, 'delegate-to-existing-agent', { from_agent_session_id: await setting.session() }),
  },
  {
    call: 'POST /v1/revoke-delegation',
    input: 'an edge',
    ...same('200'),
    reads: { both: ['revoked_edges'], july: ['terminated_agents'], '1.0': ['terminated_sessions'] },
    send: async (setting) => {
      const [, , edge] = await setting.delegatedPair();
      return post(setting, 'revoke-delegation', { delegation_edge_id: edge });
    },
  },
  {
    call: 'POST /v1/revoke-delegation',
    input: 'an unknown edge',
    ...same('404 delegation_not_found'),
    send: (setting) => post(setting, 'revoke-delegation', { delegation_edge_id: 'nothing' }),
  },
];
