// Starting sessions: what is accepted, inherited authority and repeated requests.
import { same, type Row } from '../row.ts';
import { APP, type Fields, type Setting } from '../setting.ts';

const START = 'POST /zones/:zoneId/agents';

const READ = ['agent_session_id', 'zone_id', 'application_id', 'parent_id', 'lifecycle', 'labels', 'status', 'depth'];
export const READS = {
  both: [...READ, 'ttl_seconds', 'last_heartbeat_at', 'heartbeat_deadline_at'],
  july: ['subject_session_id', 'spawned_at'],
  '1.0': ['subject_authority_record_id', 'started_at'],
};

const lapsedParent = async (setting: Setting): Promise<string> => {
  const [source, parent] = [await setting.session(), await setting.session()];
  await setting.edge(source, parent, { expires_at: new Date(setting.world.clock.now() + 1_000).toISOString() });
  setting.world.clock.advance(1_000);
  return parent;
};

const parentWithTwoEdges = async (setting: Setting): Promise<string> => {
  const [source, parent] = [await setting.session(), await setting.session()];
  await setting.edge(source, parent);
  await setting.edge(source, parent);
  return parent;
};

const startUnderEdge = async (setting: Setting, edge: Fields = {}) => {
  const [, parent] = await setting.delegatedPair(edge);
  return setting.client.start({ ...APP, parent_id: parent });
};

const keyed = (setting: Setting, key: string, fields: object = {}) =>
  setting.client.call('POST', 'agents', { ...APP, ...fields }, { 'idempotency-key': key });

const isText = (value: unknown): boolean => typeof value === 'string';

const isStart = (value: unknown, body: Readonly<Record<string, unknown>>): boolean =>
  isText(value) && value === body['spawned_at'];

export const startRows: readonly Row[] = [
  { call: START, input: 'a root task', ...same('201'), reads: READS, send: (setting) => setting.client.start(APP) },
  {
    call: START,
    input: 'a service, as the client sends it',
    ...same('201'),
    reads: READS,
    shows: { ttl_seconds: null, last_heartbeat_at: isStart },
    send: (setting) => setting.client.start({ ...APP, lifecycle: 'service' }),
  },
  {
    call: START,
    input: 'a service with `ttl_seconds`',
    july: '201, the TTL is not applied',
    one: '400 invalid_body',
    ours: '201',
    shows: { ttl_seconds: null },
    remark: 'the TTL is not kept',
    send: (setting) => setting.client.start({ ...APP, lifecycle: 'service', ttl_seconds: 60 }),
  },
  {
    call: START,
    input: 'a child of a parent without edges',
    ...same('201'),
    send: async (setting) => setting.client.start({ ...APP, parent_id: await setting.session() }),
  },
  {
    call: START,
    input: 'a child of a parent with one active edge',
    july: '201, nothing is inherited',
    one: '201, the edge is inherited',
    ours: '201',
    reads: { both: ['delegation_edge_id'] },
    shows: { authority: 'received', delegation_edge_id: isText },
    remark: 'the edge is inherited',
    send: (setting) => startUnderEdge(setting),
  },
  {
    call: START,
    input: 'a child of a parent with one active edge of `max_hops` 1',
    july: '201, nothing is inherited',
    one: '409 inherit_parent_edge_not_active',
    ours: '201',
    reads: { both: ['delegation_edge_id'] },
    shows: { authority: 'received', delegation_edge_id: isText },
    remark: 'the edge is inherited',
    send: (setting) => startUnderEdge(setting, { constraints: { max_hops: 1 } }),
  },
  {
    call: START,
    input: 'a child of a parent whose edges have expired, inheritance not mentioned',
    july: '201, with the full authority of its application',
    one: null,
    ours: '201',
    reads: { both: ['authority'] },
    shows: { authority: 'none', delegation_edge_id: null },
    remark: 'without authority',
    send: async (setting) => setting.client.start({ ...APP, parent_id: await lapsedParent(setting) }),
  },
  {
    call: START,
    input: 'a child of a parent with several active edges, inheritance not mentioned',
    july: '201, with the full authority of its application',
    one: null,
    ours: '201',
    shows: { authority: 'none', delegation_edge_id: null },
    remark: 'without authority',
    send: async (setting) => setting.client.start({ ...APP, parent_id: await parentWithTwoEdges(setting) }),
  },
  {
    call: START,
    input: '`parent_authority: inherit` below a parent whose edges have expired',
    july: null,
    one: '409 inherit_parent_edge_not_active',
    ours: '409 inherit_parent_edge_not_active',
    send: async (setting) => setting.client.start({ ...APP, parent_id: await lapsedParent(setting) }),
  },
  {
    call: START,
    input: '`parent_authority: inherit` below a parent with several active edges',
    july: null,
    one: '409 inherit_parent_edge_ambiguous',
    ours: '409 inherit_parent_edge_ambiguous',
    send: async (setting) => setting.client.start({ ...APP, parent_id: await parentWithTwoEdges(setting) }),
  },
  {
    call: START,
    input: '`parent_authority: none` below a parent with an active edge',
    july: null,
    one: '201',
    ours: '201',
    shows: { authority: 'none', delegation_edge_id: null },
    remark: 'without authority',
    send: async (setting) => {
      const [, parent] = await setting.delegatedPair();
      return setting.client.start({ ...APP, parent_id: parent, parent_authority: 'none' });
    },
  },
  {
    call: START,
    input: 'the same `Idempotency-Key` and body again',
    july: '200',
    one: '201',
    ours: '200',
    reads: { both: READ },
    send: async (setting) => {
      await keyed(setting, 'again');
      return keyed(setting, 'again');
    },
  },
  {
    call: START,
    input: 'the same `Idempotency-Key` with another body',
    july: '200, the first session',
    one: '409 idempotency_key_conflict',
    ours: '409 idempotency_key_conflict',
    send: async (setting) => {
      await keyed(setting, 'other');
      return keyed(setting, 'other', { labels: ['other'] });
    },
  },
  {
    call: START,
    input: 'an `Idempotency-Key` whose session has ended',
    july: '201, another session',
    one: '409 idempotency_result_inactive',
    ours: '409 idempotency_result_inactive',
    send: async (setting) => {
      const { body } = await keyed(setting, 'ended');
      await setting.client.call('DELETE', `agents/${String(body['agent_session_id'])}`);
      return keyed(setting, 'ended');
    },
  },
];
