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

const move = (setting: Setting, id: string, verb: string, body?: object) =>
  setting.client.call('PATCH', `invocations/${id}/${verb}`, body);

const started = async (setting: Setting, fields: Fields = {}): Promise<string> => {
  const id = await setting.invocation(fields);
  await move(setting, id, 'start');
  return id;
};

const creating: readonly Row[] = [
  {
    call: CREATE,
    input: 'from a session, to a service',
    ...same('201'),
    reads: { both: [...READS, 'source_session_id', 'target_session_id', 'cancel_requested_at'] },
    send: async (setting) =>
      setting.create({ service_id: await setting.service(), source_session_id: await setting.session() }),
  },
  {
    call: CREATE,
    input: '`params` that are a list, a string or null',
    ...same('201'),
    reads: { both: ['params_json.0'] },
    shows: { params_json: ['first'] },
    send: async (setting) => {
      for (const params of [null, 'text', 7, true]) await setting.invocation({ params });
      return setting.create({ service_id: await setting.service(), params: ['first'] });
    },
  },
  {
    call: CREATE,
    input: 'a `method` of 300 characters',
    ...same('201'),
    send: async (setting) => setting.create({ service_id: await setting.service(), method: 'm'.repeat(300) }),
  },
  {
    call: CREATE,
    input: 'without `method`',
    ...same('400 invalid_body'),
    send: async (setting) => setting.create({ service_id: await setting.service(), method: undefined }),
  },
  {
    call: CREATE,
    input: 'the same key and request again',
    july: '200',
    one: '201',
    ours: '200',
    reads: { both: READS },
    send: async (setting) => {
      const fields = { service_id: await setting.service(), idempotency_key: 'again' };
      await setting.create(fields);
      return setting.create(fields);
    },
  },
  {
    call: CREATE,
    input: 'the same key with another request',
    july: '200, the first invocation',
    one: '409 idempotency_key_conflict',
    ours: '409 idempotency_key_conflict',
    send: async (setting) => {
      const fields = { service_id: await setting.service(), idempotency_key: 'other' };
      await setting.create(fields);
      return setting.create({ ...fields, method: 'other' });
    },
  },
  {
    call: CREATE,
    input: 'an unknown service agent',
    ...same('404 agent_service_not_found'),
    send: (setting) => setting.create({ service_id: 'nothing' }),
  },
  {
    call: CREATE,
    input: 'from an unknown session',
    ...same('404 agent_session_not_found'),
    send: async (setting) => setting.create({ service_id: await setting.service(), source_session_id: 'nothing' }),
  },
  {
    call: CREATE,
    input: 'for another application',
    ...same('403 invoker_ownership_required'),
    send: async (setting) => setting.create({ service_id: await setting.service() }, await setting.as('app-b')),
  },
];

const moving: readonly Row[] = [
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'one that waits',
    ...same('200'),
    reads: { both: READS },
    shows: { status: 'running', completed_at: null },
    send: async (setting) => move(setting, await setting.invocation(), 'start'),
  },
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'one that runs',
    ...same('409 invocation_not_startable'),
    send: async (setting) => move(setting, await started(setting), 'start'),
  },
  {
    call: `PATCH ${INVOCATION}/start`,
    input: 'while its session is suspended',
    ...both('200'),
    ours: '409 invocation_session_suspended',
    send: async (setting) => {
      const session = await setting.session();
      const id = await setting.invocation({ source_session_id: session });
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      return move(setting, id, 'start');
    },
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that runs, with a reason',
    ...same('200'),
    reads: { both: ['status', 'cancel_requested_at', 'metadata_json.cancel_reason'] },
    send: async (setting) => move(setting, await started(setting), 'cancel', { reason: 'not needed' }),
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that was canceled',
    ...same('409 invocation_not_cancelable'),
    send: async (setting) => {
      const id = await setting.invocation();
      await move(setting, id, 'cancel', {});
      return move(setting, id, 'cancel', {});
    },
  },
  {
    call: `PATCH ${INVOCATION}/cancel`,
    input: 'one that failed, with attempts left',
    ...both('409 invocation_not_cancelable'),
    ours: '200',
    reads: { both: ['status', 'cancel_requested_at'] },
    send: async (setting) => {
      const id = await started(setting);
      await move(setting, id, 'complete', { status: 'failed' });
      return move(setting, id, 'cancel', {});
    },
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: '`succeeded`',
    ...same('200'),
    reads: { both: ['status', 'completed_at', 'metadata_json.found'] },
    send: async (setting) =>
      move(setting, await started(setting), 'complete', { status: 'succeeded', metadata: { found: 1 } }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: '`failed`, with attempts left: `completed_at` is set',
    ...same('200'),
    reads: { both: ['status', 'completed_at', 'next_attempt_at', 'error_json.reason'] },
    shows: { status: 'failed', completed_at: isText, next_attempt_at: isText },
    send: async (setting) =>
      move(setting, await started(setting), 'complete', { status: 'failed', error: { reason: 'busy' } }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: 'one that waits',
    ...same('409 invocation_not_completable'),
    send: async (setting) => move(setting, await setting.invocation(), 'complete', { status: 'succeeded' }),
  },
  {
    call: `PATCH ${INVOCATION}/complete`,
    input: 'by another application',
    ...same('403 invoker_ownership_required'),
    send: async (setting) =>
      (await setting.as('app-b')).call('PATCH', `invocations/${await started(setting)}/complete`, {
        status: 'succeeded',
      }),
  },
];

const reading: readonly Row[] = [
  {
    call: `GET ${INVOCATION}`,
    input: 'an invocation',
    ...same('200'),
    reads: { both: READS },
    send: async (setting) => setting.client.call('GET', `invocations/${await setting.invocation()}`),
  },
  {
    call: `GET ${INVOCATION}`,
    input: 'an unknown invocation',
    ...same('404 invocation_not_found'),
    send: (setting) => setting.client.call('GET', 'invocations/nothing'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: 'filtered by status, service and session',
    ...same('200'),
    reads: { both: ['items', 'next_cursor'] },
    send: (setting) => setting.client.call('GET', 'invocations?status=pending&service_id=a&session_id=b'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: '`status=dead`',
    ...same('200'),
    reads: { both: ['items'] },
    shows: { items: [], next_cursor: null },
    send: (setting) => setting.client.call('GET', 'invocations?status=dead'),
  },
  {
    call: `GET ${INVOCATIONS}`,
    input: 'an unknown status',
    ...same('400 invalid_query'),
    send: (setting) => setting.client.call('GET', 'invocations?status=lost'),
  },
];

export const invocationRows: readonly Row[] = [...creating, ...moving, ...reading];
