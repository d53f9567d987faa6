// Keys in use are renewed in the background from half their age on, and no step of the clock extends their trust. A newly
// published key is found, or the refusal says when to try again.

import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { authLimits } from '../../src/auth/limits.ts';
import { RemoteKeys } from '../../src/auth/remote/remote-keys.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { handClock, ISSUER, SCOPE, sign, signingKey, START, startKeyServer, until } from './token-world.ts';
import type { KeyServer, SigningKey } from './token-world.ts';

const { keySetAgeMs, keySetRenewalAgeMs, unknownKeyCooldownMs, failedFetchCooldownMs } = authLimits;
const HOUR = 3_600_000;

describe('the renewal of keys', () => {
  let server: KeyServer;
  let first: SigningKey;
  let second: SigningKey;

  before(async () => {
    first = await signingKey();
    second = await signingKey();
  });

  beforeEach(async () => {
    server = await startKeyServer();
    server.publish(first);
  });

  afterEach(() => server.close());

  const world = () => {
    const clock = handClock();
    const ages = new Ages(clock);
    const failures: string[] = [];
    const { keysOf } = new RemoteKeys({
      stsUrl: server.url,
      ages,
      onRenewalFailed: (zone) => failures.push(zone),
    });
    const { verify, recall } = createVerifier({ issuer: ISSUER, keysOf, scope: SCOPE, ages });
    return { clock, failures, recall, verify: async (token: string) => verify(token) };
  };

  const tokenOf = (key: SigningKey, sub = 'user-1') => sign(key, { sub, exp: START / 1000 + 86_400 });

  const outcome = (verdict: Promise<object>): Promise<unknown> =>
    verdict.then(
      (value) => ('code' in value ? value.code : 'accepted'),
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );

  for (const kind of ['the same token, which is answered from memory', 'other tokens']) {
    it(`begins at half their age with ${kind}, and does not make the caller wait`, async () => {
      const { clock, verify, recall } = world();
      const early = await tokenOf(first);
      const late = kind.startsWith('the same') ? early : await tokenOf(first, 'user-2');
      await verify(early);
      clock.instant = START + keySetRenewalAgeMs - 1;
      expect(await outcome(verify(late))).to.equal('accepted');
      expect(server.requests).to.have.length(1);
      clock.instant = START + keySetRenewalAgeMs;
      if (late === early) expect(recall(early)).to.have.property('kind', 'bearer');
      else expect(await outcome(verify(await tokenOf(first, 'user-3')))).to.equal('accepted');
      await until(() => server.requests.length === 2);
    });
  }

  it('serves callers without a wait when the first keys are too old, even with the issuer down', async () => {
    const { clock, verify } = world();
    await verify(await tokenOf(first));
    clock.instant = START + keySetRenewalAgeMs;
    await verify(await tokenOf(first, 'user-2'));
    await until(() => server.requests.length === 2);
    server.publish(second);
    // The first attempt may still share the renewal, which was answered before the second key was published.
    const attempts = [];
    while (attempts.at(-1) !== 'accepted' && attempts.length < 5) {
      clock.instant += unknownKeyCooldownMs;
      attempts.push(await outcome(verify(await tokenOf(second))));
    }
    expect(attempts.at(-1)).to.equal('accepted');
    await server.close();
    clock.instant = START + keySetAgeMs + 1;
    expect(await outcome(verify(await tokenOf(second, 'user-3')))).to.equal('accepted');
  });

  it('is one fetch at a time, however many use the keys', async () => {
    const { clock, verify } = world();
    await verify(await tokenOf(first));
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => tokenOf(first, `late-${index}`)));
    clock.instant = START + keySetRenewalAgeMs;
    await Promise.all(tokens.map(verify));
    await until(() => server.requests.length === 2);
    await Promise.all(tokens.map(verify));
    expect(server.requests).to.have.length(2);
  });

  it('that fails is reported and tried again, and the keys stay in use until they are too old', async () => {
    const { clock, failures, verify } = world();
    await verify(await tokenOf(first));
    server.answer = (response) => response.writeHead(500).end();
    clock.instant = START + keySetRenewalAgeMs;
    await verify(await tokenOf(first, 'user-2'));
    await until(() => failures.length === 1);
    await verify(await tokenOf(first, 'user-3'));
    expect(server.requests, 'not again at once').to.have.length(2);
    clock.instant += failedFetchCooldownMs;
    expect(await outcome(verify(await tokenOf(first, 'user-4')))).to.equal('accepted');
    await until(() => failures.length === 2);
    clock.instant = START + keySetAgeMs;
    expect(await outcome(verify(await tokenOf(first, 'user-5')))).to.equal('issuer_unavailable');
  });

  it('takes a withdrawn key out of use, also for a token that was proven with it', async () => {
    const { clock, verify, recall } = world();
    const token = await tokenOf(first);
    await verify(token);
    server.publish(second);
    clock.instant = START + keySetRenewalAgeMs;
    recall(token);
    await until(() => server.requests.length === 2);
    clock.instant += unknownKeyCooldownMs;
    expect(await outcome(verify(await tokenOf(second))), 'the renewed keys are in use').to.equal('accepted');
    clock.instant = START + keySetRenewalAgeMs * 1.6;
    recall(token);
    await until(() => recall(token) === undefined);
    expect(await outcome(verify(token))).to.equal('invalid_token');
  });

  describe('for a newly published key', () => {
    it('refuses with the time to wait, and finds the key after that time', async () => {
      const { clock, verify } = world();
      await verify(await tokenOf(first));
      server.publish(first, second);
      clock.instant = START + 1_500;
      const token = await tokenOf(second);
      const verdict = await verify(token);
      expect(verdict).to.include({ code: 'invalid_token', retryAfterSeconds: 4 });
      clock.instant += 4_000;
      expect(await outcome(verify(token))).to.equal('accepted');
      expect(server.requests).to.have.length(2);
    });

    it('names the time also if the fetch did not find the key', async () => {
      const { clock, verify } = world();
      await verify(await tokenOf(first));
      clock.instant = START + unknownKeyCooldownMs;
      for (let time = 0; time < 3; time += 1) {
        expect(await verify(await tokenOf(second))).to.include({ code: 'invalid_token', retryAfterSeconds: 5 });
      }
      expect(server.requests).to.have.length(2);
    });
  });

  for (const [what, there, back] of [
    ['backwards by less than the age of the keys', 0, -keySetRenewalAgeMs / 2],
    ['backwards by an hour', 0, -HOUR],
    ['forwards by an hour, and back again', HOUR, -HOUR],
  ] as const) {
    it(`does not trust keys or proofs for longer after a step ${what}`, async () => {
      const { clock, verify, recall } = world();
      const token = await tokenOf(first);
      await verify(token);
      clock.instant = START + keySetRenewalAgeMs - 1;
      await verify(token);
      server.publish(second);
      clock.instant += there;
      if (there > 0) expect(await outcome(verify(token))).to.equal('invalid_token');
      clock.instant += back;
      expect(recall(token)).to.equal(undefined);
      expect(await outcome(verify(token))).to.equal('invalid_token');
    });
  }
});
