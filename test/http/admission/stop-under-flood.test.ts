// A stop while its client address floods the server with reads and worthless bearers: it is answered, never refused as too many or
// overloaded, and soon. How soon on a quiet machine is measured by `npm run bench -- flood`.
import { expect } from 'chai';
import { UNLIMITED } from '../../world/unlimited.ts';
import { OPERATOR_TOKEN, World } from '../../world/world.ts';

const AGENTS = '/zones/z1/agents';
const CONNECTIONS = 24;
const STOPS = 8;
/** The limits of the product: the flood uses up those of its address. */
const PRODUCT = Object.fromEntries(Object.keys(UNLIMITED).map((name) => [name, '']));
/** Generous: other tests may share the machine. */
const MEDIAN_MS_MAX = 2_000;

describe('a stop under a flood', () => {
  let world: World;
  before(async () => {
    world = await World.create({ ...PRODUCT, COORDINATOR_RATE_LIMIT_PER_MIN: '400' });
  });
  after(() => world.destroy());

  it('is answered, by the operator and by the application, and so is a verification', async () => {
    const token = await world.token();
    const sessions = await Promise.all(Array.from({ length: 2 * STOPS }, () => world.session()));
    const paths = [`${AGENTS}?limit=500`, AGENTS, `${AGENTS}/${sessions[0]}`, '/zones/z1/delegations/active?limit=500'];
    const tokens = [token, 'not.a.token', `${token.slice(0, -8)}AAAAAAAA`];
    const statuses = new Map<number, number>();
    const over = new AbortController();
    const flood = async (connection: number): Promise<void> => {
      for (let n = connection; !over.signal.aborted; n += 1) {
        const authorization = `Bearer ${tokens[n % tokens.length]}`;
        const response = await fetch(`${world.url}${paths[n % paths.length]}`, { headers: { authorization } });
        await response.arrayBuffer();
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      }
    };
    const flooding = Promise.all(Array.from({ length: CONNECTIONS }, (_, n) => flood(n)));
    while ((statuses.get(429) ?? 0) < CONNECTIONS) await new Promise((resolve) => setImmediate(resolve));

    const times: number[] = [];
    const timed = async (method: string, path: string, bearer: string | null, body?: object): Promise<void> => {
      const startedAt = performance.now();
      const { status } = await world.call(method, path, body, { token: bearer });
      times.push(performance.now() - startedAt);
      expect(status, `${method} ${path}`).to.equal(200);
    };
    for (let n = 0; n < STOPS; n += 1) {
      await timed('PATCH', `${AGENTS}/${sessions[n]}/suspend`, OPERATOR_TOKEN);
      await timed('PATCH', `${AGENTS}/${sessions[STOPS + n]}/suspend`, token);
      await timed('POST', '/v1/verify', null, { token });
    }
    over.abort();
    await flooding;
    expect([...statuses.keys()], 'of the flood').to.include(429);
    expect(times.toSorted((a, b) => a - b)[times.length >> 1]).to.be.lessThan(MEDIAN_MS_MAX);
  }).timeout(60_000);
});
