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

const ended = async (setting: Setting): Promise<string> => {
  const session = await setting.session({ lifecycle: 'service' });
  await setting.client.end(session);
  return session;
};

const sessionWithExpiredLease = async (setting: Setting): Promise<string> => {
  const session = await setting.session({ lifecycle: 'service' });
  setting.world.clock.advance(LEASE_MS);
  return session;
};

const services: readonly Row[] = [
  {
    call: `POST ${SERVICES}`,
    input: 'a new endpoint',
    ...same('201'),
    reads: { both: [...READS, ...READS_LATER] },
    send: (setting) => setting.client.call('POST', 'agent-services', endpoint('https://new.example/')),
  },
  {
    call: `POST ${SERVICES}`,
    input: 'the same endpoint again',
    ...same('201'),
    reads: { both: READS },
    send: async (setting) => {
      await setting.service(endpoint('https://same.example/'));
      return setting.client.call('POST', 'agent-services', endpoint('https://same.example/'));
    },
  },
  {
    call: `POST ${SERVICES}`,
    input: 'an endpoint with the scheme `javascript:`',
    ...both('201'),
    ours: '400 invalid_body',
    send: (setting) => setting.client.call('POST', 'agent-services', endpoint('javascript:alert(1)')),
  },
  {
    call: `POST ${SERVICES}`,
    input: 'for another application',
    ...same('403 application_ownership_required'),
    send: (setting) =>
      setting.client.call('POST', 'agent-services', { ...endpoint('https://b.example/'), application_id: 'app-b' }),
  },
  {
    call: `GET ${SERVICES}`,
    input: 'a page',
    ...same('200'),
    reads: { both: ['items.0.id', 'items.0.health', 'items.0.last_heartbeat_at', 'next_cursor'] },
    send: async (setting) => {
      await setting.service();
      return setting.client.call('GET', 'agent-services?limit=1');
    },
  },
  {
    call: `GET ${SERVICES}`,
    input: '`limit=501`',
    ...same('400 invalid_query'),
    send: (setting) => setting.client.call('GET', 'agent-services?limit=501'),
  },
];

const HEARD = ['agent.id', 'agent.last_active_at', 'agent.last_heartbeat_at', 'agent.heartbeat_deadline_at', 'service'];

const heartbeats: readonly Row[] = [
  {
    call: HEARTBEAT,
    input: 'a service session, as the client sends it',
    ...same('200'),
    reads: { both: [...HEARD, 'active_invocations'], '1.0': ['agent.lease_generation', 'agent.status'] },
    send: async (setting) => setting.client.heartbeat(await setting.session({ lifecycle: 'service' })),
  },
  {
    call: HEARTBEAT,
    input: 'with a service agent, its health and metadata',
    ...same('200'),
    reads: { both: ['service.id', 'service.health', 'service.metadata_json.load'] },
    send: async (setting) => {
      const body = {
        service_id: await setting.service(),
        status: 'degraded',
        metadata: { load: 1 },
        active_invocations: 2,
      };
      return setting.client.heartbeat(await setting.session({ lifecycle: 'service' }), body);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a suspended session',
    ...same('200'),
    send: async (setting) => {
      const session = await setting.session({ lifecycle: 'service' });
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      return setting.client.heartbeat(session);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a task, without `lease_generation`',
    july: '200',
    one: null,
    ours: '200',
    send: async (setting) => setting.client.heartbeat(await setting.session()),
  },
  {
    call: HEARTBEAT,
    input: 'a task, with `lease_generation`',
    july: null,
    one: '409 session_not_service',
    ours: '409 session_not_service',
    send: async (setting) => setting.client.heartbeat(await setting.session(), { lease_generation: 0 }),
  },
  {
    call: HEARTBEAT,
    input: 'a session that has ended',
    ...both('409 agent_not_live'),
    ours: { july: '409 agent_not_live', '1.0': '409 session_not_live' },
    send: async (setting) => setting.client.heartbeat(await ended(setting)),
  },
  {
    call: HEARTBEAT,
    input: 'a session whose lease has expired',
    ...both('409 agent_lease_expired'),
    ours: { july: '409 agent_lease_expired', '1.0': '409 session_lease_expired' },
    send: async (setting) => setting.client.heartbeat(await sessionWithExpiredLease(setting)),
  },
  {
    call: HEARTBEAT,
    input: 'the `lease_generation` of an earlier holder',
    july: null,
    one: '409 session_lease_fenced',
    ours: '409 session_lease_fenced',
    reads: { both: ['details.lease_generation'] },
    send: async (setting) => {
      const session = await setting.session({ lifecycle: 'service' });
      await setting.one.inAnotherProcess().attach(session);
      return setting.client.heartbeat(session);
    },
  },
  {
    call: HEARTBEAT,
    input: 'a `lease_generation` above the current one',
    july: null,
    one: '409 session_lease_fenced',
    ours: '409 session_lease_fenced',
    send: async (setting) =>
      setting.client.heartbeat(await setting.session({ lifecycle: 'service' }), { lease_generation: 7 }),
  },
  {
    call: HEARTBEAT,
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (setting) => setting.client.heartbeat('nothing'),
  },
  {
    call: HEARTBEAT,
    input: 'an unknown service agent',
    ...same('404 agent_service_not_found'),
    send: async (setting) =>
      setting.client.heartbeat(await setting.session({ lifecycle: 'service' }), { service_id: 'nothing' }),
  },
  {
    call: HEARTBEAT,
    input: 'a session of another application',
    ...same('403 application_ownership_required'),
    send: async (setting) => (await setting.as('app-b')).heartbeat(await setting.session({ lifecycle: 'service' })),
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
    send: async (setting) => setting.one.attach(await setting.session({ lifecycle: 'service' })),
  },
  {
    call: LEASE,
    input: 'a suspended service session',
    july: null,
    one: '409 session_suspended',
    ours: '409 session_suspended',
    send: async (setting) => {
      const session = await setting.session({ lifecycle: 'service' });
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      return setting.one.attach(session);
    },
  },
  {
    call: LEASE,
    input: 'a task',
    july: null,
    one: '409 session_not_service',
    ours: '409 session_not_service',
    send: async (setting) => setting.one.attach(await setting.session()),
  },
  {
    call: LEASE,
    input: 'a session that has ended',
    july: null,
    one: '409 session_not_live',
    ours: '409 session_not_live',
    send: async (setting) => setting.one.attach(await ended(setting)),
  },
  {
    call: LEASE,
    input: 'an unknown session',
    july: null,
    one: '404 session_not_found',
    ours: '404 agent_not_found',
    send: (setting) => setting.one.attach('nothing'),
  },
  {
    call: LEASE,
    input: 'a session of another application',
    july: null,
    one: '403 application_ownership_required',
    ours: '403 application_ownership_required',
    send: async (setting) => {
      const session = await setting.session({ lifecycle: 'service' });
      return (await setting.as('app-b')).call('POST', `agents/${session}/lease`);
    },
  },
];

export const serviceRows: readonly Row[] = [...services, ...heartbeats, ...leases];
