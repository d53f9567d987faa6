// Wrong guesses at the operator token, the bearer of the metrics and tickets: limited per client address, without effect on
// clients behind the same address that have the right one. Contract sections 1 (Cost) and 2.
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { GUESSES_PER_MINUTE_MAX } from '../../src/http/admission/limits.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { refusalOf } from './callers.ts';

const SCRAPER = 'scraper-token-of-the-tests';
const WRONG = 'operator-token-of-somebody';
const STREAM = '/inspector/stream?zone=z1';

/** Every kind of route that accepts the operator token, and one that does not. */
const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/metrics'],
  ['GET', '/stats'],
  ['GET', STREAM],
  ['POST', '/inspector/tickets'],
  ['GET', '/inspector/zones'],
  ['GET', '/inspector/path?zone=z1&kind=session&id=x'],
  ['GET', '/zones/z1/agents'],
  ['GET', '/zones/z1/events'],
  ['PUT', '/zones/z1/applications/app-a'],
  ['POST', '/v1/begin'],
];

describe('wrong guesses', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create({ METRICS_BEARER: SCRAPER });
  });
  afterEach(() => world.destroy());

  const guess = (method: string, path: string, token: string = WRONG) => world.call(method, path, undefined, { token });
  const spend = async (times: number) => {
    for (let time = 0; time < times; time += 1) {
      expect(refusalOf(await guess('GET', '/stats'))).to.deep.equal([401, 'invalid_token']);
    }
  };
  const expectLimited = (answered: Answered, route: string) => {
    expect(refusalOf(answered), route).to.deep.equal([429, 'rate_limited']);
    const details = {
      retryable: true,
      limit: 'guesses',
      limit_per_minute: GUESSES_PER_MINUTE_MAX,
      counted_by: 'address',
    };
    expect(answered.body['details']).to.deep.equal(details);
    expect(Number(answered.headers.get('retry-after'))).to.be.within(1, 60);
  };

  it('are refused with the time to wait after so many, on every route that a secret opens', async () => {
    await spend(GUESSES_PER_MINUTE_MAX);
    for (const [method, path] of ROUTES) expectLimited(await guess(method, path), `${method} ${path}`);
  });

  it('are counted on every one of these routes', async () => {
    await spend(GUESSES_PER_MINUTE_MAX - ROUTES.length);
    for (const [method, path] of ROUTES) {
      expect(refusalOf(await guess(method, path)), path).to.deep.equal([401, 'invalid_token']);
    }
    expectLimited(await guess('GET', '/stats'), '/stats');
  });

  it('at the WebSocket and at its tickets are counted and limited too', async () => {
    const open = (query: string, protocols: readonly string[]) =>
      new Promise<number | undefined>((resolve, reject) => {
        const socket = new WebSocket(`${world.url.replace('http', 'ws')}/inspector/ws?zone=z1${query}`, [...protocols]);
        socket.on('unexpected-response', (request, response) => {
          request.destroy();
          resolve(response.statusCode);
        });
        socket.on('open', () => reject(new Error('A wrong guess opened the socket.')));
        socket.on('error', () => {});
      });
    const bearer = ['coordinator.inspector', `coordinator.bearer.${Buffer.from(WRONG).toString('base64url')}`];
    await spend(GUESSES_PER_MINUTE_MAX - 2);
    expect([await open('&ticket=guess', []), await open('', bearer)]).to.deep.equal([401, 401]);
    expect([await open('&ticket=guess', []), await open('', bearer)]).to.deep.equal([429, 429]);
  });

  it('do not refuse the right token of the same address, nor any token of an application', async () => {
    await spend(GUESSES_PER_MINUTE_MAX);
    expectLimited(await guess('GET', '/stats'), '/stats');
    const operator = { token: OPERATOR_TOKEN };
    expect((await world.call('GET', '/stats', undefined, operator)).status).to.equal(200);
    expect((await world.call('GET', STREAM, undefined, operator)).status).to.equal(200);
    expect((await world.call('GET', '/metrics', undefined, { token: SCRAPER })).status).to.equal(200);
    const session = await world.session();
    expect((await world.call('DELETE', `/zones/z1/agents/${session}`, undefined, operator)).status).to.equal(204);
  });

  it('count tokens of applications on operator routes', async () => {
    const token = await world.token();
    for (let time = 0; time < GUESSES_PER_MINUTE_MAX; time += 1) {
      expect(refusalOf(await guess('GET', '/stats', token))).to.deep.equal([403, 'operator_token_required']);
    }
    expectLimited(await guess('GET', '/metrics', token), '/metrics');
    expect((await guess('GET', '/stats', OPERATOR_TOKEN)).status).to.equal(200);
    expect((await guess('GET', '/zones/z1/agents', token)).status).to.equal(200);
  });

  it('do not count a token of an application that is refused for another reason, nor a request without one', async () => {
    const expired = await world.token({ ttlSeconds: -3_600 });
    for (let time = 0; time <= GUESSES_PER_MINUTE_MAX; time += 1) {
      expect(refusalOf(await guess('GET', '/zones/z1/agents', expired))).to.deep.equal([401, 'invalid_token']);
      const without = await world.call('GET', '/stats', undefined, { token: null });
      expect(refusalOf(without)).to.deep.equal([401, 'missing_token']);
    }
  });

  it('are counted for each client address', async () => {
    await world.restart({ TRUST_PROXY: 'true' });
    const from = (address: string) =>
      world.call('GET', '/stats', undefined, { token: WRONG, headers: { 'x-forwarded-for': address } });
    for (let time = 0; time < GUESSES_PER_MINUTE_MAX; time += 1) await from('192.0.2.1');
    expectLimited(await from('192.0.2.1'), '/stats');
    expect(refusalOf(await from('192.0.2.2'))).to.deep.equal([401, 'invalid_token']);
  });
});
