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
      endpoint_url: 'http://a.example/',
      protocol_versions: [],
      framework_name: null,
      framework_version: null,
      capabilities: [],
      health: 'starting',
      metadata_json: {},
      last_heartbeat_at: new Date(world.clock.now()).toISOString(),
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
    'https:a.example',
    'https:\\\\a.example',
    'https://a.example\\@b.example',
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
    expect((await callers.register({}, { token: OPERATOR_TOKEN })).status).to.equal(403);
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
      const rest = await list(`?limit=2&cursor=${page.body['next_cursor'] as string}`);
      expect([itemsOf(rest).length, rest.body['next_cursor']]).to.deep.equal([1, null]);
    }
  });

  it('is registered with all that it may say of itself, and says all of it anew', async () => {
    const fields = {
      endpoint_url: 'HTTPS://F.example:8443/a?b=c#d',
      protocol_versions: ['1.0', '2.0'],
      framework: { name: 'f' },
      capabilities: ['b', 'a', 'b'],
      metadata: { region: 'eu' },
    };
    const { body } = await callers.register(fields);
    expect(body).to.deep.include({
      endpoint_url: 'https://f.example:8443/a?b=c#d',
      protocol_versions: ['1.0', '2.0'],
      framework_name: 'f',
      framework_version: null,
      capabilities: ['b', 'a', 'b'],
      metadata_json: { region: 'eu' },
    });
    const bare = (await callers.register({ endpoint_url: fields.endpoint_url, framework: null })).body;
    expect(bare).to.deep.include({
      id: body['id'],
      protocol_versions: [],
      framework_name: null,
      capabilities: [],
      metadata_json: {},
    });
  });

  for (const [what, fields] of [
    ['no application', { application_id: undefined }],
    ['no endpoint', { endpoint_url: undefined }],
    ['an endpoint that is null', { endpoint_url: null }],
    ['versions that are numbers', { protocol_versions: [1] }],
    ['an empty capability', { capabilities: [''] }],
    ['65 capabilities', { capabilities: Array(65).fill('x') }],
    ['a framework without a name', { framework: { version: '1' } }],
    ['a framework that is a word', { framework: 'f' }],
    ['metadata that is null', { metadata: null }],
    ['an application with a control character', { application_id: 'app-a\u0000' }],
  ] as const) {
    it(`is not registered with ${what}`, async () => {
      const { status, body } = await callers.register(fields);
      expect([status, body['error']]).to.deep.equal([400, 'invalid_body']);
      const { issues } = body['details'] as { issues: { path: string[] }[] };
      expect(issues[0]?.path[0]).to.equal(Object.keys(fields)[0]);
    });
  }

  it('keeps metadata of any shape as it is, also when a heartbeat merges into it', async () => {
    const hostile = '{"__proto__":{"a":1},"constructor":{"b":2}}';
    const path = '/zones/z1/agent-services';
    const post = (json: string) =>
      world.call('POST', path, `{"application_id":"app-a","endpoint_url":"https://g.example","metadata":${json}}`);
    const made = await post(hostile);
    expect(made.text).to.contain(`"metadata_json":${hostile}`);
    const beat = `{"service_id":"${String(made.body['id'])}","metadata":{"__proto__":{"c":3}}}`;
    const session = await world.session();
    const heard = await world.call('POST', `/zones/z1/agents/${session}/heartbeat`, beat);
    expect(heard.text).to.contain('"metadata_json":{"__proto__":{"c":3},"constructor":{"b":2}}');
    const nested = (levels: number) => `{"in":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect((await post(nested(64))).status).to.equal(201);
    expect(refusalOf(await post(nested(65)))).to.deep.equal([400, 'invalid_body']);
  });

  it('belongs to its zone, for tokens and for heartbeats', async () => {
    const service = await callers.service();
    const elsewhere = { token: await world.token({ zone: 'z2' }) };
    expect(refusalOf(await callers.register({}, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
    const list = await world.call('GET', '/zones/z1/agent-services', undefined, elsewhere);
    expect(refusalOf(list)).to.deep.equal([403, 'zone_mismatch']);
    const started = await world.call('POST', '/zones/z2/agents', { application_id: 'app-a' }, elsewhere);
    const path = `/zones/z2/agents/${String(started.body['agent_session_id'])}/heartbeat`;
    const beat = await world.call('POST', path, { service_id: service }, elsewhere);
    expect(refusalOf(beat)).to.deep.equal([404, 'agent_service_not_found']);
  });

  it('refuses a cursor that is no id', async () => {
    const refused = await world.call('GET', `/zones/z1/agent-services?cursor=nobody`);
    expect(refusalOf(refused)).to.deep.equal([400, 'invalid_cursor']);
    const answer = await world.call('GET', '/zones/z1/agent-services?limit=0');
    expect(refusalOf(answer)).to.deep.equal([400, 'invalid_query']);
  });

  it('answers an Idempotency-Key again with the service as it is, since registering updates it', async () => {
    const options = { headers: { 'idempotency-key': 'first-answer' } };
    const fields = { endpoint_url: 'https://h.example', capabilities: ['a'] };
    const first = await callers.register(fields, options);
    await callers.heartbeat(await world.session(), { service_id: first.body['id'] });
    const again = await callers.register(fields, options);
    expect(again.body).to.include({ id: first.body['id'], health: 'healthy' });
  });

  it('is one of twenty racing registrations of one endpoint', async () => {
    const race = () => callers.register({ endpoint_url: 'https://i.example' });
    const answers = await Promise.all(Array.from({ length: 20 }, race));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(20).fill(201));
    expect(new Set(answers.map(({ body }) => body['id'])).size).to.equal(1);
    const listed = (await callers.services()).filter((each) => each['endpoint_url'] === 'https://i.example/');
    expect(listed).to.have.length(1);
  });
});
