// An external issuer over real HTTP: rotation, silence, nonsense, and what is remembered of each.

import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { authLimits, type AuthLimits } from '../../src/auth/limits.ts';
import { RemoteKeys } from '../../src/auth/remote/remote-keys.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { handClock, ISSUER, rejection, SCOPE, sign, signingKey, START, startKeyServer } from './token-world.ts';
import type { KeyServer, SigningKey } from './token-world.ts';

const MINUTE = 60_000;

describe('the keys of an external issuer', () => {
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

  const world = (changes: Partial<AuthLimits> = {}) => {
    const clock = handClock();
    const limits = { ...authLimits, ...changes };
    const { keysOf } = new RemoteKeys({ stsUrl: server.url, ages: new Ages(clock), limits });
    const { verify } = createVerifier({ issuer: ISSUER, keysOf, scope: SCOPE, ages: new Ages(clock), limits });
    return { clock, keysOf, verify: async (token: string) => verify(token) };
  };

  const outcome = async (verdict: Promise<object>): Promise<unknown> =>
    verdict.then(
      (value) => ('code' in value ? value.code : 'accepted'),
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );

  it('are asked for by zone, once for many tokens', async () => {
    const { verify } = world();
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => sign(first, { sub })));
    await Promise.all(tokens.map(verify));
    await verify(await sign(first, { zone_id: 'a:b' }));
    expect(server.requests).to.deep.equal([
      '/.well-known/jwks.json?zone_id=z1',
      '/.well-known/jwks.json?zone_id=a%3Ab',
    ]);
  });

  it('are fetched again for a new kid after the cooldown, and not before', async () => {
    const { verify, clock } = world();
    await verify(await sign(first));
    server.publish(first, second);
    const rotated = await sign(second);
    expect(await outcome(verify(rotated))).to.equal('invalid_token');
    expect(server.requests).to.have.length(1);
    clock.instant = START + authLimits.unknownKeyCooldownMs;
    expect(await outcome(verify(rotated))).to.equal('accepted');
    expect(server.requests).to.have.length(2);
  });

  it('are fetched once per cooldown however many ids are invented', async () => {
    const { verify, clock } = world();
    await verify(await sign(first));
    clock.instant = START + authLimits.unknownKeyCooldownMs;
    for (const kid of ['x', 'y', 'z'])
      expect(await outcome(verify(await sign(second, {}, { kid })))).to.equal('invalid_token');
    expect(server.requests).to.have.length(2);
  });

  it('that are withdrawn are believed for ten minutes at most', async () => {
    const { verify, clock } = world();
    const token = await sign(first);
    await verify(token);
    server.publish(second);
    clock.instant = START + 10 * MINUTE - 1;
    expect(await outcome(verify(token))).to.equal('accepted');
    clock.instant = START + 10 * MINUTE;
    expect(await outcome(verify(token))).to.equal('invalid_token');
  });

  it('are served from memory while the issuer is down, and fail closed after ten minutes', async () => {
    const { verify, clock } = world();
    const early = await sign(first);
    await verify(early);
    await server.close();
    clock.instant = START + 10 * MINUTE - 1;
    const late = await sign(first, { sub: 'user-2' });
    expect(await outcome(verify(late))).to.equal('accepted');
    clock.instant = START + 10 * MINUTE;
    // Also for the token that was proven a millisecond ago: what keys have proven does not outlive them.
    expect(await outcome(verify(late))).to.equal('issuer_unavailable');
    expect(await outcome(verify(early))).to.equal('issuer_unavailable');
  });

  it('come back when the issuer does', async () => {
    const { verify, clock } = world();
    const token = await sign(first);
    server.answer = (response) => response.writeHead(503).end();
    expect(await outcome(verify(token))).to.equal('issuer_unavailable');
    server.publish(first);
    expect(await outcome(verify(token))).to.equal('issuer_unavailable');
    expect(server.requests).to.have.length(1);
    clock.instant += authLimits.failedFetchCooldownMs;
    expect(await outcome(verify(token))).to.equal('accepted');
  });

  it('name the cause when they cannot be had', async () => {
    await server.close();
    const fault = await rejection(world().verify(await sign(first)));
    expect(fault).to.include({ name: 'IssuerUnavailable', code: 'issuer_unavailable' });
    expect(fault.cause).to.be.instanceOf(Error);
  });

  const nonsense: [string, number, string][] = [
    ['not 200', 404, '{"keys":[]}'],
    ['a redirect', 302, ''],
    ['not JSON', 200, '<html>'],
    ['no keys', 200, '{}'],
    ['a list', 200, '[]'],
    ['keys that are no list', 200, '{"keys":{}}'],
    ['keys that are no objects', 200, '{"keys":[null]}'],
    ['too many keys', 200, JSON.stringify({ keys: Array(33).fill({ kty: 'EC' }) })],
    ['too many bytes', 200, `{"keys":[],"x":"${'x'.repeat(70_000)}"}`],
  ];
  for (const [what, status, body] of nonsense) {
    it(`are a fault when the answer is ${what}`, async () => {
      server.answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end(body);
      expect(await outcome(world().verify(await sign(first)))).to.equal('issuer_unavailable');
      expect(server.requests).to.have.length(1);
    });
  }

  it('are a fault when the key that fits is broken or private', async () => {
    const { jwk } = first;
    for (const keys of [[{ ...jwk, x: 'AAAA' }], [{ ...jwk, y: undefined }], [{ ...jwk, d: jwk.x }]]) {
      server.answer = (response) => response.writeHead(200).end(JSON.stringify({ keys }));
      expect(await outcome(world().verify(await sign(first)))).to.equal('issuer_unavailable');
    }
  });

  it('are a fault when the answer takes too long', async () => {
    server.answer = () => undefined;
    expect(await outcome(world({ keySetTimeoutMs: 20 }).verify(await sign(first)))).to.equal('issuer_unavailable');
  });

  it('are an empty set when the issuer publishes none, which is no fault', async () => {
    server.publish();
    expect(await outcome(world().verify(await sign(first)))).to.equal('invalid_token');
  });

  it('are remembered for so many zones', async () => {
    const { keysOf } = world({ strangerKeySetsMax: 2 });
    for (const zone of ['z1', 'z2', 'z3', 'z3', 'z1']) await keysOf(zone);
    expect(server.requests).to.have.length(4);
  });

  it('are fetched for so many zones at once, while so many others wait', async () => {
    const { keysOf } = world({ strangerKeySetFetchesMax: 1, keySetFetchesWaitingMax: 1 });
    const [running, waiting] = [keysOf('z1'), keysOf('z2')];
    expect(await rejection(keysOf('z3'))).to.include({ code: 'issuer_unavailable' });
    await Promise.all([running, waiting]);
    expect(server.requests).to.have.length(2);
  });
});
