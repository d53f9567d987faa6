// A verifier of the Caracal family accepts the tokens of the own issuer: it knows the address of the coordinator and
// nothing else, fetches the keys there, and requires the claims that the issuer of the family writes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { rejection } from '../auth/token-world.ts';
import { World } from '../world/world.ts';

const REQUIRED_CLAIMS = ['exp', 'iat', 'jti', 'sub', 'zone_id', 'client_id', 'sid', 'root_sid', 'use', 'sub_type'];
const SUBJECT_TYPES = ['user', 'application'];

interface Expected {
  readonly issuer: string;
  /** The address of the coordinator, where it is not the issuer's. */
  readonly keysAt?: string;
  readonly now: number;
}

const verified = async (token: string, { issuer, keysAt = issuer, now }: Expected): Promise<JWTPayload> => {
  expect(new URL(issuer).protocol).to.be.oneOf(['http:', 'https:']);
  const keys = createRemoteJWKSet(new URL(`${keysAt}/.well-known/jwks.json?zone_id=z1`));
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience: issuer,
    algorithms: ['ES256'],
    requiredClaims: REQUIRED_CLAIMS,
    currentDate: new Date(now),
  });
  for (const name of ['jti', 'sub', 'zone_id', 'client_id', 'sid', 'root_sid']) {
    expect(payload[name], name).to.be.a('string').and.not.equal('');
  }
  expect(payload['use']).to.equal('session');
  expect(payload['sub_type']).to.be.oneOf(SUBJECT_TYPES);
  return payload;
};

/** A port that was free a moment ago. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

describe('a token of the own issuer', () => {
  const inWorld = async (environment: Record<string, string>, act: (world: World) => Promise<void>) => {
    const world = await World.create(environment);
    try {
      await act(world);
    } finally {
      await world.destroy();
    }
  };

  it('passes a verifier that knows the address of the coordinator', async () =>
    inWorld({ PORT: String(await freePort()) }, async (world) => {
      const now = world.clock.now();
      const claims = await verified(await world.token({ sid: 'user-1' }), { issuer: world.url, now });
      expect(claims).to.include({ sid: 'user-1', root_sid: 'user-1', sub_type: 'user', client_id: 'app-a' });
      const own = await verified(await world.token({ sub: 'app-a' }), { issuer: world.url, now });
      expect(own).to.include({ sub: 'app-a', sub_type: 'application' });
    }));

  it('names PUBLIC_URL as issuer, and is rejected after PUBLIC_URL changes', () =>
    inWorld({ PUBLIC_URL: 'https://coordinator.example/tenant' }, async (world) => {
      const [token, now] = [await world.token(), world.clock.now()];
      const claims = await verified(token, { issuer: 'https://coordinator.example/tenant', keysAt: world.url, now });
      expect(claims).to.include({ iss: 'https://coordinator.example/tenant' });
      const list = () => world.call('GET', '/zones/z1/agents', undefined, { token });
      expect((await list()).status).to.equal(200);
      await world.restart({ PUBLIC_URL: 'https://coordinator.example' });
      expect((await list()).body).to.include({ error: 'invalid_token' });
    }));

  it('is accepted as a bearer and rejected by that verifier if it has no subject session', () =>
    inWorld({}, async (world) => {
      const [token, now] = [await world.token({ sid: null }), world.clock.now()];
      expect((await world.call('GET', '/zones/z1/agents', undefined, { token })).status).to.equal(200);
      const refused = await rejection(verified(token, { issuer: world.issuer, keysAt: world.url, now }));
      expect(refused).to.have.property('claim').that.is.oneOf(['sid', 'root_sid']);
    }));

  it('is rejected if ISSUER_URL is set, whatever PUBLIC_URL is', () =>
    inWorld(
      { PUBLIC_URL: 'https://coordinator.example', ISSUER_URL: 'https://i.example', STS_URL: 'http://127.0.0.1:1' },
      async (world) => {
        const { body } = await world.call('GET', '/zones/z1/agents', undefined, { token: await world.token() });
        expect(body).to.include({ error: 'invalid_token' });
      },
    ));
});
