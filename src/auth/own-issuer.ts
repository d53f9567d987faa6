// The coordinator as its own issuer, for when none is configured: one ES256 key per zone in the data directory. Only minting
// makes a key. Verifying and serving read what is there, so that no stranger's token leaves a trace on disk, and the private
// halves stay out of the server's memory.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, SignJWT, type JWK, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock, Instant } from '../clock.ts';
import { Ages, type Mark } from './ages.ts';
import { IssuerUnavailable } from './caller.ts';
import { ALGORITHM, isZone } from './claims.ts';
import type { KeysOf, ZoneKeys } from './keys.ts';
import { authLimits, type AuthLimits } from './limits.ts';
import { hasCode } from './private-file.ts';
import { UnusableKeys, type UnusableKey } from './unusable-keys.ts';
import { ensureZoneKey, isKeyFileName, keyFileName, readZoneKey } from './zone-key.ts';

/** `iss` and `aud` of our own tokens where no `ISSUER_URL` says otherwise: a name, because nobody needs to call it. */
export const OWN_ISSUER = 'urn:agent-coordinator';

export interface OwnIssuerParts {
  readonly dataDir: string;
  readonly issuer?: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Called when a key file cannot be used. */
  readonly onUnusable?: (key: UnusableKey, cause: unknown) => void;
  readonly limits?: AuthLimits;
}

/** What a token is to say. `sid`, the agent session and the edge are left out of it where they are null or absent. */
export interface Grant {
  readonly zone: string;
  readonly applicationId: string;
  readonly subject: string;
  /** Scopes separated by spaces. */
  readonly scope: string;
  readonly sid?: string | null;
  readonly agentSessionId?: string | null;
  readonly delegationEdgeId?: string | null;
  readonly ttlSeconds: number;
  readonly now: Instant;
}

export interface OwnIssuer {
  readonly issuer: string;
  readonly keysOf: KeysOf;
  /** A signed token (RFC 7519), with a key made for the zone if it has none. Rejects when that key is exposed or damaged. */
  readonly mint: (grant: Grant) => Promise<string>;
  /**
   * The public keys of one zone, or of all: then at most `publishedKeysMax`, in the order of their file names. Empty for a
   * zone without a key. Without a zone, exposed or damaged key files are left out; with a zone, such a file rejects with
   * `IssuerUnavailable`.
   */
  readonly jwks: (zone?: string) => Promise<{ keys: JWK[] }>;
  /** The key files that were found to be exposed or damaged, until they are read without fault. */
  readonly unusable: () => readonly UnusableKey[];
}

interface LoadedKey extends ZoneKeys {
  readonly publicJwk: JWK;
  readonly loaded: Mark;
}

export function createOwnIssuer({
  dataDir,
  issuer = OWN_ISSUER,
  clock,
  onUnusable = () => undefined,
  limits = authLimits,
}: OwnIssuerParts): OwnIssuer {
  const directory = join(dataDir, 'keys');
  const ages = new Ages(clock);
  const loaded = new LRUCache<string, LoadedKey>({ max: limits.keySetsMax });
  const renewing = new Set<string>();
  const unusable = new UnusableKeys(limits.unusableKeysMax, onUnusable);

  // That a zone has no key is never remembered: the command line may make one at any moment, and its token must work at once.
  async function load(fileName: string): Promise<LoadedKey | null> {
    const known = loaded.get(fileName);
    const age = known === undefined ? Infinity : ages.since(known.loaded);
    if (known === undefined || age >= limits.keySetAgeMs) return read(fileName);
    if (age >= limits.keySetRenewalAgeMs) renew(fileName);
    return known;
  }

  // A failure here is reported with its reason once the key is too old.
  function renew(fileName: string): void {
    if (renewing.has(fileName)) return;
    renewing.add(fileName);
    read(fileName)
      .catch(() => undefined)
      .finally(() => renewing.delete(fileName));
  }

  async function read(fileName: string): Promise<LoadedKey | null> {
    const at = ages.mark();
    const key = await readOrNote(fileName);
    loaded.delete(fileName);
    if (key === null) return null;
    const { publicJwk } = key;
    const find = createLocalJWKSet({ keys: [publicJwk] });
    const fresh = { find, publicJwk, loaded: at, validUntil: at.at + limits.keySetAgeMs };
    loaded.set(fileName, fresh);
    return fresh;
  }

  async function readOrNote(fileName: string) {
    try {
      const key = await readZoneKey(directory, fileName);
      unusable.remove(fileName);
      return key;
    } catch (cause) {
      unusable.add(fileName, cause);
      throw new IssuerUnavailable('A key of our own issuer cannot be used.', { cause });
    }
  }

  async function mint(grant: Grant): Promise<string> {
    assert.ok(isZone(grant.zone), 'a token is minted for a zone that does not look like one');
    const { signingKey, kid } = await ensureZoneKey(directory, grant.zone);
    return new SignJWT(claimsOf(grant, issuer))
      .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
      .sign(signingKey);
  }

  async function jwks(zone?: string): Promise<{ keys: JWK[] }> {
    if (zone !== undefined) return { keys: publicHalf(await load(keyFileName(zone))) };
    const keys: JWK[] = [];
    for (const fileName of await keyFileNames(directory, limits.publishedKeysMax)) {
      // A damaged file must not hide the keys of the other zones. Reading it has already reported it.
      keys.push(...publicHalf(await load(fileName).catch(() => null)));
    }
    return { keys };
  }

  return { issuer, keysOf: (zone) => load(keyFileName(zone)), mint, jwks, unusable: () => unusable.list() };
}

const publicHalf = (key: LoadedKey | null): JWK[] => (key === null ? [] : [key.publicJwk]);

async function keyFileNames(directory: string, namesMax: number): Promise<string[]> {
  try {
    return (await readdir(directory)).filter(isKeyFileName).toSorted().slice(0, namesMax);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new IssuerUnavailable('The keys of our own issuer cannot be listed.', { cause: error });
  }
}

function claimsOf(grant: Grant, issuer: string): JWTPayload {
  const toTheSecond = Math.floor(grant.now / 1000);
  return {
    iss: issuer,
    aud: issuer,
    sub: grant.subject,
    zone_id: grant.zone,
    client_id: grant.applicationId,
    scope: grant.scope,
    // Not null: JSON leaves out what is undefined, and an absent claim is what the verifier of any issuer expects.
    sid: grant.sid ?? undefined,
    agent_session_id: grant.agentSessionId ?? undefined,
    delegation_edge_id: grant.delegationEdgeId ?? undefined,
    jti: randomUUID(),
    // To the millisecond (RFC 7519, section 2, NumericDate): this distinguishes a token that was minted right after an archive
    // from one that was minted before it in the same second.
    iat: grant.now / 1000,
    exp: toTheSecond + grant.ttlSeconds,
  };
}
