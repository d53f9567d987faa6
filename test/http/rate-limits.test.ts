// How many requests a minute are taken, of whom, and what the others are told. Contract sections 1 and 10.
import { mock } from 'node:test';
import { expect } from 'chai';
import { RateLimit } from '../../src/http/admission/rate-limit.ts';
import { UNLIMITED } from '../world/unlimited.ts';
import { World, type Answered, type CallOptions } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

const AGENTS = '/zones/z1/agents';
const PRODUCT = Object.fromEntries(Object.keys(UNLIMITED).map((name) => [name, '']));

const statusesOf = async (times: number, ask: () => Promise<Answered>): Promise<number[]> => {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await ask()).status);
  return statuses;
};

describe('limits of requests a minute', () => {
  let world: World;
  const inWorld = async (environment: Record<string, string>, act: () => Promise<void>) => {
    world = await World.create(environment);
    try {
      await act();
    } finally {
      await world.destroy();
    }
  };
  const ask = (path: string, options: CallOptions = {}) =>
    world.call(path.startsWith('/v1') ? 'POST' : 'GET', path, undefined, options);

  it('are the contract’s unless they are set', () =>
    inWorld(PRODUCT, async () => {
      const policyOf = async (path: string) => (await ask(path)).headers.get('ratelimit-policy');
      expect(await policyOf(AGENTS)).to.equal('"zone";q=6000;w=60');
      expect(await policyOf('/zones/z1/resources')).to.equal('"zone";q=6000;w=60');
      expect(await policyOf('/v1/begin')).to.equal('"v1";q=3000;w=60');
      const token = await world.token();
      const verified = await world.call('POST', '/v1/verify', { token }, { token: null });
      expect(verified.headers.get('ratelimit-policy')).to.equal('"verify";q=600;w=60');
      expect(await policyOf('/v1/end')).to.equal('"stop";q=6000;w=60');
      expect(await policyOf('/ready')).to.equal('"ready";q=120;w=60');
      expect(await policyOf('/health')).to.equal(null);
      const { headers } = await new Callers(world).create({ service_id: 'nobody' });
      expect(headers.get('ratelimit-policy')).to.equal('"zone";q=6000;w=60, "invocation";q=1200;w=60');
      expect(headers.get('ratelimit')).to.match(/^"zone";r=5997;t=\d+, "invocation";r=1199;t=\d+$/);
    }));

  it('of 0 are none, and are not announced', () =>
    inWorld({}, async () => {
      for (const path of [AGENTS, '/v1/verify', '/ready']) {
        const { headers } = await ask(path);
        expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).to.deep.equal([null, null]);
      }
    }));

  it('refuse what is too much with the time to wait', () =>
    inWorld({ COORDINATOR_RATE_LIMIT_PER_MIN: '3' }, async () => {
      expect(await statusesOf(3, () => ask(AGENTS))).to.deep.equal([200, 200, 200]);
      const refused = await ask(AGENTS);
      expect(refusalOf(refused)).to.deep.equal([429, 'rate_limited']);
      expect(refused.body['details']).to.deep.equal({
        retryable: true,
        limit: 'zone',
        limit_per_minute: 3,
        counted_by: 'address',
      });
      expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 60);
      expect(refused.headers.get('ratelimit')).to.match(/^"zone";r=0;t=\d+$/);
      expect((await ask('/v1/begin')).status, 'another limit').to.equal(400);
      expect((await ask('/ready')).status).to.equal(200);
    }));

  it('begin anew after a minute', () =>
    inWorld({ COORDINATOR_RATE_LIMIT_PER_MIN: '1' }, async () => {
      mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
      try {
        expect(await statusesOf(2, () => ask(AGENTS))).to.deep.equal([200, 429]);
        mock.timers.setTime(1_059_000);
        expect((await ask(AGENTS)).headers.get('retry-after')).to.equal('1');
        mock.timers.setTime(1_060_000);
        expect(await statusesOf(2, () => ask(AGENTS))).to.deep.equal([200, 429]);
      } finally {
        mock.timers.reset();
      }
    }));

  it('come before authentication and before the body', () =>
    inWorld({ COORDINATOR_RATE_LIMIT_PER_MIN: '1' }, async () => {
      expect(await statusesOf(2, () => ask(AGENTS, { token: null }))).to.deep.equal([401, 429]);
      const head = `POST ${AGENTS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n`;
      expect(await world.raw(head)).to.match(/^HTTP\/1.1 429 /);
    }));

  it('cannot be walked around by writing a path in another way', () =>
    inWorld({ COORDINATOR_RATE_LIMIT_PER_MIN: '1', VERIFY_RATE_LIMIT_PER_MIN: '1' }, async () => {
      expect((await ask(AGENTS)).status).to.equal(200);
      for (const path of ['/ZONES/z1/agents', '/zones/z2/agents?x=1', '/zones/nowhere/at/all']) {
        expect((await ask(path)).status, path).to.equal(429);
      }
      const bearer = `authorization: Bearer ${await world.token()}`;
      const absolute = `GET http://elsewhere.example${AGENTS} HTTP/1.1\r\nhost: x\r\n${bearer}\r\nconnection: close\r\n\r\n`;
      expect(await world.raw(absolute)).to.match(/^HTTP\/1.1 429 /);
      const verify = (path: string) => world.call('POST', path, { token: 'x' }, { token: null });
      expect([(await verify('/v1/verify')).status, (await verify('/V1/Verify')).status]).to.deep.equal([401, 429]);
    }));

  it('never count /health', () =>
    inWorld({ READY_RATE_LIMIT_PER_MIN: '1' }, async () => {
      expect(await statusesOf(2, () => ask('/ready'))).to.deep.equal([200, 429]);
      expect(await statusesOf(3, () => ask('/health'))).to.deep.equal([200, 200, 200]);
    }));

  it('count /v1/verify apart from the rest of /v1', () =>
    inWorld({ V1_RATE_LIMIT_PER_MIN: '1', VERIFY_RATE_LIMIT_PER_MIN: '2' }, async () => {
      expect(await statusesOf(2, () => ask('/v1/begin'))).to.deep.equal([400, 429]);
      expect(await statusesOf(3, () => ask('/v1/verify'))).to.deep.equal([400, 400, 429]);
    }));

  it('count what an application writes of invocations in a zone, wherever it asks from', () =>
    inWorld({ INVOCATION_RATE_LIMIT_PER_MIN: '2' }, async () => {
      const callers = new Callers(world);
      const service = await callers.service();
      const id = await callers.invocation({ service_id: service });
      expect((await callers.create({ service_id: service }, { token: null })).status).to.equal(401);
      expect((await callers.move(id, 'start')).status).to.equal(200);
      const refused = await callers.move(id, 'complete', { status: 'succeeded' });
      expect(refusalOf(refused)).to.deep.equal([429, 'rate_limited']);
      expect(refused.body['details']).to.include({ limit: 'invocation', limit_per_minute: 2 });
      expect((await callers.get(id)).body['status'], 'reading goes on').to.equal('running');
      const other = await callers.create({ service_id: service }, { token: await world.token({ app: 'app-b' }) });
      expect(other.status, 'another application').to.equal(403);
      const elsewhere = await world.call('PATCH', '/zones/z2/invocations/x/start', undefined, {
        token: await world.token({ zone: 'z2' }),
      });
      expect(elsewhere.status, 'another zone').to.equal(404);
    }));

  it('remember a bounded number of callers, the latest', async () => {
    const limit = new RateLimit('few', 1, { callersMax: 2 });
    const isTaken = async (caller: string) => (await limit.take(caller)).refusal === null;
    for (const caller of ['a', 'b', 'c']) expect(await isTaken(caller)).to.equal(true);
    expect([await isTaken('b'), await isTaken('c')]).to.deep.equal([false, false]);
    expect(await isTaken('a'), 'forgotten for c').to.equal(true);
    expect(await isTaken('c'), 'still known').to.equal(false);
    expect(await isTaken('b'), 'forgotten for a').to.equal(true);
  });
});
