// Who may do what with an invocation: every kind of caller against every call, as a table. The first three are the
// service's, the next two the source session's, and the rest are nobody's.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World, type CallOptions } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

type Call = 'create' | 'create from the session' | 'start' | 'cancel' | 'complete';

const OF_SERVICE: readonly Call[] = ['create', 'start', 'cancel', 'complete'];
const OF_SESSION: readonly Call[] = ['create from the session'];
const ALL: readonly Call[] = [...OF_SERVICE, ...OF_SESSION];

/** An application, its scopes, and what it may. The service is of app-a, the source session of app-b. */
const CALLERS: readonly (readonly [string, string, readonly Call[]])[] = [
  ['app-a', '', OF_SERVICE],
  ['app-c', 'coordinator.invoke_from:app-a', OF_SERVICE],
  ['app-c', 'coordinator.admin', ALL],
  ['app-b', '', OF_SESSION],
  ['app-c', 'coordinator.invoke_from:app-b', OF_SESSION],
  ['app-c', 'coordinator.invoke_from:app-a coordinator.invoke_from:app-b', ALL],
  ['app-c', '', []],
  ['app-c', 'coordinator.invoke_from:app-c coordinator.invoke_from: coordinator.invoke_from', []],
  ['app-c', 'coordinator.spawn_for:app-a coordinator.spawn_for:app-b', []],
];

describe('the rights to an invocation', () => {
  let world: World;
  let callers: Callers;
  let service: string;
  let session: string;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
    service = await callers.service();
    session = await world.session({ application_id: 'app-b' }, { token: await world.token({ app: 'app-b' }) });
  });
  after(() => world.destroy());

  /** One that was made by another application for the session, since that gives no right to move it. */
  const made = async (isStarted: boolean): Promise<string> => {
    const token = await world.token({ app: 'app-b' });
    const id = await callers.invocation({ service_id: service, source_session_id: session }, { token });
    if (isStarted) await callers.move(id, 'start');
    return id;
  };

  const calls = {
    create: (options: CallOptions) => callers.create({ service_id: service, target_session_id: session }, options),
    'create from the session': (options: CallOptions) =>
      callers.create({ service_id: service, source_session_id: session }, options),
    start: async (options: CallOptions) => callers.move(await made(false), 'start', {}, options),
    cancel: async (options: CallOptions) => callers.move(await made(false), 'cancel', {}, options),
    complete: async (options: CallOptions) =>
      callers.move(await made(true), 'complete', { status: 'succeeded' }, options),
  } as const;

  for (const [app, scope, may] of CALLERS) {
    for (const call of ALL) {
      const isAllowed = may.includes(call);
      it(`${isAllowed ? 'let' : 'do not let'} ${app} ${call} with "${scope}"`, async () => {
        const answer = await calls[call]({ token: await world.token({ app, scope }) });
        if (isAllowed) expect(answer.status).to.equal(call.startsWith('create') ? 201 : 200);
        else expect(refusalOf(answer)).to.deep.equal([403, 'invoker_ownership_required']);
      });
    }
  }

  for (const call of ALL.filter((each) => each !== 'cancel')) {
    it(`do not let the operator ${call}`, async () => {
      expect(refusalOf(await calls[call]({ token: OPERATOR_TOKEN }))).to.deep.equal([403, 'operator_not_allowed']);
    });
  }

  it('let the operator cancel, which lessens', async () => {
    expect((await calls.cancel({ token: OPERATOR_TOKEN })).body['status']).to.equal('canceled');
  });

  it('stay with the application of a session that has ended', async () => {
    const token = await world.token({ app: 'app-b' });
    const ended = await world.session({ application_id: 'app-b' }, { token });
    await world.call('DELETE', `/zones/z1/agents/${ended}`, undefined, { token });
    const fields = { service_id: service, source_session_id: ended };
    expect(refusalOf(await callers.create(fields))).to.deep.equal([403, 'invoker_ownership_required']);
    expect(refusalOf(await callers.create(fields, { token }))).to.deep.equal([404, 'agent_session_not_found']);
  });

  it('belong to nobody where the session never was', async () => {
    const fields = { service_id: service, source_session_id: 'nobody' };
    for (const app of ['app-a', 'app-c']) {
      const answer = await callers.create(fields, { token: await world.token({ app }) });
      expect(refusalOf(answer)).to.deep.equal([404, 'agent_session_not_found']);
    }
  });

  it('are asked before whether its state takes the call', async () => {
    const id = await made(true);
    await callers.move(id, 'complete', { status: 'succeeded' });
    const stranger = { token: await world.token({ app: 'app-c' }) };
    for (const verb of ['start', 'cancel', 'complete'] as const) {
      const answer = await callers.move(id, verb, verb === 'complete' ? { status: 'failed' } : {}, stranger);
      expect(refusalOf(answer)).to.deep.equal([403, 'invoker_ownership_required']);
    }
  });
});
