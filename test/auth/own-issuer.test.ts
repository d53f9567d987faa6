// The coordinator's own keys: how they lie on disk, who makes them, and that a token of theirs is accepted.

import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Ages } from '../../src/auth/ages.ts';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose';
import { authLimits } from '../../src/auth/limits.ts';
import { createOwnIssuer, type Grant, type OwnIssuer } from '../../src/auth/own-issuer.ts';
import { createVerifier } from '../../src/auth/verifier.ts';
import { keyFileName } from '../../src/auth/zone-key.ts';
import { handClock, inFolder, ISSUER, rejection, SCOPE, START, until } from './token-world.ts';

const grant = (zone = 'z1') => ({
  zone,
  applicationId: 'app-a',
  subject: 'user-1',
  scope: SCOPE,
  ttlSeconds: 3600,
  now: START,
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the own issuer', () => {
  const clock = handClock();
  let dataDir: string;
  let own: OwnIssuer;

  const each = (run: () => Promise<void>) => () =>
    inFolder(async (folder) => {
      clock.instant = START;
      dataDir = join(folder, 'data');
      own = createOwnIssuer({ dataDir, issuer: ISSUER, clock });
      await run();
    });

  const verifier = () => createVerifier({ issuer: ISSUER, keysOf: own.keysOf, scope: SCOPE, ages: new Ages(clock) });
  const keyPath = (zone: string) => join(dataDir, 'keys', keyFileName(zone));

  it(
    'mints tokens that its verifier accepts',
    each(async () => {
      const token = await own.mint({ ...grant(), sid: 's1', agentSessionId: 'a1', delegationEdgeId: 'e1' });
      expect(await verifier().verify(token, 'z1')).to.include({
        zone: 'z1',
        applicationId: 'app-a',
        subjectSessionId: 's1',
        agentSessionId: 'a1',
        delegationEdgeId: 'e1',
      });
    }),
  );

  it(
    'leaves out the claims that were not given',
    each(async () => {
      const claims = decodeJwt(await own.mint({ ...grant(), sid: null }));
      expect(claims).to.include({ iss: ISSUER, aud: ISSUER, iat: START / 1000, exp: START / 1000 + 3600 });
      expect(claims).not.to.have.any.keys('sid', 'root_sid', 'agent_session_id', 'delegation_edge_id');
    }),
  );

  it(
    'writes the subject session, its root, the use and the type of the subject',
    each(async () => {
      const claimsOf = async (more: Partial<Grant>) => decodeJwt(await own.mint({ ...grant(), sid: 's1', ...more }));
      expect(await claimsOf({})).to.include({ sid: 's1', root_sid: 's1', use: 'session', sub_type: 'user' });
      expect(await claimsOf({ rootSid: 's0' })).to.include({ sid: 's1', root_sid: 's0' });
      expect(await claimsOf({ sid: null, rootSid: 's0' })).not.to.have.any.keys('sid', 'root_sid');
      expect(await claimsOf({ subject: 'app-a' })).to.include({ sub: 'app-a', sub_type: 'application' });
      expect(await claimsOf({ subject: 'app-a', subjectType: 'user' })).to.include({ sub_type: 'user' });
      expect(await claimsOf({ subjectType: 'application' })).to.include({ sub_type: 'application' });
    }),
  );

  it(
    'keeps keys for the owner alone',
    each(async () => {
      await own.mint(grant());
      expect(await modeOf(keyPath('z1'))).to.equal(0o600);
      expect(await modeOf(join(dataDir, 'keys'))).to.equal(0o700);
      expect(await readdir(join(dataDir, 'keys'))).to.deep.equal([keyFileName('z1')]);
    }),
  );

  it(
    'names a key by its thumbprint',
    each(async () => {
      const { kid } = decodeProtectedHeader(await own.mint(grant()));
      const jwk = JSON.parse(await readFile(keyPath('z1'), 'utf8'));
      expect(jwk.kid).to.equal(kid);
      expect(kid).to.equal(await calculateJwkThumbprint(jwk));
    }),
  );

  it(
    'has one key however many make it at once',
    each(async () => {
      const issuers = Array.from({ length: 12 }, () => createOwnIssuer({ dataDir, issuer: ISSUER, clock }));
      const tokens = await Promise.all(issuers.map((issuer) => issuer.mint(grant())));
      expect(new Set(tokens.map((token) => decodeProtectedHeader(token).kid))).to.have.property('size', 1);
      expect(await readdir(join(dataDir, 'keys'))).to.have.length(1);
    }),
  );

  it(
    'makes no key when a stranger names a zone',
    each(async () => {
      const elsewhere = createOwnIssuer({ dataDir: `${dataDir}-elsewhere`, issuer: ISSUER, clock });
      const verdict = await verifier().verify(await elsewhere.mint(grant('z9')));
      expect(verdict).to.have.property('code', 'invalid_token');
      expect(await own.jwks('z9')).to.deep.equal({ keys: [] });
      expect(await own.jwks()).to.deep.equal({ keys: [] });
      expect((await rejection(stat(dataDir))).message).to.contain('ENOENT');
    }),
  );

  it(
    'sees at once a key that another process made',
    each(async () => {
      const { verify } = verifier();
      const token = await createOwnIssuer({ dataDir: `${dataDir}-elsewhere`, issuer: ISSUER, clock }).mint(grant());
      expect(await verify(token)).to.have.property('code', 'invalid_token');
      expect(await verify(await createOwnIssuer({ dataDir, issuer: ISSUER, clock }).mint(grant()))).to.have.property(
        'kind',
        'bearer',
      );
    }),
  );

  it(
    'stops believing a key that was removed after ten minutes',
    each(async () => {
      const { verify } = verifier();
      const token = await own.mint(grant());
      await verify(token);
      await rm(keyPath('z1'));
      clock.instant = START + authLimits.keySetAgeMs;
      expect(await verify(token)).to.have.property('code', 'invalid_token');
    }),
  );

  it(
    "refuses one zone's key for another zone's token",
    each(async () => {
      await own.mint(grant('z2'));
      const [header, , signature] = (await own.mint(grant('z1'))).split('.');
      const [, payload] = (await own.mint(grant('z2'))).split('.');
      expect(await verifier().verify(`${header}.${payload}.${signature}`)).to.have.property('code', 'invalid_token');
    }),
  );

  it(
    'keeps zones apart that file systems confuse',
    each(async () => {
      const zones = ['..', '.', 'a:b', 'a_b', 'a.b', 'A_b', 'con', '-', 'z'.repeat(128), 'Z'.repeat(128)];
      const names = zones.map(keyFileName);
      expect(new Set(names.map((name) => name.toLowerCase())).size).to.equal(zones.length);
      for (const name of names) expect(name).to.match(/^[a-z0-9_-]{1,73}\.jwk\.json$/);
      for (const zone of zones) await own.mint(grant(zone));
      expect((await readdir(join(dataDir, 'keys'))).toSorted()).to.deep.equal(names.toSorted());
    }),
  );

  it(
    'publishes public halves, for a zone or for all',
    each(async () => {
      await own.mint(grant('z1'));
      await own.mint(grant('z2'));
      const { keys } = await own.jwks('z1');
      expect(keys).to.have.length(1);
      expect(Object.keys(keys[0] ?? {}).toSorted()).to.deep.equal(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect((await own.jwks()).keys).to.have.length(2);
      const bounded = createOwnIssuer({
        dataDir,
        issuer: ISSUER,
        clock,
        limits: { ...authLimits, publishedKeysMax: 1 },
      });
      expect((await bounded.jwks()).keys).to.have.length(1);
    }),
  );

  it(
    'does not use a key that others may read',
    each(async () => {
      const token = await own.mint(grant());
      for (const mode of [0o640, 0o604, 0o620]) {
        await chmod(keyPath('z1'), mode);
        expect((await rejection(own.mint(grant()))).message).to.contain('chmod 600');
        const fault = await rejection(Promise.resolve(verifier().verify(token)));
        expect(fault).to.have.property('code', 'issuer_unavailable');
      }
    }),
  );

  it(
    'publishes the other keys despite a damaged key file, names that file once, and drops it when it is restored',
    each(async () => {
      const found: string[] = [];
      own = createOwnIssuer({ dataDir, issuer: ISSUER, clock, onUnusable: ({ file }) => found.push(file) });
      const [one, two] = [await own.mint(grant('z1')), await own.mint(grant('z2'))];
      const whole = await readFile(keyPath('z1'), 'utf8');
      await writeFile(keyPath('z1'), whole.slice(0, 80));
      const { keys } = await own.jwks('z2');
      for (let time = 0; time < 2; time += 1) expect(await own.jwks()).to.deep.equal({ keys });
      expect(found).to.deep.equal([keyFileName('z1')]);
      expect(own.unusable().map(({ file }) => file)).to.deep.equal([keyFileName('z1')]);
      expect(await rejection(own.jwks('z1'))).to.have.property('code', 'issuer_unavailable');
      expect(await rejection(Promise.resolve(verifier().verify(one)))).to.have.property('code', 'issuer_unavailable');
      expect(await verifier().verify(two)).to.have.property('kind', 'bearer');
      await writeFile(keyPath('z1'), whole);
      expect((await own.jwks()).keys).to.have.length(2);
      expect(own.unusable()).to.deep.equal([]);
    }),
  );

  it(
    'lists a bounded number of damaged key files',
    each(async () => {
      own = createOwnIssuer({ dataDir, issuer: ISSUER, clock, limits: { ...authLimits, unusableKeysMax: 1 } });
      for (const zone of ['z1', 'z2']) {
        await own.mint(grant(zone));
        await writeFile(keyPath(zone), '');
      }
      expect(await own.jwks()).to.deep.equal({ keys: [] });
      expect(own.unusable()).to.have.length(1);
    }),
  );

  it(
    'reads a key again before it expires, and keeps the old one if that fails',
    each(async () => {
      const token = await own.mint(grant());
      await own.jwks('z1');
      await writeFile(keyPath('z1'), 'damaged');
      clock.instant = START + authLimits.keySetRenewalAgeMs;
      expect(await verifier().verify(token)).to.have.property('kind', 'bearer');
      await until(() => own.unusable().length === 1);
      clock.instant = START + authLimits.keySetAgeMs;
      expect(await rejection(Promise.resolve(verifier().verify(token)))).to.have.property('code', 'issuer_unavailable');
    }),
  );

  const damage: [string, (text: string) => string][] = [
    ['is empty', () => ''],
    ['is cut off', (text) => text.slice(0, 80)],
    ['is JSON of another kind', () => 'null'],
    ['has another kid', (text) => text.replace(/"kid": ".{3}/, '"kid": "abc')],
    ['has no private half', (text) => text.replace('"d"', '"e"')],
    ['has a private half of another length', (text) => text.replace(/"d": ".{3}/, '"d": "')],
    ['is of another zone', (text) => text.replace('"zone": "z1"', '"zone": "z2"')],
    ['is of another curve', (text) => text.replace('P-256', 'P-384')],
  ];
  for (const [what, change] of damage) {
    it(
      `says which file it is that ${what}`,
      each(async () => {
        const token = await own.mint(grant());
        await writeFile(keyPath('z1'), change(await readFile(keyPath('z1'), 'utf8')));
        expect((await rejection(own.mint(grant()))).message).to.contain(keyFileName('z1'));
        const fault = await rejection(Promise.resolve(verifier().verify(token)));
        expect(fault).to.have.property('code', 'issuer_unavailable');
        expect(await rejection(own.jwks('z1'))).to.have.property('code', 'issuer_unavailable');
      }),
    );
  }
});
