// One request for one key set. It bounds time, size and number of keys, follows no redirect, and either returns a set of the
// right shape or throws with the reason; it remembers nothing.

import type { JSONWebKeySet, JWK } from 'jose';
import type { AuthLimits } from '../limits.ts';

export interface FetchedKeys {
  readonly set: JSONWebKeySet;
  /** The bytes of the text that it was parsed from. */
  readonly bytes: number;
}

/**
 * The JWK set at `url` (RFC 7517 section 5). Throws when the answer is not 200, not in time, too big, not JSON or not a key
 * set. Redirects are not followed: where keys come from is configuration, and not for a server to change.
 */
export async function fetchKeySet(url: string, limits: AuthLimits): Promise<FetchedKeys> {
  const signal = AbortSignal.timeout(limits.keySetTimeoutMs);
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status} where a key set was expected.`);
  }
  const text = await boundedText(response, limits.keySetBytesMax);
  const set: unknown = JSON.parse(text);
  if (!isKeySet(set)) throw new Error(`${url} answered something that is not a key set.`);
  if (set.keys.length > limits.keysPerSetMax)
    throw new Error(`${url} answered more than ${limits.keysPerSetMax} keys.`);
  return { set, bytes: text.length };
}

async function boundedText(response: Response, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the body, so that nothing more is read of an answer without end.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Error(`${response.url} answered more than ${bytesMax} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const isKeySet = (value: unknown): value is JSONWebKeySet =>
  isObject(value) && 'keys' in value && Array.isArray(value.keys) && value.keys.every(isJwk);

const isJwk = (value: unknown): value is JWK => isObject(value) && 'kty' in value && typeof value.kty === 'string';

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
