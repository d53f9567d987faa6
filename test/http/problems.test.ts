// Refusals as RFC 9457 spells them, for those who ask for that, and what asking means (RFC 9110, section 12.5.1).
import { expect } from 'chai';
import { World, type Answered } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';
const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json; charset=utf-8';

describe('a refusal', () => {
  let world: World;
  before(async () => {
    world = await World.create({ COORDINATOR_RATE_LIMIT_PER_MIN: '1000', READY_RATE_LIMIT_PER_MIN: '1' });
  });
  after(() => world.destroy());

  const ask = (method: string, path: string, accept: string, body?: unknown, token?: null): Promise<Answered> =>
    world.call(method, path, body, { headers: { accept }, ...(token === null ? { token } : {}) });
  const typeOf = ({ headers }: Answered) => headers.get('content-type');

  it('has the same facts in both shapes', async () => {
    const headers = { 'x-request-id': 'the-request' };
    const body = { labels: [1] };
    const house = await world.call('POST', AGENTS, body, { headers });
    const problem = await world.call('POST', AGENTS, body, { headers: { ...headers, accept: PROBLEM } });
    expect([typeOf(house), typeOf(problem)]).to.deep.equal([JSON_TYPE, PROBLEM]);
    expect(problem.status).to.equal(house.status).and.to.equal(400);
    expect(house.body).to.have.all.keys('error', 'error_description', 'requestId', 'details');
    expect(problem.body).to.deep.equal({
      type: 'urn:agent-coordinator:refusal:invalid_body',
      title: 'Invalid body',
      status: 400,
      detail: house.body['error_description'],
      instance: 'urn:agent-coordinator:request:the-request',
      error: 'invalid_body',
      requestId: 'the-request',
      details: house.body['details'],
    });
  });

  it('is a problem wherever it comes from', async () => {
    await world.call('GET', '/ready');
    const refused = [
      await ask('GET', '/nowhere', PROBLEM),
      await ask('PUT', AGENTS, PROBLEM),
      await ask('GET', AGENTS, PROBLEM, undefined, null),
      await ask('GET', `${AGENTS}/a%20b`, PROBLEM),
      await ask('GET', `${AGENTS}/unknown`, PROBLEM),
      await ask('POST', '/v1/verify', PROBLEM, '{'),
      await ask('GET', '/ready', PROBLEM),
    ];
    for (const answer of refused) {
      expect(typeOf(answer)).to.equal(PROBLEM);
      expect(answer.body['status']).to.equal(answer.status);
    }
    const codes = refused.map(({ body }) => body['error']);
    expect(codes.slice(0, 3)).to.deep.equal(['not_found', 'method_not_allowed', 'missing_token']);
    expect(codes.slice(3)).to.deep.equal(['invalid_params', 'agent_not_found', 'invalid_json', 'rate_limited']);
    expect(refused.at(-1)?.headers.get('retry-after')).to.match(/^\d+$/);
    expect(refused[2]?.headers.get('www-authenticate')).to.equal('Bearer');
    expect(refused[1]?.headers.get('allow')).to.equal('GET, HEAD, POST');
  });

  for (const [accept, type] of [
    ['*/*', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['text/html', JSON_TYPE],
    ['', JSON_TYPE],
    ['nonsense;;', JSON_TYPE],
    [`${PROBLEM};q=0, */*`, JSON_TYPE],
    [`${PROBLEM};q=0.5, application/json`, JSON_TYPE],
    [`application/json, ${PROBLEM}`, JSON_TYPE],
    [`${PROBLEM}, application/json`, PROBLEM],
    [`${PROBLEM}, application/json;q=0.9`, PROBLEM],
    [`application/json;q=0.2, ${PROBLEM};q=0.3`, PROBLEM],
    ['application/json;q=0, */*;q=0.1', PROBLEM],
    [`text/html, Application/Problem+JSON, */*;q=0.8`, PROBLEM],
  ] as const) {
    it(`is ${type} for "${accept}", and says that it depends`, async () => {
      const answer = await ask('GET', '/nowhere', accept);
      expect(typeOf(answer)).to.equal(type);
      expect(answer.headers.get('vary')).to.equal('Accept');
    });
  }

  it('is one thing, and an answer another: that is JSON whatever is asked for', async () => {
    const answer = await ask('GET', AGENTS, PROBLEM);
    expect([answer.status, typeOf(answer), answer.headers.get('vary')]).to.deep.equal([200, JSON_TYPE, null]);
  });
});
