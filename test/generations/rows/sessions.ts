// Sessions: reading and stopping.
import { both, same, type Row } from '../row.ts';
import type { Setting } from '../setting.ts';
import { READS } from './starts.ts';

const SESSIONS = '/zones/:zoneId/agents';
const SESSION = `${SESSIONS}/:id`;

const fenced = async (setting: Setting): Promise<string> => {
  const session = await setting.session({ lifecycle: 'service' });
  await setting.one.inAnotherProcess().attach(session);
  return session;
};

const reading: readonly Row[] = [
  {
    call: `GET ${SESSIONS}`,
    input: 'filtered by status, lifecycle, application and label',
    ...same('200'),
    reads: { both: ['items', 'next_cursor', 'items.0.terminated_at', 'items.0.metadata'] },
    send: async (setting) => {
      await setting.session({ labels: ['blue'] });
      return setting.client.call('GET', 'agents?status=active&lifecycle=task&application_id=app-a&label=blue&limit=1');
    },
  },
  {
    call: `GET ${SESSIONS}`,
    input: '`limit=0`',
    ...same('400 invalid_query'),
    send: (setting) => setting.client.call('GET', 'agents?limit=0'),
  },
  {
    call: `GET ${SESSIONS}`,
    input: 'a cursor that is no id',
    ...same('400 invalid_cursor'),
    send: (setting) => setting.client.call('GET', 'agents?cursor=%C3%A4'),
  },
  {
    call: `GET ${SESSION}`,
    input: 'a session',
    ...same('200'),
    reads: { ...READS, both: [...READS.both, 'terminated_at', 'termination_reason', 'metadata'] },
    send: async (setting) => setting.client.call('GET', `agents/${await setting.session()}`),
  },
  {
    call: `GET ${SESSION}`,
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (setting) => setting.client.call('GET', 'agents/nothing'),
  },
  {
    call: `GET ${SESSION}/children`,
    input: 'a session with a child',
    ...same('200'),
    reads: { both: ['items.0.agent_session_id', 'next_cursor'] },
    send: async (setting) => {
      const parent = await setting.session();
      await setting.session({ parent_id: parent });
      return setting.client.call('GET', `agents/${parent}/children`);
    },
  },
  {
    call: `GET ${SESSION}/children`,
    input: 'an unknown session',
    ...both('200, an empty list'),
    ours: '404 agent_not_found',
    send: (setting) => setting.client.call('GET', 'agents/nothing/children'),
  },
];

const stopping: readonly Row[] = [
  {
    call: `PATCH ${SESSION}/suspend`,
    input: 'an active session',
    ...same('200'),
    reads: { both: ['suspended'] },
    send: async (setting) => setting.client.call('PATCH', `agents/${await setting.session()}/suspend`),
  },
  {
    call: `PATCH ${SESSION}/suspend`,
    input: 'a suspended session',
    ...same('409 agent_not_found_or_not_active'),
    send: async (setting) => {
      const session = await setting.session();
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      return setting.client.call('PATCH', `agents/${session}/suspend`);
    },
  },
  {
    call: `PATCH ${SESSION}/suspend`,
    input: 'an unknown session',
    ...same('404 agent_not_found'),
    send: (setting) => setting.client.call('PATCH', 'agents/nothing/suspend'),
  },
  {
    call: `PATCH ${SESSION}/suspend`,
    input: 'a session of another application',
    ...same('403 application_ownership_required'),
    send: async (setting) => (await setting.as('app-b')).call('PATCH', `agents/${await setting.session()}/suspend`),
  },
  {
    call: `PATCH ${SESSION}/resume`,
    input: 'a suspended session',
    ...same('200'),
    reads: { both: ['resumed'] },
    send: async (setting) => {
      const session = await setting.session();
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      return setting.client.call('PATCH', `agents/${session}/resume`);
    },
  },
  {
    call: `PATCH ${SESSION}/resume`,
    input: 'an active session',
    ...same('409 agent_not_found_or_not_suspended'),
    send: async (setting) => setting.client.call('PATCH', `agents/${await setting.session()}/resume`),
  },
  {
    call: `PATCH ${SESSION}/resume`,
    input: 'a session below a suspended one',
    july: '200, active below a suspended one',
    one: '409 session_ancestor_not_active',
    ours: '409 ancestor_suspended',
    send: async (setting) => {
      const parent = await setting.session();
      const child = await setting.session({ parent_id: parent });
      await setting.client.call('PATCH', `agents/${parent}/suspend`);
      return setting.client.call('PATCH', `agents/${child}/resume`);
    },
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a task, with a reason',
    ...same('204'),
    send: async (setting) => setting.client.call('DELETE', `agents/${await setting.session()}?reason=done`),
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a service, as the client ends it',
    ...same('204'),
    send: async (setting) => setting.client.end(await setting.session({ lifecycle: 'service' })),
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a service without `lease_generation`',
    july: '204',
    one: '400 lease_generation_required',
    ours: '204',
    send: async (setting) => setting.client.call('DELETE', `agents/${await setting.session({ lifecycle: 'service' })}`),
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a `lease_generation` that is not the current one',
    july: null,
    one: '409 session_lease_fenced',
    ours: '409 session_lease_fenced',
    reads: { both: ['details.lease_generation'] },
    send: async (setting) => setting.client.end(await fenced(setting)),
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a session that has ended',
    ...same('404 agent_not_found'),
    send: async (setting) => {
      const session = await setting.session();
      await setting.client.end(session);
      return setting.client.end(session);
    },
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a reason of 257 characters',
    ...same('400 invalid_query'),
    send: async (setting) =>
      setting.client.call('DELETE', `agents/${await setting.session()}?reason=${'x'.repeat(257)}`),
  },
  {
    call: `DELETE ${SESSION}`,
    input: 'a body that is not JSON',
    ...both('204, the body is ignored'),
    ours: '400 invalid_json',
    send: async (setting) => setting.client.call('DELETE', `agents/${await setting.session()}`, '{nope'),
  },
];

export const sessionRows: readonly Row[] = [...reading, ...stopping];
