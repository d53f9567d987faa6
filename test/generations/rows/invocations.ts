// Invocations of service agents.
import { both, same, type Row } from '../row.ts';
import type { Fields, Setting } from '../setting.ts';

const INVOCATIONS = '/zones/:zoneId/invocations';
const INVOCATION = `${INVOCATIONS}/:id`;
const CREATE = `POST ${INVOCATIONS}`;
const READS = [
  'id',
  'service_id',
  'idempotency_key',
  'method',
  'params_json',
  'metadata_json',
  'status',
  'attempts',
  'max_attempts',
  'timeout_ms',
  'retry_policy_json',
  'next_attempt_at',
  'deadline_at',
  'started_at',
  'completed_at',
  'created_at',
  'error_json',
];

const isText = (value: unknown): boolean => typeof value === 'string';

const move = (it: Setting, id: string, verb: string, body?: object) =>
  it.client.call('PATCH', `invocations/${id}/${verb}`, body);

const started = async (it: Setting, fields: Fields = {}): Promise<string> => {
  const id = await it.invocation(fields);
  await move(it, id, 'start');
  return id;
};

const creating: readonly Row[] = [
  {
    call: CREATE,
    input: 'from a session, to a service',
    ...same('201'),
    reads: { both: [...READS, 'source_session_id', 'target_session_id', 'cancel_requested_at'] },
    send: async (it) => it.create({ service_id: await it.service(), source_session_id: await it.session() }),
  },
  {
    call: CREATE,
    input: '`params` that are a list, a string or null',
    ...same('201'),
    reads: { both: ['params_json.0'] },
    shows: { params_json: ['first'] },
    send: async (it) => {
      for (const params of [null, 'text', 7, true]) await it.invocation({ params });
      return it.create({ service_id: await it.service(), params: ['first'] });
    },
  },
  {
    call: CREATE,
    input: 'a `method` of 300 characters',
    ...same('201'),
    send: async (it) => it.create({ service_id: await it.service(), method: 'm'.repeat(300) }),
  },
  {
    call: CREATE,
    input: 'without `method`',
    ...same('400 invalid_body'),
    send: async (it) => it.create({ service_id: await it.service(), method: undefined }),
  },
  {
    call: CREATE,
    input: 'the same key and request again',
    july: '200',
    one: '201',
    ours: '200',
    reads: { both: READS },
    send: async (it) => {
      const fields = { service_id: await it.service(), idempotency_key: 'again' };
      await it.create(fields);
      return it.create(fields);
    },
  },
  {
    call: CREATE,
    input: 'the same key with another request',
    july: '200, the first invocation',
    one: '409 idempotency_key_conflict',
    ours: '409 idempotency_key_conflict',
    send: async (it) => {
      const fields = { service_id: await it.service(), idempotency_key: 'other' };
      await it.create(fields);
      return it.create({ ...fields, method: 'other' });
    },
  },
  {
    call: CREATE,
    input: 'an unknown service agent',
    ...same('404 agent_service_not_found'),
    send: (it) => it.create({ service_id: 'nothing' }),
  },
  {
    call: CREATE,
    input: 'from an unknown session',
    ...same('404 agent_session_not_found'),
    send: async (it) => it.create({ service_id: await it.service(), source_session_id: 'nothing' }),
  },
  {
    call: CREATE,
    input: 'for another application',
    ...same('403 invoker_ownership_required'),
    send: async (it) => it.create({ service_id: await it.service() }, await it.as('app-b')),
  },
];

const moving: readonly Row[] = [
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'one that waits',
    ...same('200'),
    reads: { both: READS },
    shows: { status: 'running', completed_at: null },
    send: async (it) => move(it, await it.invocation(), 'start'),
  },
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'one that runs',
    ...same('409 invocation_not_startable'),
    send: async (it) => move(it, await started(it), 'start'),
  },
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'while its session is suspended',
    ...both('200'),
    ours: '409 invocation_session_suspended',
    send: async (it) => {
      const session = await it.session();
      const id = await it.invocation({ source_session_id: session });
      await it.client.call('PATCH', `agents/${session}/suspend`);
      return move(it, id, 'start');
    },
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that runs, with a reason',
    ...same('200'),
    reads: { both: ['status', 'cancel_requested_at', 'metadata_json.cancel_reason'] },
    send: async (it) => move(it, await started(it), 'cancel', { reason: 'not needed' }),
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that was canceled',
    ...same('409 invocation_not_cancelable'),
    send: async (it) => {
      const id = await it.invocation();
      await move(it, id, 'cancel', {});
      return move(it, id, 'cancel', {});
    },
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that failed, with attempts left',
    ...both('409 invocation_not_cancelable'),
    ours: '200',
    reads: { both: ['status', 'cancel_requested_at'] },
    send: async (it) => {
      const id = await started(it);
      await move(it, id, 'complete', { status: 'failed' });
      return move(it, id, 'cancel', {});
    },
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: '`succeeded`',
    ...same('200'),
    reads: { both: ['status', 'completed_at', 'metadata_json.found'] },
    send: async (it) => move(it, await started(it), 'complete', { status: 'succeeded', metadata: { found: 1 } }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: '`failed`, with attempts left: `completed_at` is set',
    ...same('200'),
    reads: { both: ['status', 'completed_at', 'next_attempt_at', 'error_json.reason'] },
    shows: { status: 'failed', completed_at: isText, next_attempt_at: isText },
    send: async (it) => move(it, await started(it), 'complete', { status: 'failed', error: { reason: 'busy' } }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: 'one that waits',
    ...same('409 invocation_not_completable'),
    send: async (it) => move(it, await it.invocation(), 'complete', { status: 'succeeded' }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: 'by another application',
    ...same('403 invoker_ownership_required'),
    send: async (it) =>
      (await it.as('app-b')).call('PATCH', `invocations/${await started(it)}/complete`, { status: 'succeeded' }),
  },
];

const reading: readonly Row[] = [
  {
    call: `GET ${INVOCATION}`,
    input: 'an invocation',
    ...same('200'),
    reads: { both: READS },
    send: async (it) => it.client.call('GET', `invocations/${await it.invocation()}`),
  },
  {
    call: `GET ${INVOCATION}`,
    input: 'an unknown invocation',
    ...same('404 invocation_not_found'),
    send: (it) => it.client.call('GET', 'invocations/nothing'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: 'filtered by status, service and session',
    ...same('200'),
    reads: { both: ['items', 'next_cursor'] },
    send: (it) => it.client.call('GET', 'invocations?status=pending&service_id=a&session_id=b'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: '`status=dead`',
    ...same('200'),
    reads: { both: ['items'] },
    shows: { items: [], next_cursor: null },
    send: (it) => it.client.call('GET', 'invocations?status=dead'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: 'an unknown status',
    ...same('400 invalid_query'),
    send: (it) => it.client.call('GET', 'invocations?status=lost'),
  },
];

export const invocationRows: readonly Row[] = [...creating, ...moving, ...reading];
