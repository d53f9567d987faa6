// `dry_run=true` on calls that know no dry run: it is a parameter like any other that they do not take, and makes nothing of
// theirs any different. What knows a dry run is tested with what it does.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';

describe('a dry run of what knows none', () => {
  let world: World;
  let callers: Callers;
  before(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  after(() => world.destroy());

  const START = { application_id: 'app-a' };
  const SERVICE = { application_id: 'app-a', endpoint_url: 'https://dry.example' };

  /** Each answers with its status, and changes the zone. */
  const calls: readonly [string, number, () => Promise<readonly [string, string, object?]>][] = [
    ['a start', 201, async () => ['POST', '/zones/z1/agents', START]],
    ['a start through /v1', 201, async () => ['POST', '/v1/begin', { ...START, zone_id: 'z1' }]],
    [
      'a child through /v1',
      201,
      async () => {
        const parent = await world.session();
        return ['POST', '/v1/spawn-child', { ...START, zone_id: 'z1', parent_agent_session_id: parent }];
      },
    ],
    ['a registration', 201, async () => ['POST', '/zones/z1/agent-services', SERVICE]],
    [
      'an invocation',
      201,
      async () => {
        const body = { service_id: await callers.service(), idempotency_key: 'dry', method: 'work' };
        return ['POST', '/zones/z1/invocations', body];
      },
    ],
    [
      'the start of an invocation',
      200,
      async () => {
        const id = await callers.invocation({ service_id: await callers.service() });
        return ['PATCH', `/zones/z1/invocations/${id}/start`];
      },
    ],
    [
      'a heartbeat',
      200,
      async () => ['POST', `/zones/z1/agents/${await world.session({ lifecycle: 'service' })}/heartbeat`, {}],
    ],
    ['a lease', 200, async () => ['POST', `/zones/z1/agents/${await world.session({ lifecycle: 'service' })}/lease`]],
    ['an entry in the directory', 200, async () => ['PUT', '/zones/z1/applications/x', { registration_method: 'dcr' }]],
  ];
  for (const [what, status, asked] of calls) {
    it(`is ${what}`, async () => {
      const [method, path, body] = await asked();
      const before = Number((await callers.list('limit=1')).headers.get('coordinator-seq'));
      const token = path.includes('/applications/') ? OPERATOR_TOKEN : await world.token();
      const answer = await world.call(method, `${path}?dry_run=true`, body, { token });
      expect(answer.status).to.equal(status);
      expect(answer.body).not.to.have.property('dry_run');
      expect(Number(answer.headers.get('coordinator-seq'))).to.equal(before + 1);
    });
  }

  it('never stops the zone', async () => {
    for (let n = 0; n < 10; n += 1) await world.call('POST', '/zones/z1/agents?dry_run=true', START);
    expect(itemsOf(await world.call('GET', '/zones/z1/agents')).length).to.be.at.least(10);
    expect((await world.call('GET', '/ready')).body['zones_faulted']).to.deep.equal([]);
  });
});

describe('a dry run that is misspelt', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  for (const [method, path] of [
    ['DELETE', ''],
    ['PATCH', '/suspend'],
    ['PATCH', '/resume'],
  ] as const) {
    it(`is refused and changes nothing: ${method} ${path}`, async () => {
      const id = await world.session();
      const { status, body } = await world.call(method, `/zones/z1/agents/${id}${path}?dryrun=true`);
      expect([status, body['error']]).to.deep.equal([400, 'invalid_query']);
      expect(JSON.stringify(body['details'])).to.contain('dryrun is not taken here');
      expect((await world.call('GET', `/zones/z1/agents/${id}`)).body['status']).to.equal('active');
    });
  }
});
