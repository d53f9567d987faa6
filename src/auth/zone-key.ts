// The key pair of one zone as it lies on disk: a private JWK with its key id and the zone it is for. A key is made once and
// never replaced; what is read back is checked so far that a wrong or damaged file is noticed here and not in a signature.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { ALGORITHM } from './claims.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

export interface ZoneKey {
  readonly zone: string;
  /** Signs. Cannot be exported from memory again. */
  readonly signingKey: CryptoKey;
  /** The public half with `kid`, `use` and `alg`, as it is served (RFC 7517 section 4). */
  readonly publicJwk: JWK;
  /** The thumbprint of the public half (RFC 7638), so that a key is named by what it is. */
  readonly kid: string;
}

const SUFFIX = '.jwk.json';

/**
 * The name of a zone's key file. The readable part is for people, lower case and without dots and colons; the hash of the
 * exact zone makes it unique also where a file system does not tell `Z1` from `z1`, and keeps `..` a name like any other.
 */
export function keyFileName(zone: string): string {
  const readable = zone
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '_')
    .slice(0, 40);
  const exact = createHash('sha256').update(zone).digest('hex').slice(0, 32);
  return `${readable}-${exact}${SUFFIX}`;
}

export const isKeyFileName = (name: string): boolean => name.endsWith(SUFFIX);

/** The key in that file, or null when there is none. Throws a sentence that names the file when it is exposed or damaged. */
export async function readZoneKey(directory: string, fileName: string): Promise<ZoneKey | null> {
  const path = join(directory, fileName);
  const text = await readPrivateFile(path);
  if (text === null) return null;
  try {
    const key = await parseZoneKey(text);
    if (keyFileName(key.zone) !== fileName) throw new Error(`it is the key of zone ${key.zone}`);
    return key;
  } catch (cause) {
    throw new Error(`${path} is damaged. Restore it, or remove it to have a new key made at the next mint.`, { cause });
  }
}

/** The zone's key, made now if there is none. Of several processes that race, all return the same key. */
export async function ensureZoneKey(directory: string, zone: string): Promise<ZoneKey> {
  const fileName = keyFileName(zone);
  const present = await readZoneKey(directory, fileName);
  if (present !== null) return present;
  await createPrivateFile(join(directory, fileName), await freshKeyText(zone));
  const made = await readZoneKey(directory, fileName); // Ours or the winner's.
  if (made === null) throw new Error(`The key of zone ${zone} was removed while it was being made.`);
  return made;
}

async function freshKeyText(zone: string): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk, 'sha256');
  return JSON.stringify({ zone, ...jwk, kid, use: 'sig', alg: ALGORITHM }, null, 2) + '\n';
}

// `zone` is a member of ours beside the JWK's own, which RFC 7517 section 4 provides for.
async function parseZoneKey(text: string): Promise<ZoneKey> {
  const { zone, kty, crv, x, y, d, kid }: Record<string, unknown> = JSON.parse(text);
  if (typeof zone !== 'string') throw new Error('it names no zone');
  if (kty !== 'EC' || crv !== 'P-256') throw new Error('it is not a P-256 key');
  if (typeof x !== 'string' || typeof y !== 'string' || typeof d !== 'string')
    throw new Error('a part of the key is missing');
  const point = { kty, crv, x, y };
  if (kid !== (await calculateJwkThumbprint(point, 'sha256'))) throw new Error('kid is not the thumbprint of the key');
  const signingKey = await importJWK({ ...point, d }, ALGORITHM);
  if (signingKey instanceof Uint8Array) throw new Error('it is a shared secret');
  return { zone, signingKey, publicJwk: { ...point, kid, use: 'sig', alg: ALGORITHM }, kid };
}
