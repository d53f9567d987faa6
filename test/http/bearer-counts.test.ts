// The count that a request uses: unproven bearers have a separate count, and stops are not counted with other requests.
// Contract section 1, rows Limits and Cost.
import { expect } from 'chai';
import { STOPS_PER_MINUTE_MIN } from '../../src/http/admission/limits.ts';
import { OPERATOR_TOKEN, World, type Answered } from '../world/world.ts';
import { refusalOf } from './callers.ts';

const AGENTS = '/zones/z1/agents';
const LIMIT = '4';
const LOW = { COORDINATOR_RATE_LIMIT_PER_MIN: LIMIT, V1_RATE_LIMIT_PER_MIN: LIMIT, VERIFY_RATE_LIMIT_PER_MIN: LIMIT };
/** A token whose signature is wrong. */
const FORGED = (token: string) => `${token.slice(0, -8)}${'A'.repeat(8)}`;

describe('counts of requests by bearer', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create(LOW);
  });
  afterEach(() => world.destroy());

  const list = (token: string | null) => world.call('GET', AGENTS, undefined, { token });
  const begin = (token: string | null) => world.call('POST', '/v1/begin', {}, { token });
  const verify = (token: string) => world.call('POST', '/v1/verify', { token }, { token: null });
  const untilLimited = async (ask: () => Promise<Answered>): Promise<Answered> => {
    for (let time = 0; time <= Number(LIMIT); time += 1) {
      const answered = await ask();
      if (answered.status === 429) return answered;
    }
    throw new Error('no limit was reached');
  };

  it('count an unproven bearer separately, whatever is wrong with it', async () => {
    const token = await world.token();
    for (const worthless of [null, FORGED(token)]) {
      const refused = await untilLimited(() => list(worthless));
      expect(refused.body['details']).to.deep.equal({
        retryable: true,
        limit: 'zone_unproven',
        limit_per_minute: Number(LIMIT),
        counted_by: 'address',
      });
      expect(refused.headers.get('ratelimit')).to.match(/^"zone_unproven";r=0;t=\d+$/);
    }
    const first = await list(token).then(refusalOf);
    expect(first, 'a token that was not seen before').to.deep.equal([429, 'rate_limited']);
  });

  it('leave a proven token its own count', async () => {
    const token = await world.token();
    const first = await list(token);
    expect([first.status, first.headers.get('ratelimit')]).to.deep.equal([200, `"zone";r=3;t=60`]);
    await untilLimited(() => list(null));
    const after = await list(token);
    expect([after.status, after.headers.get('ratelimit-policy')]).to.deep.equal([200, '"zone";q=4;w=60']);
  });

  it('are reduced again when a bearer proves valid', async () => {
    for (const app of ['a', 'b', 'c', 'd']) {
      const answered = await list(await world.token({ app }));
      expect(answered.headers.get('ratelimit-policy')).to.equal('"zone";q=4;w=60');
    }
    expect((await list(null)).headers.get('ratelimit')).to.match(/^"zone_unproven";r=3;/);
  });

  it('never count the operator', async () => {
    await untilLimited(() => list(null));
    await untilLimited(async () => list(await world.token()));
    for (let time = 0; time < 2 * Number(LIMIT); time += 1) {
      const answered = await list(OPERATOR_TOKEN);
      expect([answered.status, answered.headers.get('ratelimit')]).to.deep.equal([200, null]);
    }
  });

  describe('admit a stop when all other limits of its address are used up:', () => {
    const ids: string[] = [];
    let token = '';
    const ways: readonly (readonly [name: string, stop: (id: string, bearer: string) => Promise<Answered>])[] = [
      ['suspend', (id, bearer) => world.call('PATCH', `${AGENTS}/${id}/suspend`, undefined, { token: bearer })],
      ['terminate', (id, bearer) => world.call('DELETE', `${AGENTS}/${id}`, undefined, { token: bearer })],
      [
        '/v1/end',
        (id, bearer) => world.call('POST', '/v1/end', { zone_id: 'z1', agent_session_id: id }, { token: bearer }),
      ],
    ];
    beforeEach(async () => {
      token = await world.token();
      ids.splice(0, ids.length, ...(await Promise.all(ways.map(() => world.session()))));
      for (const bearer of [null, FORGED(token)]) {
        await untilLimited(() => list(bearer));
        await untilLimited(() => begin(bearer));
      }
      await untilLimited(() => list(token));
      await untilLimited(() => begin(token));
    });

    it('with a token that was seen before', async () => {
      for (const [index, [name, stop]] of ways.entries()) {
        const stopped = await stop(ids[index] ?? '', token);
        expect(stopped.status, name).to.be.oneOf([200, 204]);
        expect(stopped.headers.get('ratelimit-policy')).to.equal(`"stop";q=${STOPS_PER_MINUTE_MIN};w=60`);
      }
    });

    it('with a token that was never seen', async () => {
      for (const [index, [name, stop]] of ways.entries()) {
        const unseen = await world.token({ sub: `unseen-${index}` });
        expect((await stop(ids[index] ?? '', unseen)).status, name).to.be.oneOf([200, 204]);
      }
    });

    it('of the operator', async () => {
      const [, suspend] = ways[0] ?? [];
      expect((await suspend?.(ids[0] ?? '', OPERATOR_TOKEN))?.status).to.equal(200);
    });

    it('by revoking an edge, at both routes', async () => {
      const revoke = await world.call('PATCH', '/zones/z1/delegations/none/revoke');
      expect(refusalOf(revoke)).to.deep.equal([404, 'delegation_not_found']);
      const body = { zone_id: 'z1', delegation_edge_id: 'none' };
      const v1 = await world.call('POST', '/v1/revoke-delegation', body);
      expect(refusalOf(v1)).to.deep.equal([404, 'delegation_not_found']);
    });

    it('and a token that is verified', async () => {
      expect((await verify(token)).status).to.equal(200);
    });
  });

  describe('of tokens to verify', () => {
    it('count unproven tokens separately', async () => {
      const token = await world.token();
      expect((await verify(token)).headers.get('ratelimit')).to.equal('"verify";r=3;t=60');
      const refused = await untilLimited(() => verify('nonsense'));
      expect(refused.body['details']).to.include({ limit: 'verify_unproven', limit_per_minute: 4 });
      expect((await verify(token)).status, 'seen before').to.equal(200);
      const bodiless = await world.call('POST', '/v1/verify', 'x', { token: null });
      expect(refusalOf(bodiless), 'counted as well').to.deep.equal([429, 'rate_limited']);
    });

    it('limit proven tokens too', async () => {
      const token = await world.token();
      const refused = await untilLimited(() => verify(token));
      expect(refused.body['details']).to.include({ limit: 'verify', limit_per_minute: 4, counted_by: 'address' });
    });
  });

  it('use the ordinary count for other methods and longer paths than those of a stop', async () => {
    const token = await world.token();
    await list(token);
    for (const [method, path] of [
      ['GET', `${AGENTS}/x/suspend`],
      ['PATCH', `${AGENTS}/x/y/suspend`],
      ['POST', `${AGENTS}/x`],
    ] as const) {
      const headers = (
        await world.raw(
          `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
        )
      ).toLowerCase();
      expect(headers, `${method} ${path}`).to.contain('ratelimit-policy: "zone";');
    }
  });
});
