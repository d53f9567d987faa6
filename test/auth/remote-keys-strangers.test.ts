// Unsigned tokens name zones and key ids that do not exist. They cost a bounded number of fetches and bytes, and neither evict
// the keys of real zones nor delay their fetches. Contract section 2.

import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { authLimits, type AuthLimits } from '../../src/auth/limits.ts';
import { RemoteKeys } from '../../src/auth/remote/remote-keys.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { assemble, claims, handClock, ISSUER, rejection, SCOPE, sign, signingKey, START } from './token-world.ts';
import { startKeyServer, until, type KeyServer, type SigningKey } from './token-world.ts';

const FLOOD = 10_000;
const { keySetAgeMs, keySetRenewalAgeMs, unknownKeyCooldownMs } = authLimits;

/** An unsigned token: it needs only the issuer's name. */
const unsigned = (zone: string, kid = 'invented') =>
  assemble({ alg: 'ES256', kid }, claims({ zone_id: zone }), 'A'.repeat(86));

describe('keys of zones that only unsigned tokens name', () => {
  let server: KeyServer;
  let key: SigningKey;

  before(async () => {
    key = await signingKey();
  });

  beforeEach(async () => {
    server = await startKeyServer();
    const real = JSON.stringify({ keys: [key.jwk] });
    server.answer = (response, zone) => response.writeHead(200).end(zone.startsWith('z') ? real : '{"keys":[]}');
  });

  afterEach(() => server.close());

  const world = ({ isStored = false, ...changes }: Partial<AuthLimits> & { isStored?: boolean } = {}) => {
    const clock = handClock();
    const ages = new Ages(clock);
    const limits = { ...authLimits, ...changes };
    const keys = new RemoteKeys({
      stsUrl: server.url,
      ages,
      limits,
      isStored: async (zone) => isStored && zone === 'z1',
    });
    const { verify } = createVerifier({
      issuer: ISSUER,
      keysOf: keys.keysOf,
      scope: SCOPE,
      ages,
      limits,
    });
    return { clock, keysOf: keys.keysOf, verify: async (token: string) => verify(token) };
  };

  const outcome = (verdict: Promise<object>): Promise<unknown> =>
    verdict.then(
      (value) => ('code' in value ? value.code : 'accepted'),
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );

  const fetchesOf = (zone: string) => server.requests.filter((path) => path.endsWith(`zone_id=${zone}`)).length;

  it('do not affect a valid caller, although ten thousand are named', async () => {
    const { clock, verify } = world();
    expect(await outcome(verify(await sign(key)))).to.equal('accepted');
    const fresh = await Promise.all(Array.from({ length: 40 }, (_, index) => sign(key, { sub: `user-${index}` })));
    const flood = Array.from({ length: FLOOD }, (_, index) => outcome(verify(unsigned(`invented-${index}`))));
    // From half the age on the keys are renewed while the flood takes every slot of unproven zones.
    clock.instant = START + keySetRenewalAgeMs;
    for (const token of fresh) expect(await outcome(verify(token))).to.equal('accepted');
    const refused = await Promise.all(flood);
    expect(new Set(refused)).to.have.members(['invalid_token', 'issuer_unavailable']).and.have.property('size', 2);
    clock.instant = START + keySetAgeMs;
    expect(await outcome(verify(await sign(key, { sub: 'late', exp: START / 1000 + 7200 })))).to.equal('accepted');
    // The first fetch, the renewal at half the age, and possibly the next one: half the age has just passed again.
    expect(fetchesOf('z1')).to.be.within(2, 3);
  });

  it('are fetched a few at a time, and a bounded number waits', async () => {
    let open = 0;
    let openMax = 0;
    server.answer = (response) => {
      open += 1;
      openMax = Math.max(openMax, open);
      setImmediate(() => {
        open -= 1;
        response.writeHead(200).end('{"keys":[]}');
      });
    };
    const { verify } = world({ strangerKeySetFetchesMax: 4, keySetFetchesWaitingMax: 50 });
    await Promise.all(Array.from({ length: 500 }, (_, index) => outcome(verify(unsigned(`invented-${index}`)))));
    expect(openMax).to.be.within(1, 4);
    expect(server.requests).to.have.length(54);
  });

  it('do not evict the keys of a zone that has proven a token', async () => {
    const { keysOf, verify } = world({ strangerKeySetsMax: 2, absentZonesMax: 2 });
    await verify(await sign(key));
    for (const zone of ['z2', 'z3', 'z4', 'none-1', 'none-2', 'none-3']) await keysOf(zone);
    await verify(await sign(key, { sub: 'user-2' }));
    expect(fetchesOf('z1')).to.equal(1);
    await keysOf('z2');
    expect(fetchesOf('z2'), 'unproven zones evict each other').to.equal(2);
  });

  describe('while the issuer answers nothing about them', () => {
    let hanging: ServerResponse[];
    beforeEach(() => {
      hanging = [];
      const { answer } = server;
      server.answer = (response, zone) => {
        if (zone.startsWith('z')) answer(response, zone);
        else hanging.push(response);
      };
    });

    const few = { strangerKeySetFetchesMax: 1, keySetFetchesWaitingMax: 1 };
    const fill = async (verify: (token: string) => Promise<object>) => {
      const flood = ['a', 'b'].map((zone) => outcome(verify(unsigned(zone))));
      expect(await outcome(verify(unsigned('c')))).to.equal('issuer_unavailable');
      return flood;
    };
    const release = async (flood: readonly Promise<unknown>[]) => {
      await server.close();
      expect(await Promise.all(flood)).to.deep.equal(['issuer_unavailable', 'issuer_unavailable']);
    };

    it('do not delay a zone that is stored, at its very first token', async () => {
      const { verify } = world({ ...few, isStored: true });
      const flood = await fill(verify);
      expect(await outcome(verify(await sign(key)))).to.equal('accepted');
      expect(await outcome(verify(await sign(key, { zone_id: 'z2' })))).to.equal('issuer_unavailable');
      await release(flood);
    });

    it('do not delay a zone that has proven a token, when its keys are too old', async () => {
      const { clock, verify } = world(few);
      await verify(await sign(key));
      const flood = await fill(verify);
      clock.instant = START + keySetAgeMs;
      expect(await outcome(verify(await sign(key)))).to.equal('accepted');
      await release(flood);
    });

    it('let an unknown key id of a real zone wait for no slot, and say when to try again', async () => {
      const { clock, verify } = world(few);
      await verify(await sign(key));
      const flood = await fill(verify);
      clock.instant = START + unknownKeyCooldownMs;
      const verdict = await verify(unsigned('z1'));
      expect(verdict).to.include({ code: 'invalid_token', retryAfterSeconds: 1 });
      expect(fetchesOf('z1')).to.equal(1);
      await release(flood);
    });

    it('wait no longer than a fetch may take', async () => {
      const { clock, keysOf } = world({ ...few, keySetFetchesWaitingMax: 2 });
      const [first, late, last] = [keysOf('a'), keysOf('b'), keysOf('c')];
      await until(() => hanging.length > 0);
      clock.instant = START + authLimits.keySetTimeoutMs + 1;
      hanging[0]?.writeHead(200).end('{"keys":[]}');
      await first;
      expect(await rejection(late)).to.have.property('code', 'issuer_unavailable');
      expect(await rejection(last)).to.have.property('code', 'issuer_unavailable');
      expect(hanging).to.have.length(1);
    });
  });

  it('without a key are remembered for a moment, and then fetched again', async () => {
    const { clock, verify } = world();
    const verdicts = [await verify(unsigned('none')), await verify(unsigned('none'))];
    for (const verdict of verdicts) expect(verdict).to.include({ code: 'invalid_token', retryAfterSeconds: 5 });
    expect(server.requests).to.have.length(1);
    server.publish(key);
    clock.instant = START + unknownKeyCooldownMs;
    expect(await outcome(verify(await sign(key, { zone_id: 'none' })))).to.equal('accepted');
    expect(server.requests).to.have.length(2);
  });
});
