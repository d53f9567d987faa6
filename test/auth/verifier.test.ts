// Every row of the contract's table of tokens, against a verifier whose keys are in memory.

import { createPublicKey } from 'node:crypto';
import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { CompactSign, createLocalJWKSet, SignJWT, type JWK } from 'jose';
import { IssuerUnavailable } from '../../src/auth/caller.ts';
import type { KeysOf } from '../../src/auth/keys.ts';
import { authLimits, type AuthLimits } from '../../src/auth/limits.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { assemble, claims, handClock, ISSUER, rejection, SCOPE, sign, signingKey, START } from './token-world.ts';
import type { SigningKey } from './token-world.ts';

const MINUTE = 60_000;

describe('the verifier', () => {
  let key: SigningKey;
  let other: SigningKey;
  let published: JWK[];
  let asked: string[];

  before(async () => {
    key = await signingKey();
    other = await signingKey();
  });

  beforeEach(() => {
    published = [key.jwk];
    asked = [];
  });

  const keysOf: KeysOf = async (zone) => {
    asked.push(zone);
    if (zone === 'unknown') return null;
    return { find: createLocalJWKSet({ keys: published }), validUntil: Infinity };
  };

  const world = (changes: { limits?: Partial<AuthLimits>; keysOf?: KeysOf } = {}) => {
    const clock = handClock();
    const limits = { ...authLimits, ...changes.limits };
    return {
      clock,
      ...createVerifier({
        issuer: ISSUER,
        keysOf: changes.keysOf ?? keysOf,
        scope: SCOPE,
        ages: new Ages(clock),
        limits,
      }),
    };
  };

  const codeOf = async (token: string, pathZone?: string) => {
    const verdict = await world().verify(token, pathZone);
    return 'code' in verdict ? verdict.code : verdict.kind;
  };

  describe('accepts', () => {
    it('a token with every claim, and says who calls', async () => {
      const scope = `${SCOPE}  coordinator.admin`;
      const token = await sign(key, { scope, sid: 's1', agent_session_id: 'a1', delegation_edge_id: 'e1' });
      expect(await world().verify(token, 'z1')).to.deep.equal({
        kind: 'bearer',
        zone: 'z1',
        applicationId: 'app-a',
        subject: 'user-1',
        subjectSessionId: 's1',
        scopes: new Set([SCOPE, 'coordinator.admin']),
        agentSessionId: 'a1',
        delegationEdgeId: 'e1',
        issuedAt: START,
      });
    });

    it('a token without the optional claims', async () => {
      const caller = await world().verify(await sign(key));
      expect(caller).to.include({ subjectSessionId: null, agentSessionId: null, delegationEdgeId: null });
    });

    it('a token with the use session', async () =>
      expect(await codeOf(await sign(key, { use: 'session' }))).to.equal('bearer'));

    it('a token without iat, and one whose iat has a fraction', async () => {
      expect(await world().verify(await sign(key, { iat: undefined }))).to.include({ issuedAt: null });
      const precise = await sign(key, { iat: START / 1000 + 0.25 });
      expect(await world().verify(precise)).to.include({ issuedAt: START + 250 });
    });

    it('an audience list that contains ours', async () =>
      expect(await codeOf(await sign(key, { aud: ['https://elsewhere.example', ISSUER] }))).to.equal('bearer'));

    it('a path without a zone', async () => expect(await codeOf(await sign(key))).to.equal('bearer'));

    it('a token without kid, if any key of the zone made it', async () => {
      published = [other.jwk, key.jwk];
      expect(await codeOf(await sign(key, {}, { kid: undefined }))).to.equal('bearer');
    });

    it('exp and nbf that are off by less than a minute', async () => {
      expect(await codeOf(await sign(key, { exp: START / 1000 - 59 }))).to.equal('bearer');
      expect(await codeOf(await sign(key, { nbf: START / 1000 + 60 }))).to.equal('bearer');
    });
  });

  describe('refuses as invalid_token', () => {
    const broken: [string, Record<string, unknown>][] = [
      ['a token that has expired', { exp: START / 1000 - 60 }],
      ['a token whose time has not come', { nbf: START / 1000 + 61 }],
      ['a token without exp', { exp: undefined }],
      ['an exp that is text', { exp: '9999999999' }],
      ['another issuer', { iss: 'https://elsewhere.example' }],
      ['an issuer that only begins like ours', { iss: `${ISSUER}/` }],
      ['no issuer', { iss: undefined }],
      ['a list of issuers', { iss: [ISSUER] }],
      ['another audience', { aud: 'https://elsewhere.example' }],
      ['an audience list without ours', { aud: ['https://elsewhere.example'] }],
      ['no audience', { aud: undefined }],
      ['no zone_id', { zone_id: undefined }],
      ['an empty zone_id', { zone_id: '' }],
      ['a zone_id that is a path', { zone_id: 'a/b' }],
      ['a zone_id of 129 characters', { zone_id: 'z'.repeat(129) }],
      ['a zone_id that is a number', { zone_id: 1 }],
      ['no sub', { sub: undefined }],
      ['an empty sub', { sub: '' }],
      ['no client_id', { client_id: undefined }],
      ['an empty client_id', { client_id: '' }],
      ['a client_id that is an object', { client_id: {} }],
      ['a client_id with a NUL', { client_id: 'a\u0000b' }],
      ['a sid that is a number', { sid: 7 }],
      ['an iat that is text', { iat: '1767225600' }],
      ['an iat that is null', { iat: null }],
      ['an edge that is a list', { delegation_edge_id: ['e1'] }],
      ['a zone that has no key', { zone_id: 'unknown' }],
    ];
    for (const [what, changes] of broken) {
      it(what, async () => expect(await codeOf(await sign(key, changes))).to.equal('invalid_token'));
    }

    for (const claim of ['exp', 'nbf', 'iat']) {
      it(`an ${claim} in milliseconds or later than in ten years, and names the unit`, async () => {
        const inTenYears = START / 1000 + 3653 * 24 * 3600;
        for (const value of [START + 3_600_000, inTenYears + 1]) {
          const verdict = await world().verify(await sign(key, { [claim]: value }));
          expect(verdict).to.include({ code: 'invalid_token' });
          expect(verdict)
            .to.have.property('reason')
            .that.matches(new RegExp(`${claim} .*in seconds`));
        }
        const kind = claim === 'nbf' ? 'invalid_token' : 'bearer';
        expect(await codeOf(await sign(key, { [claim]: inTenYears }))).to.equal(kind);
      });

      it(`an ${claim} of 1e400, which JSON reads as Infinity`, async () => {
        const payload = JSON.stringify({ ...claims(), [claim]: 0 }).replace(`"${claim}":0`, `"${claim}":1e400`);
        const signer = new CompactSign(Buffer.from(payload));
        signer.setProtectedHeader({ alg: 'ES256', kid: key.jwk.kid ?? '' });
        expect(await codeOf(await signer.sign(key.privateKey))).to.equal('invalid_token');
      });
    }

    it('a signature by another key under the same kid', async () =>
      expect(await codeOf(await sign(other, {}, { kid: key.jwk.kid }))).to.equal('invalid_token'));

    it('a kid that nobody published', async () => expect(await codeOf(await sign(other))).to.equal('invalid_token'));

    it('a token without kid that none of several keys made', async () => {
      published = [other.jwk, key.jwk];
      const stranger = await signingKey();
      expect(await codeOf(await sign(stranger, {}, { kid: undefined }))).to.equal('invalid_token');
    });

    it('claims that were changed after signing', async () => {
      const [header, , signature] = (await sign(key)).split('.');
      const payload = Buffer.from(JSON.stringify(claims({ zone_id: 'z2' }))).toString('base64url');
      expect(await codeOf(`${header}.${payload}.${signature}`)).to.equal('invalid_token');
    });

    it('alg none, with and without a signature', async () => {
      expect(await codeOf(assemble({ alg: 'none' }, claims()))).to.equal('invalid_token');
      expect(await codeOf(assemble({ alg: 'None', kid: key.jwk.kid }, claims(), 'AAAA'))).to.equal('invalid_token');
    });

    it('HS256 with the public key as the secret', async () => {
      const secret = createPublicKey({ key: key.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'HS256', kid: key.jwk.kid ?? '' })
        .sign(Buffer.from(secret));
      expect(await codeOf(token)).to.equal('invalid_token');
    });

    it('RS256, even by a key that is published', async () => {
      const rsa = await signingKey('RS256');
      published = [key.jwk, rsa.jwk];
      expect(await codeOf(await sign(rsa))).to.equal('invalid_token');
    });

    it('unknown critical headers (RFC 7515 section 4.1.11)', async () => {
      const [, payload, signature] = (await sign(key)).split('.');
      const header = { alg: 'ES256', kid: key.jwk.kid, crit: ['x'], x: 1 };
      const encoded = Buffer.from(JSON.stringify(header)).toString('base64url');
      expect(await codeOf(`${encoded}.${payload}.${signature}`)).to.equal('invalid_token');
    });

    for (const garbage of ['a', 'a.b', 'a.b.c', '..', 'a.b.c.d.e', 'é.ü.ö', 'null', `${'ey'.repeat(2000)}.e30.x`]) {
      it(`garbage: ${garbage.slice(0, 12)}, at once and without asking for keys`, () => {
        expect(world().verify(garbage)).to.have.property('code', 'invalid_token');
        expect(asked).to.deep.equal([]);
      });
    }
  });

  describe('refuses a good token', () => {
    it('without the scope as missing_scope', async () => {
      for (const scope of [undefined, '', 'agent:lifecycles', 'Agent:lifecycle', [SCOPE]]) {
        expect(await codeOf(await sign(key, { scope }))).to.equal('missing_scope');
      }
    });

    it('on the path of another zone as zone_mismatch', async () =>
      expect(await codeOf(await sign(key), 'Z1')).to.equal('zone_mismatch'));

    for (const use of ['resource', 'access', 'Session', '', null, ['session']]) {
      it(`with the use ${JSON.stringify(use)} for calls, but not when it is inspected`, async () => {
        const { verify, recall, inspect } = world();
        const token = await sign(key, { use, scope: '' });
        for (const verdict of [await verify(token), recall(token)]) {
          expect(verdict).to.include({ code: 'invalid_token' });
          expect(verdict).to.have.property('reason').that.contains('use');
        }
        expect(await inspect(token))
          .to.have.nested.property('claims.use')
          .that.deep.equals(use);
      });
    }

    it('for its scope before its zone', async () =>
      expect(await codeOf(await sign(key, { scope: '' }), 'z2')).to.equal('missing_scope'));
  });

  describe('remembers', () => {
    it('a proven token, and then answers synchronously', async () => {
      const { verify } = world();
      const token = await sign(key);
      const first = verify(token, 'z1');
      expect(first).to.be.instanceOf(Promise);
      const caller = await first;
      expect(verify(token, 'z1')).to.equal(caller);
      expect(verify(token, 'z2')).to.have.property('code', 'zone_mismatch');
      expect(asked).to.have.length(1);
    });

    it('nothing that was refused', async () => {
      const { verify } = world();
      const token = await sign(other, {}, { kid: key.jwk.kid });
      await verify(token);
      await verify(token);
      expect(asked).to.have.length(2);
    });

    it('never past exp, though the tolerance still accepts', async () => {
      const { verify, clock } = world();
      const token = await sign(key, { exp: START / 1000 + 30 });
      await verify(token);
      clock.instant = START + 29_999;
      expect(verify(token)).not.to.be.instanceOf(Promise);
      clock.instant = START + 30_000;
      expect(await verify(token)).to.have.property('kind', 'bearer');
      expect(verify(token)).to.be.instanceOf(Promise);
      clock.instant = START + 90_000;
      expect(await verify(token)).to.have.property('code', 'invalid_token');
    });

    it('for ten minutes at most', async () => {
      const { verify, clock } = world();
      const token = await sign(key);
      await verify(token);
      clock.instant = START + 10 * MINUTE - 1;
      expect(verify(token)).not.to.be.instanceOf(Promise);
      clock.instant = START + 10 * MINUTE;
      expect(verify(token)).to.be.instanceOf(Promise);
    });

    it('no longer than the keys that proved it', async () => {
      const short: KeysOf = async (zone) => {
        const keys = await keysOf(zone);
        return keys && { ...keys, validUntil: START + MINUTE };
      };
      const { verify, clock } = world({ keysOf: short });
      const token = await sign(key);
      await verify(token);
      clock.instant = START + MINUTE;
      expect(verify(token)).to.be.instanceOf(Promise);
    });

    it('nothing from the future, when the clock steps back', async () => {
      const { verify, clock } = world();
      const token = await sign(key);
      await verify(token);
      clock.instant = START - 1;
      expect(verify(token)).to.be.instanceOf(Promise);
    });

    it('so many tokens, and lets the one go that was used longest ago', async () => {
      const { verify } = world({ limits: { cachedTokensMax: 2 } });
      const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => sign(key, { sub })));
      for (const token of tokens) await verify(token);
      expect(tokens.map((token) => verify(token) instanceof Promise)).to.deep.equal([true, false, false]);
    });

    it('so many bytes', async () => {
      const { verify } = world({ limits: { cachedTokenBytesMax: 2500 } });
      const tokens = await Promise.all(['a', 'b'].map((sub) => sign(key, { sub })));
      for (const token of tokens) await verify(token);
      expect(tokens.map((token) => verify(token) instanceof Promise)).to.deep.equal([true, false]);
    });

    it('costs about a microsecond', async () => {
      const { verify } = world();
      const token = await sign(key);
      await verify(token, 'z1');
      const began = process.hrtime.bigint();
      for (let round = 0; round < 20_000; round += 1) void verify(token, 'z1');
      // Ten times the promise: the machine may be busy, and the order of magnitude is what would be lost.
      expect(Number(process.hrtime.bigint() - began) / 20_000).to.be.below(10_000);
    });
  });

  describe('in flight', () => {
    it('checks one token once for all who wait', async () => {
      const { verify } = world();
      const token = await sign(key);
      const verdicts = await Promise.all([verify(token, 'z1'), verify(token, 'z1'), verify(token, 'z2')]);
      expect(asked).to.have.length(1);
      expect(verdicts[0]).to.equal(verdicts[1]);
      expect(verdicts[2]).to.have.property('code', 'zone_mismatch');
    });

    it('beyond the bound checks each for itself', async () => {
      const { verify } = world({ limits: { sharedVerificationsMax: 1 } });
      const [first, second] = await Promise.all([sign(key), sign(key, { sub: 'user-2' })]);
      await Promise.all([verify(first), verify(second), verify(second)]);
      expect(asked).to.have.length(3);
    });

    it('passes an unreachable issuer on as a fault, and asks again the next time', async () => {
      let attempts = 0;
      const { verify } = world({
        keysOf: () => Promise.reject(new IssuerUnavailable(`attempt ${(attempts += 1)}`)),
      });
      const token = await sign(key);
      for (const message of ['attempt 1', 'attempt 2']) {
        const fault = await rejection(Promise.resolve(verify(token)));
        expect(fault).to.include({ code: 'issuer_unavailable', message });
      }
    });
  });
});
