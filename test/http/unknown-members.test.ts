// Names that a route does not know: ignored and named, or refused where the caller asks for strict handling (RFC 7240).
import { expect } from 'chai';
import { unknownMembers } from '../../src/schemas/unknown-members.ts';
import { RegisterBody } from '../../src/schemas/service.ts';
import { StartBody } from '../../src/schemas/session.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';
const STRICT = { prefer: 'handling=strict' };
const START = { application_id: 'app-a' };

const ignoredIn = ({ headers }: Answered) => headers.get('coordinator-ignored');
const issuesOf = ({ body }: Answered) =>
  (body['details'] as { readonly issues: readonly { readonly path: string[] }[] }).issues.map(({ path }) =>
    path.join('.'),
  );

describe('the members that a schema does not know', () => {
  it('are found at every depth, except in free-form objects', () => {
    const body = {
      application_id: 'a',
      aplication: 1,
      framework: { nam: 1, name: 'x' },
      metadata: { any: { thing: 1 } },
    };
    expect(unknownMembers(RegisterBody, body, 10)).to.deep.equal([['aplication'], ['framework', 'nam']]);
  });

  it('do not include the properties of every object', () => {
    const body = JSON.parse('{"__proto__":1,"constructor":2,"toString":3}') as object;
    expect(unknownMembers(StartBody, body, 10)).to.deep.equal([['__proto__'], ['constructor'], ['toString']]);
  });

  it('are bounded in number', () => {
    expect(unknownMembers(StartBody, Object.fromEntries(Array.from('abcdef', (name) => [name, 1])), 3)).to.have.length(
      3,
    );
  });
});

describe('a name that a route does not know', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  it('is ignored in a body and in a query, and named', async () => {
    const answer = await world.call('POST', `${AGENTS}?dryrun=true`, {
      ...START,
      parnet_id: 'x',
      metadata: { free: 1 },
    });
    expect([answer.status, ignoredIn(answer)]).to.deep.equal([201, '?dryrun, parnet_id']);
    expect(answer.headers.get('preference-applied')).to.equal(null);
    const list = await world.call('GET', `${AGENTS}?lable=x`);
    expect([list.status, ignoredIn(list)]).to.deep.equal([200, '?lable']);
    expect(ignoredIn(await world.call('GET', AGENTS))).to.equal(null);
  });

  it('is named if the request is refused for another reason', async () => {
    const answer = await world.call('POST', '/v1/spawn-child', { ...START, zone_id: 'z1', parent_id: 'x' });
    expect([answer.status, ignoredIn(answer)]).to.deep.equal([400, 'parent_id']);
  });

  it('is refused if handling is strict, and nothing is changed', async () => {
    const before = (await world.call('GET', AGENTS)).body['items'];
    const body = await world.call('POST', AGENTS, { ...START, parnet_id: 'x' }, { headers: STRICT });
    expect([body.status, body.body['error'], issuesOf(body)]).to.deep.equal([400, 'invalid_body', ['parnet_id']]);
    expect([body.headers.get('preference-applied'), ignoredIn(body)]).to.deep.equal(['handling=strict', null]);
    const query = await world.call('GET', `${AGENTS}?lable=x`, undefined, { headers: STRICT });
    expect([query.status, query.body['error'], issuesOf(query)]).to.deep.equal([400, 'invalid_query', ['lable']]);
    expect((await world.call('GET', AGENTS)).body['items']).to.deep.equal(before);
  });

  it('is looked for on every kind of route', async () => {
    const v1 = await world.call('POST', '/v1/begin', { ...START, zone_id: 'z1', x: 1 }, { headers: STRICT });
    expect([v1.status, issuesOf(v1)]).to.deep.equal([400, ['x']]);
    const events = await world.call('GET', '/zones/z1/events?topcs=x', undefined, { headers: STRICT });
    expect([events.status, issuesOf(events)]).to.deep.equal([400, ['topcs']]);
    const followed = await world.call('GET', '/zones/z1/events?topcs=x');
    expect([followed.status, ignoredIn(followed)]).to.deep.equal([200, '?topcs']);
    const keys = await world.call('GET', '/.well-known/jwks.json?zone=z1', undefined, { headers: STRICT, token: null });
    expect([keys.status, issuesOf(keys)]).to.deep.equal([400, ['zone']]);
    const one = await world.call('GET', `${AGENTS}/nobody?as=x`, undefined, { headers: STRICT });
    expect([one.status, issuesOf(one)]).to.deep.equal([400, ['as']]);
    const registered = await world.call(
      'PUT',
      '/zones/z1/applications/app-x',
      { registration_method: 'managed', x: 1 },
      { headers: STRICT, token: OPERATOR_TOKEN },
    );
    expect([registered.status, issuesOf(registered)]).to.deep.equal([400, ['x']]);
  });

  it('does not affect a strict request without unknown names', async () => {
    const answer = await world.call('POST', AGENTS, { ...START, metadata: { x: { y: 1 } } }, { headers: STRICT });
    expect([answer.status, answer.headers.get('preference-applied')]).to.deep.equal([201, 'handling=strict']);
  });

  for (const [prefer, isStrict] of [
    ['handling=strict', true],
    ['wait=10, Handling = "strict"; a=b', true],
    ['respond-async,handling=strict', true],
    ['handling=lenient, handling=strict', false],
    ['xhandling=strict', false],
    ['handling', false],
    ['handling=strictly', false],
  ] as const) {
    it(`is ${isStrict ? 'refused' : 'ignored'} with Prefer: ${prefer}`, async () => {
      const { status } = await world.call('GET', `${AGENTS}?x=1`, undefined, { headers: { prefer } });
      expect(status).to.equal(isStrict ? 400 : 200);
    });
  }

  it('is named in a bounded header that it cannot forge', async () => {
    const odd = 'a\r\nset-cookie: x,\u20ac\ud800';
    const names = Object.fromEntries(
      [odd, 'x'.repeat(5_000), ...Array.from({ length: 100 }, (_, n) => `n${n}`)].map((name) => [name, 1]),
    );
    const answer = await world.call('POST', AGENTS, { ...START, ...names });
    const ignored = ignoredIn(answer) ?? '';
    expect(answer.status).to.equal(201);
    expect(ignored).to.match(/^a%0D%0Aset-cookie%3A%20x%2C%E2%82%AC%EF%BF%BD, x{64}, n0, .*, \.\.\.$/);
    expect(ignored.split(', ')).to.have.length(21);
    expect(answer.headers.get('set-cookie')).to.equal(null);
    const strict = await world.call('POST', AGENTS, { ...START, ...names }, { headers: STRICT });
    expect(issuesOf(strict)).to.have.length(20);
    expect(strict.text.length).to.be.lessThan(10_000);
  });
});
