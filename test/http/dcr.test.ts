// Applications that registered themselves: each runs one root task session at a time, with nothing below it.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Registry } from './registry.ts';

const DCR = { registration_method: 'dcr' };
const SCOPES = 'coordinator.spawn_for:app-b coordinator.spawn_under:app-b coordinator.spawn_under:app-d';

describe('an application that registered itself', () => {
  let world: World;
  let registry: Registry;
  beforeEach(async () => {
    world = await World.create();
    registry = new Registry(world);
    await registry.put('applications', 'app-d', DCR);
  });
  afterEach(() => world.destroy());

  const dcr = async () => ({ token: await world.token({ app: 'app-d', scope: SCOPES }) });
  const ask = async (fields: object, path = '/zones/z1/agents') =>
    world.call('POST', path, { application_id: 'app-d', ...fields }, await dcr());
  const run = async (fields: object = {}) => world.session({ application_id: 'app-d', ...fields }, await dcr());

  it('runs a task at the root', async () => {
    const answer = await ask({});
    expect([answer.status, answer.body['application_id'], answer.body['depth']]).to.deep.equal([201, 'app-d', 0]);
  });

  it('cannot run a service, at the root or below, through either door', async () => {
    const parent = await world.session({ application_id: 'app-b', lifecycle: 'service' }, await dcr());
    const refused = [409, 'dcr_application_cannot_host_service'];
    expect(refusalOf(await ask({ lifecycle: 'service' }))).to.deep.equal(refused);
    expect(refusalOf(await ask({ zone_id: 'z1', lifecycle: 'service' }, '/v1/begin'))).to.deep.equal(refused);
    expect(refusalOf(await ask({ lifecycle: 'service', parent_id: parent }))).to.deep.equal(refused);
  });

  it('cannot run below another application, through either door', async () => {
    const parent = await world.session({ application_id: 'app-b' }, await dcr());
    const refused = [409, 'dcr_application_cannot_be_child'];
    expect(refusalOf(await ask({ parent_id: parent }))).to.deep.equal(refused);
    const child = await ask({ zone_id: 'z1', parent_agent_session_id: parent }, '/v1/spawn-child');
    expect(refusalOf(child)).to.deep.equal(refused);
  });

  it('cannot have anything below it, of its own or of another application, through either door', async () => {
    const parent = await run();
    const refused = [409, 'dcr_application_cannot_spawn'];
    expect(refusalOf(await ask({ parent_id: parent }))).to.deep.equal(refused);
    expect(refusalOf(await ask({ application_id: 'app-b', parent_id: parent }))).to.deep.equal(refused);
    const child = await ask({ zone_id: 'z1', parent_agent_session_id: parent }, '/v1/spawn-child');
    expect(refusalOf(child)).to.deep.equal(refused);
  });

  it('is asked first whether it may start below the parent at all', async () => {
    const parent = await run();
    const answer = await world.call('POST', '/zones/z1/agents', { application_id: 'app-a', parent_id: parent });
    expect(refusalOf(answer)).to.deep.equal([403, 'parent_ownership_required']);
  });

  it('cannot run a second session while its first lives, suspended too', async () => {
    const first = await run();
    const refused = [409, 'dcr_application_already_bound'];
    expect(refusalOf(await ask({}))).to.deep.equal(refused);
    await world.call('PATCH', `/zones/z1/agents/${first}/suspend`, undefined, await dcr());
    expect(refusalOf(await ask({ subject_session_id: 'user-2' }))).to.deep.equal(refused);
    expect(refusalOf(await ask({ zone_id: 'z1' }, '/v1/begin'))).to.deep.equal(refused);
    await world.restart();
    expect(refusalOf(await ask({}))).to.deep.equal(refused);
  });

  it('may run another once the first has ended, or its time has run out', async () => {
    const first = await run({ ttl_seconds: 60 });
    await world.call('DELETE', `/zones/z1/agents/${first}`, undefined, await dcr());
    await run({ ttl_seconds: 60 });
    world.clock.advance(59_999);
    expect(refusalOf(await ask({}))).to.deep.equal([409, 'dcr_application_already_bound']);
    world.clock.advance(1);
    expect((await ask({})).status).to.equal(201);
  });

  it('gets one session of many starts that race', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask({})));
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    const others = answers.filter(({ status }) => status !== 201).map(({ body }) => body['error']);
    expect(others).to.deep.equal(Array(9).fill('dcr_application_already_bound'));
  });

  it('is answered again under its key, where a new start would be refused', async () => {
    const keyed = { ...(await dcr()), headers: { 'idempotency-key': 'k' } };
    const body = { application_id: 'app-d' };
    const first = await world.call('POST', '/zones/z1/agents', body, keyed);
    const again = await world.call('POST', '/zones/z1/agents', body, keyed);
    expect([first.status, again.status]).to.deep.equal([201, 200]);
    expect(again.body).to.deep.equal(first.body);
  });

  it('binds no other application, and no other zone', async () => {
    await run();
    await registry.put('applications', 'app-e', DCR);
    const other = { token: await world.token({ app: 'app-e' }) };
    expect((await world.call('POST', '/zones/z1/agents', { application_id: 'app-e' }, other)).status).to.equal(201);
    const elsewhere = { token: await world.token({ app: 'app-d', zone: 'z2' }) };
    for (const lifecycle of ['task', 'service']) {
      const answer = await world.call('POST', '/zones/z2/agents', { application_id: 'app-d', lifecycle }, elsewhere);
      expect(answer.status).to.equal(201);
    }
  });

  it('is free of all that once it is managed, and bound once it is not', async () => {
    await run();
    await registry.register('applications', 'app-d');
    const root = await run({ lifecycle: 'service' });
    await run({ parent_id: root });
    await registry.put('applications', 'app-d', DCR);
    expect(refusalOf(await ask({}))).to.deep.equal([409, 'dcr_application_already_bound']);
    expect(refusalOf(await ask({ parent_id: root }))).to.deep.equal([409, 'dcr_application_cannot_spawn']);
  });

  it('is refused as unknown, not as dcr, when it has ended', async () => {
    await registry.archive('applications', 'app-d');
    const token = await world.token({ scope: 'coordinator.spawn_for:app-d' });
    const body = { application_id: 'app-d', lifecycle: 'service' };
    const answer = await world.call('POST', '/zones/z1/agents', body, { token });
    expect(refusalOf(answer)).to.deep.equal([404, 'application_not_found']);
  });
});
