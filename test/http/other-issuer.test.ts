// A coordinator whose tokens come from an issuer elsewhere, beside strangers who name zones that do not exist.
import { expect } from 'chai';
import { assemble, claims, ISSUER, sign, signingKey, startKeyServer } from '../auth/token-world.ts';
import type { KeyServer, SigningKey } from '../auth/token-world.ts';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';

const AGENTS = '/zones/z1/agents';
/** As many as take every slot of strangers, and more that wait for one. */
const STRANGERS = 40;

describe('an issuer elsewhere', () => {
  let server: KeyServer;
  let key: SigningKey;
  let world: World;

  beforeEach(async () => {
    [server, key] = [await startKeyServer(), await signingKey()];
    server.publish(key);
    world = await World.create({ ISSUER_URL: ISSUER, STS_URL: server.url });
  });
  afterEach(async () => {
    await server.close();
    await world.destroy();
  });

  const tokenOf = (by: SigningKey, sub = 'user-1') => {
    const now = Math.floor(world.clock.now() / 1000);
    return sign(by, { sub, sid: 's1', iat: now, exp: now + 3_600 });
  };

  it('is asked at once for a zone that is stored, though strangers take every fetch', async () => {
    const path = `${AGENTS}/${await world.session({}, { token: await tokenOf(key) })}`;
    await world.restart();
    const publish = server.answer;
    let unanswered = 0;
    server.answer = (response, zone) => {
      if (zone === 'z1') publish(response, zone);
      else unanswered += 1;
    };
    const strangers = Array.from({ length: STRANGERS }, async (_, index) => {
      const zone = `invented-${index}`;
      const token = assemble({ alg: 'ES256', kid: 'x' }, claims({ zone_id: zone }), 'A'.repeat(86));
      return (await world.call('GET', `/zones/${zone}/agents/x`, undefined, { token })).status;
    });
    const token = await tokenOf(key, 'user-2');
    expect((await world.call('GET', path, undefined, { token })).status).to.equal(200);
    expect(unanswered).to.be.below(STRANGERS);
    await server.close();
    expect(new Set(await Promise.all(strangers))).to.deep.equal(new Set([503]));
    expect((await world.call('GET', path, undefined, { token })).status).to.equal(200);
  });

  it('that published a key a moment ago: the refusal says when to try again, to verify too', async () => {
    await world.session({}, { token: await tokenOf(key) });
    const second = await signingKey();
    server.publish(key, second);
    const token = await tokenOf(second);
    const refused = await world.call('GET', AGENTS, undefined, { token });
    expect(refusalOf(refused)).to.deep.equal([401, 'invalid_token']);
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 5);
    const asked = await world.call('POST', '/v1/verify', { token }, { token: null });
    expect([asked.status, asked.body['valid']]).to.deep.equal([401, false]);
    const retryAfter = Number(asked.headers.get('retry-after'));
    expect(retryAfter).to.be.within(1, 5);
    world.clock.advance(retryAfter * 1_000);
    expect((await world.call('GET', AGENTS, undefined, { token })).status).to.equal(200);
  });
});
