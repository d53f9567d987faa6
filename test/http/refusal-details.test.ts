// The details of a refusal in addition to its code: the state of its subject, the limit and its bounds, so that a program can
// decide what to do next without another request.
import { expect } from 'chai';
import { Callers } from './callers.ts';
import { World, type Answered } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('the details of a refusal', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create({ MAX_AGENT_CHILDREN: '1', SERVICE_AGENT_LEASE_SECONDS: '10' });
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const tell = ({ status, body }: Answered) => [status, body['error'], body['details']];
  const SUSPENDED = { state: 'suspended', status: 'suspended' };
  const ENDED = { state: 'terminated', status: 'terminated' };

  it('say that a session to be ended has ended', async () => {
    const id = await world.session();
    await callers.end(id);
    expect(tell(await callers.end(id))).to.deep.equal([404, 'agent_not_found', ENDED]);
    const v1 = await world.call('POST', '/v1/end', { zone_id: 'z1', agent_session_id: id });
    expect(tell(v1)).to.deep.equal([404, 'agent_not_found', ENDED]);
    expect(tell(await callers.end('nobody'))).to.deep.equal([404, 'agent_not_found', undefined]);
  });

  it('say that a session has expired', async () => {
    const id = await world.session({ ttl_seconds: 1 });
    world.clock.advance(1_000);
    const details = { state: 'terminated', status: 'expired' };
    expect(tell(await callers.end(id))).to.deep.equal([404, 'agent_not_found', details]);
    expect(tell(await callers.heartbeat(id))).to.deep.equal([409, 'agent_not_live', details]);
  });

  it('say in which state a session cannot be suspended or resumed', async () => {
    const id = await world.session();
    const resumed = await callers.patchSession(id, 'resume');
    const active = { state: 'active', status: 'active' };
    expect(tell(resumed)).to.deep.equal([409, 'agent_not_found_or_not_suspended', active]);
    await callers.patchSession(id, 'suspend');
    const again = await callers.patchSession(id, 'suspend');
    expect(tell(again)).to.deep.equal([409, 'agent_not_found_or_not_active', SUSPENDED]);
  });

  it('name the ancestor that has to be resumed', async () => {
    const root = await world.session();
    const child = await world.session({ parent_id: root });
    const grandchild = await world.session({ parent_id: child });
    await callers.patchSession(root, 'suspend');
    expect(tell(await callers.patchSession(grandchild, 'resume'))).to.deep.equal([
      409,
      'ancestor_suspended',
      { ...SUSPENDED, suspended_ancestor_id: root },
    ]);
    const start = await world.call('POST', AGENTS, { application_id: 'app-a', parent_id: grandchild });
    expect(tell(start)).to.deep.equal([409, 'parent_suspended', SUSPENDED]);
  });

  it('name the bounds of a limit', async () => {
    const root = await world.session();
    await world.session({ parent_id: root });
    const refused = await world.call('POST', AGENTS, { application_id: 'app-a', parent_id: root });
    expect(tell(refused)).to.deep.equal([429, 'agent_children_limit_exceeded', { retryable: false, limit: 1 }]);
  });

  it('say why a lease cannot be renewed or taken over', async () => {
    const service = await world.session({ lifecycle: 'service' });
    world.clock.advance(10_000);
    expect(tell(await callers.heartbeat(service))).to.deep.equal([
      409,
      'agent_lease_expired',
      { ...SUSPENDED, suspended_reason: 'service_heartbeat_lost' },
    ]);
    const task = await callers.takeLease(await world.session());
    expect(tell(task)).to.deep.equal([409, 'session_not_service', { lifecycle: 'task' }]);
  });

  it('name the session that keeps an invocation from starting', async () => {
    const source = await world.session();
    const invocation = await callers.invocation({ service_id: await callers.service(), source_session_id: source });
    await callers.patchSession(source, 'suspend');
    const details = { agent_session_id: source, state: 'suspended' };
    expect(tell(await callers.move(invocation, 'start'))).to.deep.equal([409, 'invocation_session_suspended', details]);
  });

  it('name the applications that a delegation does not match', async () => {
    const [source, target] = [await world.session(), await world.session()];
    const token = await world.token({ scope: 'coordinator.delegate_from:app-x' });
    const refused = await callers.delegate(source, target, { issuer_application_id: 'app-x' }, { token });
    const details = { source_application_id: 'app-a', target_application_id: 'app-a' };
    expect(tell(refused)).to.deep.equal([409, 'delegation_application_mismatch', details]);
  });
});

describe('the address of a service', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('is one service in all spellings', async () => {
    const callers = new Callers(world);
    const spellings = [
      'https://hotels.example/agent',
      'HTTPS://Hotels.Example/agent',
      'https://hotels.example:443/agent',
      'https://hotels.example/a/../agent',
      'https://hotels.example/%61gent/../agent',
    ];
    const made = await Promise.all(spellings.map((endpoint_url) => callers.register({ endpoint_url })));
    expect(new Set(made.map(({ body }) => body['id'])).size).to.equal(1);
    expect(new Set(made.map(({ body }) => body['endpoint_url']))).to.deep.equal(new Set([spellings[0]]));
    expect(await callers.services()).to.have.length(1);
  });

  it('keeps the differences between two addresses', async () => {
    const callers = new Callers(world);
    const distinct = ['https://x.example/a', 'https://x.example/a/', 'https://x.example/A', 'http://x.example/a'];
    const made = await Promise.all(distinct.map((endpoint_url) => callers.register({ endpoint_url })));
    expect(new Set(made.map(({ body }) => body['id'])).size).to.equal(distinct.length);
  });
});

describe('the cursor of a list of edges', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('shows nothing of edges that the caller may not see', async () => {
    const callers = new Callers(world);
    const made = await callers.delegate(await world.session(), await world.session());
    const hidden = String(made.body['delegation_edge_id']);
    const stranger = { token: await world.token({ app: 'app-b' }) };
    const list = (cursor: string) =>
      world.call('GET', `/zones/z1/delegations/active?cursor=${cursor}`, undefined, stranger);
    const [there, nowhere] = [
      await list(hidden),
      await list(hidden.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
    ];
    expect([there.status, there.body]).to.deep.equal([nowhere.status, nowhere.body]);
  });
});
