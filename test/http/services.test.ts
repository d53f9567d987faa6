// Service agents over HTTP: registering, updating, listing, and who may.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';

describe('a service agent', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  it('is registered with its defaults', async () => {
    const { status, body } = await callers.register({ endpoint_url: 'http://a.example' });
    expect(status).to.equal(201);
    expect(body).to.deep.equal({
      id: body['id'],
      zone_id: 'z1',
      application_id: 'app-a',
      endpoint_url: 'http://a.example',
      protocol_versions: [],
      framework_name: null,
      framework_version: null,
      capabilities: [],
      health: 'starting',
      metadata_json: {},
      last_heartbeat_at: null,
    });
  });

  it('is updated by a second registration of the same endpoint, whatever its health', async () => {
    const fields = { endpoint_url: 'https://b.example/x', capabilities: ['a'], metadata: { kept: false } };
    const first = (await callers.register(fields)).body;
    const session = await world.session({ lifecycle: 'service' });
    await callers.heartbeat(session, { service_id: first['id'], status: 'degraded' });
    const framework = { name: 'f', version: '1.2' };
    const { status, body } = await callers.register({ ...fields, framework, capabilities: ['b'], metadata: { n: 1 } });
    expect(status).to.equal(201);
    expect(body).to.include({ id: first['id'], health: 'degraded', framework_name: 'f', framework_version: '1.2' });
    expect([body['capabilities'], body['metadata_json']]).to.deep.equal([['b'], { n: 1 }]);
  });

  it('is another one for another application at the same endpoint', async () => {
    const fields = { endpoint_url: 'https://c.example' };
    const own = await callers.service(fields);
    const foreign = { token: await world.token({ app: 'app-b' }) };
    expect(await callers.service({ ...fields, application_id: 'app-b' }, foreign)).to.not.equal(own);
  });

  for (const endpoint of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user:password@a.example',
    'https://user@a.example',
    '/relative',
    'a.example',
    'https://',
    'https://a.example/ x',
    '',
    `https://a.example/${'x'.repeat(2_048)}`,
  ]) {
    it(`does not live at ${endpoint.slice(0, 40)}`, async () => {
      expect(refusalOf(await callers.register({ endpoint_url: endpoint }))).to.deep.equal([400, 'invalid_body']);
    });
  }

  it('is registered by its application, or for it', async () => {
    const as = async (scope: string) => ({ token: await world.token({ app: 'app-c', scope }) });
    const refused = [403, 'application_ownership_required'];
    expect(refusalOf(await callers.register({}, await as('')))).to.deep.equal(refused);
    expect(refusalOf(await callers.register({}, await as('coordinator.admin')))).to.deep.equal(refused);
    expect((await callers.register({}, await as('coordinator.spawn_for:app-a'))).status).to.equal(201);
    expect((await callers.register({}, { token: OPERATOR_TOKEN })).status).to.equal(401);
    // Who asks comes first, then what is asked, then whether it may be.
    const bad = { endpoint_url: 'ftp://a' };
    expect(refusalOf(await callers.register(bad, { token: null }))).to.deep.equal([401, 'missing_token']);
    expect(refusalOf(await callers.register(bad, await as('')))).to.deep.equal([400, 'invalid_body']);
  });

  it('is registered once for one Idempotency-Key', async () => {
    const options = { headers: { 'idempotency-key': 'service' } };
    const fields = { endpoint_url: 'https://d.example' };
    const first = await callers.register(fields, options);
    const again = await callers.register(fields, options);
    expect([again.status, again.headers.get('idempotency-replayed')]).to.deep.equal([201, 'true']);
    expect(again.body).to.deep.equal(first.body);
    const other = await callers.register({ ...fields, capabilities: ['x'] }, options);
    expect(refusalOf(other)).to.deep.equal([409, 'idempotency_key_conflict']);
  });

  it('is listed, the newest first, in pages, for any token of the zone and the operator, through restarts', async () => {
    const options = { token: await world.token({ zone: 'z9', app: 'app-a' }) };
    const ids: unknown[] = [];
    for (const n of [1, 2, 3]) {
      const body = { application_id: 'app-a', endpoint_url: `https://e.example/${n}`, metadata: { n } };
      ids.unshift((await world.call('POST', '/zones/z9/agent-services', body, options)).body['id']);
    }
    await world.restart();
    for (const token of [await world.token({ zone: 'z9', app: 'app-z' }), OPERATOR_TOKEN]) {
      const list = (query: string) => world.call('GET', `/zones/z9/agent-services${query}`, undefined, { token });
      expect(itemsOf(await list('')).map(({ id }) => id)).to.deep.equal(ids);
      const page = await list('?limit=2');
      expect(itemsOf(page).map(({ metadata_json: metadata }) => metadata)).to.deep.equal([{ n: 3 }, { n: 2 }]);
      const rest = await list(`?limit=2&cursor=${String(page.body['next_cursor'])}`);
      expect([itemsOf(rest).length, rest.body['next_cursor']]).to.deep.equal([1, null]);
    }
  });
});
