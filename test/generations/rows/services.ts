// Service agents, heartbeats and leases.
import { both, same, type Row } from '../row.ts';
import { APP, type Setting } from '../setting.ts';

const SERVICES = '/zones/:zoneId/agent-services';
const HEARTBEAT = 'POST /zones/:zoneId/agents/:id/heartbeat';
const LEASE = 'POST /zones/:zoneId/agents/:id/lease';
const LEASE_MS = 120_000;
const READS = [
  'id',
  'zone_id',
  'application_id',
  'endpoint_url',
  'protocol_versions',
  'framework_name',
  'capabilities',
];
const READS_LATER = ['framework_version', 'health', 'metadata_json', 'last_heartbeat_at'];

const endpoint = (url: string) => ({ ...APP, endpoint_url: url });

const ended = async (it: Setting): Promise<string> => {
  const session = await it.session({ lifecycle: 'service' });
  await it.client.end(session);
  return session;
};

const silent = async (it: Setting): Promise<string> => {
  const session = await it.session({ lifecycle: 'service' });
  it.world.clock.advance(LEASE_MS);
  return session;
};

const services: readonly Row[] = [
  {
    call: `POST ${SERVICES}`,
    input: 'a new endpoint',
    ...same('201'),
    reads: { both: [...READS, ...READS_LATER] },
    send: (it) => it.client.call('POST', 'agent-services', endpoint('https://new.example/')),
  },
  {
    call: `POST ${SERVICES}`,
    input: 'the same endpoint again',
    ...same('201'),
    reads: { both: READS },
    send: async (it) => {
      await it.service(endpoint('https://same.example/'));
      return it.client.call('POST', 'agent-services', endpoint('https://same.example/'));
    },
  },
  {
    call: `POST ${SERVICES}`,
    input: 'an endpoint with the scheme `javascript:`',
    ...both('201'),
    ours: '400 invalid_body',
    send: (it) => it.client.call('POST', 'agent-services', endpoint('javascript:alert(1)')),
  },
  {
    call: `POST ${SERVICES}`,
    input: 'for another application',
    ...same('403 application_ownership_required'),
    send: (it) =>
      it.client.call('POST', 'agent-services', { ...endpoint('https://b.example/'), application_id: 'app-b' }),
  },
  {
    call: `GET ${SERVICES}`,
    input: 'a page',
    ...same('200'),
    reads: { both: ['items.0.id', 'items.0.health', 'items.0.last_heartbeat_at', 'next_cursor'] },
    send: async (it) => {
      await it.service();
      return it.client.call('GET', 'agent-services?limit=1');
    },
  },
  {
    call: `GET ${SERVICES}`,
    input: '`limit=501`',
    ...same('400 invalid_query'),
    send: (it) => it.client.call('GET', 'agent-services?limit=501'),
  },
];

const HEARD = ['agent.id', 'agent.last_active_at', 'agent.last_heartbeat_at', 'agent.heartbeat_deadline_at', 'service'];

const heartbeats: readonly Row[] = [
  {
    call: HEARTBEAT,
    input: 'a service session, as the client sends it',
    ...same('200'),
    reads: { both: [...HEARD, 'active_invocations'], '1.0': ['agent.lease_generation', 'agent.status'] },
    send: async (it) => it.client.heartbeat(await it.session({ lifecycle: 'service' })),
  },
  {
    call: HEARTBEAT,
    input: 'with a service agent, its health and metadata',
    ...same('200'),
    reads: { both: ['service.id', 'service.health', 'service.metadata_json.load'] },
    send: async (it) => {
      const body = { service_id: await it.service(), status: 'degraded', metadata: { load: 1 }, active_invocations: 2 };
      return it.client.heartbeat(await it.session({ lifecycle: 'service' }), body);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a suspended session',
    ...same('200'),
    send: async (it) => {
      const session = await it.session({ lifecycle: 'service' });
      await it.client.call('PATCH', `agents/${session}/suspend`);
      return it.client.heartbeat(session);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a task, without `lease_generation`',
    july: '200',
    one: null,
    ours: '200',
    send: async (it) => it.client.heartbeat(await it.session()),
  },
  {
    call: HEARTBEAT,
    input: 'a task, with `lease_generation`',
    july: null,
    one: '409 session_not_service',
    ours: '409 session_not_service',
    send: async (it) => it.client.heartbeat(await it.session(), { lease_generation: 0 }),
  },
  {
    call: HEARTBEAT,
    input: 'a session that has ended',
    ...both('409 agent_not_live'),
    ours: { july: '409 agent_not_live', '1.0': '409 session_not_live' },
    send: async (it) => it.client.heartbeat(await ended(it)),
  },
  {
    call: HEARTBEAT,
    input: 'a session whose lease has expired',
    ...both('409 agent_lease_expired'),
    ours: { july: '409 agent_lease_expired', '1.0': '409 session_lease_expired' },
    send: async (it) => it.client.heartbeat(await silent(it)),
  },
  {
    call: HEARTBEAT,
    input: 'the `lease_generation` of an earlier holder',
    july: null,
    one: '409 session_lease_fenced',
    ours: '409 session_lease_fenced',
    reads: { both: ['details.lease_generation'] },
    send: async (it) => {
      const session = await it.session({ lifecycle: 'service' });
      await it.one.apart().attach(session);
      return it.client.heartbeat(session);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a `lease_generation` above the current one',
    july: null,
    one: '409 session_lease_fenced',
    ours: '409 session_lease_fenced',
    send: async (it) => it.client.heartbeat(await it.session({ lifecycle: 'service' }), { lease_generation: 7 }),
  },
  {
    call: HEARTBEAT,
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (it) => it.client.heartbeat('nothing'),
  },
  {
    call: HEARTBEAT,
    input: 'an unknown service agent',
    ...same('404 agent_service_not_found'),
    send: async (it) => it.client.heartbeat(await it.session({ lifecycle: 'service' }), { service_id: 'nothing' }),
  },
  {
    call: HEARTBEAT,
    input: 'a session of another application',
    ...same('403 application_ownership_required'),
    send: async (it) => (await it.as('app-b')).heartbeat(await it.session({ lifecycle: 'service' })),
  },
];

const leases: readonly Row[] = [
  {
    call: LEASE,
    input: 'a service session',
    july: null,
    one: '200',
    ours: '200',
    reads: { '1.0': ['status', 'heartbeat_deadline_at', 'lease_generation'] },
    shows: { status: 'active', lease_generation: 2, 'agent.lease_generation': 2 },
    send: async (it) => it.one.attach(await it.session({ lifecycle: 'service' })),
  },
  {
    call: LEASE,
    input: 'a suspended service session',
    july: null,
    one: '409 session_suspended',
    ours: '409 session_suspended',
    send: async (it) => {
      const session = await it.session({ lifecycle: 'service' });
      await it.client.call('PATCH', `agents/${session}/suspend`);
      return it.one.attach(session);
    },
  },
  {
    call: LEASE,
    input: 'a task',
    july: null,
    one: '409 session_not_service',
    ours: '409 session_not_service',
    send: async (it) => it.one.attach(await it.session()),
  },
  {
    call: LEASE,
    input: 'a session that has ended',
    july: null,
    one: '409 session_not_live',
    ours: '409 session_not_live',
    send: async (it) => it.one.attach(await ended(it)),
  },
  {
    call: LEASE,
    input: 'an unknown session',
    july: null,
    one: '404 session_not_found',
    ours: '404 agent_not_found',
    send: (it) => it.one.attach('nothing'),
  },
  {
    call: LEASE,
    input: 'a session of another application',
    july: null,
    one: '403 application_ownership_required',
    ours: '403 application_ownership_required',
    send: async (it) => {
      const session = await it.session({ lifecycle: 'service' });
      return (await it.as('app-b')).call('POST', `agents/${session}/lease`);
    },
  },
];

export const serviceRows: readonly Row[] = [...services, ...heartbeats, ...leases];
