// Starting sessions: what is refused.
import { both, same, type Row } from '../row.ts';
import { APP, type Setting } from '../setting.ts';

const START = 'POST /zones/:zoneId/agents';

const dcr = async (setting: Setting): Promise<void> =>
  setting.register('applications/app-a', { registration_method: 'dcr', expires_at: '2027-01-01T00:00:00Z' });

export const startRefusalRows: readonly Row[] = [
  {
    call: START,
    input: 'without `application_id`',
    ...same('400 invalid_body'),
    send: (setting) => setting.client.start({}),
  },
  {
    call: START,
    input: 'no subject in body or token',
    ...same('400 subject_session_id_required'),
    send: async (setting) => (await setting.as('app-a', '', null)).start(APP),
  },
  {
    call: START,
    input: 'for another application',
    ...same('403 application_ownership_required'),
    send: (setting) => setting.client.start({ application_id: 'app-b' }),
  },
  {
    call: START,
    input: 'below a session of another application',
    ...same('403 parent_ownership_required'),
    send: async (setting) =>
      (await setting.as('app-b')).start({ application_id: 'app-b', parent_id: await setting.session() }),
  },
  {
    call: START,
    input: 'below an unknown session',
    ...same('404 parent_not_found'),
    send: (setting) => setting.client.start({ ...APP, parent_id: 'nothing' }),
  },
  {
    call: START,
    input: 'below a suspended session',
    ...both('404 parent_not_found'),
    ours: '409 parent_suspended',
    send: async (setting) => {
      const parent = await setting.session();
      await setting.client.call('PATCH', `agents/${parent}/suspend`);
      return setting.client.start({ ...APP, parent_id: parent });
    },
  },
  {
    call: START,
    input: 'a service below a task',
    ...same('409 task_agent_cannot_spawn_service'),
    send: async (setting) => setting.client.start({ ...APP, lifecycle: 'service', parent_id: await setting.session() }),
  },
  {
    call: START,
    input: 'an unknown application, directory closed',
    ...same('404 application_not_found'),
    world: 'closed',
    send: async (setting) => {
      await setting.register('applications/app-a', { registration_method: 'managed' });
      await setting.register('subject-sessions/user-1', { session_type: 'user', expires_at: '2027-01-01T00:00:00Z' });
      return (await setting.as('app-a', 'coordinator.spawn_for:app-b')).start({ application_id: 'app-b' });
    },
  },
  {
    call: START,
    input: 'an unknown subject, directory closed',
    ...same('404 session_not_found'),
    world: 'closed',
    send: async (setting) => {
      await setting.register('applications/app-a', { registration_method: 'managed' });
      await setting.register('subject-sessions/user-1', { session_type: 'user', expires_at: '2027-01-01T00:00:00Z' });
      return setting.client.start({ ...APP, subject_session_id: 'user-9' });
    },
  },
  {
    call: START,
    input: 'a service of an application that registered itself',
    ...same('409 dcr_application_cannot_host_service'),
    send: async (setting) => {
      await dcr(setting);
      return setting.client.start({ ...APP, lifecycle: 'service' });
    },
  },
  {
    call: START,
    input: 'an application that registered itself, a second time',
    ...same('409 dcr_application_already_bound'),
    send: async (setting) => {
      await dcr(setting);
      await setting.session();
      return setting.client.start(APP);
    },
  },
  {
    call: START,
    input: 'an application that registered itself, as a child',
    ...same('409 dcr_application_cannot_be_child'),
    send: async (setting) => {
      const parent = await setting.session({ application_id: 'app-b' }, await setting.as('app-b'));
      await dcr(setting);
      return (await setting.as('app-a', 'coordinator.spawn_under:app-b')).start({ ...APP, parent_id: parent });
    },
  },
  {
    call: START,
    input: 'a child of an application that registered itself',
    ...same('409 dcr_application_cannot_spawn'),
    send: async (setting) => {
      await dcr(setting);
      const parent = await setting.session();
      const other = await setting.as('app-b', 'coordinator.spawn_under:app-a');
      return other.start({ application_id: 'app-b', parent_id: parent });
    },
  },
  {
    call: START,
    input: 'one child too many',
    ...same('429 agent_children_limit_exceeded'),
    world: 'limited',
    send: async (setting) => {
      const parent = await setting.session();
      await setting.session({ parent_id: parent });
      return setting.client.start({ ...APP, parent_id: parent });
    },
  },
  {
    call: START,
    input: 'one level too deep',
    ...same('429 agent_depth_limit_exceeded'),
    world: 'limited',
    send: async (setting) => {
      const child = await setting.session({ parent_id: await setting.session() });
      return setting.client.start({ ...APP, parent_id: child });
    },
  },
  {
    call: START,
    input: 'one session of the application too many',
    ...same('429 agent_limit_exceeded'),
    world: 'limited',
    send: async (setting) => {
      for (let n = 0; n < 3; n += 1) await setting.session();
      return setting.client.start(APP);
    },
  },
  {
    call: START,
    input: 'one session of the zone too many',
    ...same('429 agent_zone_limit_exceeded'),
    world: 'limited',
    send: async (setting) => {
      for (const app of ['app-a', 'app-b', 'app-c', 'app-d'])
        await setting.session({ application_id: app }, await setting.as(app));
      return setting.client.start(APP);
    },
  },
  {
    call: START,
    input: 'a parent id that is empty',
    july: '500',
    one: null,
    ours: '400 invalid_body',
    send: (setting) => setting.client.start({ ...APP, parent_id: '' }),
  },
];
