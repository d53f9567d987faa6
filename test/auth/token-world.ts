// What the tests of authentication stand on: a clock that is set by hand, an issuer with keys of its own, and a real HTTP
// server that publishes them and can be made to fail.

import { createServer, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Clock, Instant } from '../../src/clock.ts';

export const START: Instant = Date.UTC(2026, 0, 1);
export const ISSUER = 'https://issuer.example';
export const SCOPE = 'agent:lifecycle';

export interface HandClock extends Pick<Clock, 'now'> {
  instant: Instant;
}

export function handClock(): HandClock {
  const clock: HandClock = { instant: START, now: () => clock.instant };
  return clock;
}

export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function signingKey(alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), use: 'sig', alg } };
}

export const claims = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: ISSUER,
  aud: ISSUER,
  sub: 'user-1',
  zone_id: 'z1',
  client_id: 'app-a',
  scope: SCOPE,
  iat: START / 1000,
  exp: START / 1000 + 3600,
  ...changes,
});

export const sign = (key: SigningKey, changes: Record<string, unknown> = {}, header: object = {}): Promise<string> =>
  new SignJWT(claims(changes))
    .setProtectedHeader({ alg: key.jwk.alg ?? 'ES256', kid: key.jwk.kid ?? '', ...header })
    .sign(key.privateKey);

/** A token put together by hand, for what no library would sign. */
export const assemble = (header: object, payload: object, signature = ''): string =>
  [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + `.${signature}`;

export interface KeyServer {
  readonly url: string;
  /** The paths that were asked for, with their query. */
  readonly requests: string[];
  answer: (response: ServerResponse, zone: string) => void;
  publish(...keys: SigningKey[]): void;
  close(): Promise<void>;
}

export async function startKeyServer(): Promise<KeyServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    keyServer.answer(response, new URL(request.url ?? '', 'http://any').searchParams.get('zone_id') ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const keyServer: KeyServer = {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    answer: (response) => response.writeHead(500).end(),
    publish(...keys) {
      const body = JSON.stringify({ keys: keys.map((key) => key.jwk) });
      keyServer.answer = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return keyServer;
}

/** A folder for the test that is running; it is removed when `run` is done. */
export async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'auth-'));
  try {
    await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a promise rejects with; fails when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('This was expected to reject with an error.');
}

/** Waits until background work makes a condition true; fails after two seconds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 2_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('The condition did not become true.');
    await new Promise(setImmediate);
  }
}
