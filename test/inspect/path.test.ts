// The way an actor took, as it is found again from its history, against where the actor really is: for every kind, through every
// command and deadline that reaches it.
import { expect } from 'chai';
import { Delegators } from '../http/delegators.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

interface Step {
  readonly seq: number;
  readonly entry: string;
  readonly event: string | null;
  readonly from: string | null;
  readonly state: string;
}

describe('the path of an actor', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.destroy());

  const post = async (path: string, body: object) => (await world.call('POST', `/zones/z1/${path}`, body)).body;
  const patch = (path: string, body: object = {}) => world.call('PATCH', `/zones/z1/${path}`, body);
  const ask = (query: string, token: string | null = OPERATOR_TOKEN) =>
    world.call('GET', `/inspector/path?${query}`, undefined, { token });
  const pathOf = async (kind: string, id: string): Promise<readonly Step[]> => {
    const { status, body, text } = await ask(`zone=z1&kind=${kind}&id=${id}`);
    expect(status, text).to.equal(200);
    return body['steps'] as readonly Step[];
  };
  const told = async (kind: string, id: string) =>
    (await pathOf(kind, id)).map(({ event, state }) => [event, state] as const);

  const edge = (source: string, target: string) => new Delegators(world).edge(source, target, { ttl_seconds: 600 });

  it('follows a session through holds of its own and of those above it', async () => {
    const parent = await world.session();
    const child = await world.session({ parent_id: parent, parent_authority: 'none' });
    await patch(`agents/${child}/suspend`);
    await patch(`agents/${parent}/suspend`);
    await patch(`agents/${parent}/resume`);
    await patch(`agents/${child}/resume`);
    await world.call('DELETE', `/zones/z1/agents/${parent}`);
    expect(await told('session', child)).to.deep.equal([
      [null, 'active'],
      ['suspended', 'suspended.own'],
      ['ancestor.suspended', 'suspended.both'],
      ['ancestor.resumed', 'suspended.own'],
      ['resumed', 'active'],
      ['ancestor.terminated', 'terminated.ended'],
    ]);
    expect((await told('session', parent)).at(-1)).to.deep.equal(['terminated', 'terminated.ended']);
  });

  it('says what it leaves out of a long way', async () => {
    const id = await world.session();
    for (let turn = 0; turn < 260; turn += 1) {
      await patch(`agents/${id}/suspend`);
      await patch(`agents/${id}/resume`);
    }
    const { body } = await ask(`zone=z1&kind=session&id=${id}`);
    const steps = body['steps'] as readonly Step[];
    expect(steps).to.have.length(500);
    expect(steps.at(-1)).to.deep.include({ seq: 521, state: 'active' });
    expect(body).to.deep.include({ complete: false, reaches_now: true });
  });

  it('says where each step came from, and which entry brought it', async () => {
    const id = await world.session();
    await patch(`agents/${id}/suspend`);
    const steps = await pathOf('session', id);
    expect(steps).to.have.length(2);
    expect(steps[1]).to.deep.include({ seq: 2, entry: 'session.suspended', from: 'active', state: 'suspended.own' });
  });

  it('tells what ends by its time, by a lost lease and by a heartbeat', async () => {
    const task = await world.session({ ttl_seconds: 60 });
    const service = await world.session({ lifecycle: 'service' });
    await post(`agents/${service}/heartbeat`, {});
    world.clock.advance(130_000);
    expect((await told('session', task)).at(-1)).to.deep.equal(['expired', 'terminated.expired']);
    expect((await told('session', service)).at(-1)).to.deep.equal(['lease.lost', 'suspended.own']);
  });

  it('ends the targets of a revoked edge themselves, and what is below them with them', async () => {
    const source = await world.session();
    const target = await world.session();
    const below = await world.session({ parent_id: target, parent_authority: 'none' });
    const id = await edge(source, target);
    await patch(`delegations/${id}/revoke`);
    expect((await told('session', target)).slice(-2)).to.deep.equal([
      ['authority.received', 'active'],
      ['terminated', 'terminated.ended'],
    ]);
    expect((await told('session', below)).at(-1)).to.deep.equal(['ancestor.terminated', 'terminated.ended']);
    expect(await told('edge', id)).to.deep.equal([
      [null, 'active'],
      ['revoked', 'revoked.ended'],
    ]);
  });

  it('ends sessions themselves that stood on what ended, under a parent that did too', async () => {
    const operator = { token: OPERATOR_TOKEN };
    await world.call('PUT', '/zones/z1/applications/app-a', { registration_method: 'managed' }, operator);
    const parent = await world.session();
    const child = await world.session({ parent_id: parent });
    await world.call('DELETE', '/zones/z1/applications/app-a', undefined, operator);
    for (const id of [parent, child]) {
      const { body } = await world.call('GET', `/zones/z1/agents/${id}`, undefined, operator);
      expect(body['termination_reason']).to.equal('application_ended');
      expect((await told('session', id)).at(-1)).to.deep.equal(['terminated', 'terminated.ended']);
    }
  });

  it('follows an edge that came with its session, and one whose time is over', async () => {
    const source = await world.session();
    const parent = await world.session();
    const given = await edge(source, parent);
    await world.session({ parent_id: parent, inherit_parent_edge_id: given });
    const { body } = await world.call('GET', '/zones/z1/delegations/active', undefined, { token: OPERATOR_TOKEN });
    const [mirrored = ''] = (body['items'] as { id: string }[]).map(({ id }) => id).filter((id) => id !== given);
    world.clock.advance(600_000);
    for (const id of [given, mirrored])
      expect(await told('edge', id)).to.deep.equal([
        [null, 'active'],
        ['expired', 'expired.ended'],
      ]);
  });

  it('follows an invocation through its attempts, by the count of them', async () => {
    const service = await post('agent-services', { application_id: 'app-a', endpoint_url: 'https://work.example' });
    const created = await post('invocations', {
      service_id: service['id'] ?? service['service_id'],
      idempotency_key: 'k-1',
      method: 'work',
      retry_policy: { max_attempts: 2, backoff_ms: 0 },
    });
    const id = String(created['id'] ?? created['invocation_id']);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      world.clock.advance(60_000);
      await patch(`invocations/${id}/start`);
      await patch(`invocations/${id}/complete`, { status: 'failed', error: { code: 'broken' } });
    }
    const steps = await told('invocation', id);
    const { body } = await world.call('GET', `/zones/z1/invocations/${id}`);
    expect(steps.map(([event]) => event)).to.deep.equal([null, 'started', 'failed', 'started', 'failed']);
    expect(steps.map(([, state]) => state)).to.deep.equal([
      'pending.queued',
      'running.executing',
      'pending.retrying',
      'running.executing',
      'completed.failed',
    ]);
    expect(body['status']).to.equal('failed');
  });

  it('is the same after a restart', async () => {
    const id = await world.session();
    await patch(`agents/${id}/suspend`);
    const before = await pathOf('session', id);
    await world.restart();
    expect(await pathOf('session', id)).to.deep.equal(before);
  });

  it('refuses whoever is not the operator, and what is not there', async () => {
    const id = await world.session();
    const codeOf = async (query: string, token?: string | null) => (await ask(query, token)).body['error'];
    expect(await codeOf(`zone=z1&kind=session&id=${id}`, null)).to.equal('missing_token');
    expect(await codeOf(`zone=z1&kind=session&id=${id}`, await world.token())).to.equal('operator_token_required');
    expect(await codeOf(`zone=z1&kind=service&id=${id}`)).to.equal('invalid_query');
    expect(await codeOf('zone=z1&kind=session&id=nobody')).to.equal('agent_not_found');
    expect(await codeOf('zone=z1&kind=edge&id=nothing')).to.equal('delegation_not_found');
    expect(await codeOf('zone=z1&kind=invocation&id=nothing')).to.equal('invocation_not_found');
  });

  it('lists the zones, those that are asleep too, and only to the operator', async () => {
    await world.session();
    const zones = async () => (await world.call('GET', '/inspector/zones', undefined, { token: OPERATOR_TOKEN })).body;
    expect(await zones()).to.deep.equal({
      items: [{ zone: 'z1', state: 'serving', reason: null, live: { session: 1 } }],
      next_cursor: null,
    });
    await world.restart();
    expect(await zones()).to.deep.include({ items: [{ zone: 'z1', state: 'asleep', reason: null, live: {} }] });
    expect((await world.call('GET', '/inspector/zones')).body['error']).to.equal('operator_token_required');
  });
});
