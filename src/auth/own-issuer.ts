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
import { ALGORITHM, isZone, SESSION_USE } from './claims.ts';
import type { KeysOf, ZoneKeys } from './keys.ts';
import { authLimits, type AuthLimits } from './limits.ts';
import { hasCode } from './private-file.ts';
import { UnusableKeys, type UnusableKey } from './unusable-keys.ts';
import { ensureZoneKey, isKeyFileName, keyFileName, readZoneKey } from './zone-key.ts';

export interface OwnIssuerParts {
  readonly dataDir: string;
  /** The `iss` and `aud` of the tokens. */
  readonly issuer: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Called when a key file cannot be used. */
  readonly onUnusable?: (key: UnusableKey, cause: unknown) => void;
  readonly limits?: AuthLimits;
}

/** The kinds of subject, in the claim `sub_type`. */
export const SUBJECT_TYPES = ['user', 'application'] as const;

export type SubjectType = (typeof SUBJECT_TYPES)[number];

/**
 * The content of a token. The subject session, the agent session and the edge are left out where they are null or
 * absent.
 */
export interface Grant {
  readonly zone: string;
  readonly applicationId: string;
  readonly subject: string;
  /** Default: `application` where the subject is the application itself, else `user`. */
  readonly subjectType?: SubjectType | null;
  /** Scopes separated by spaces. */
  readonly scope: string;
  /** The subject session. Verifiers of the Caracal family refuse a token without one. */
  readonly sid?: string | null;
  /** The subject session that `sid` was derived from. Default: `sid`. It is left out together with `sid`. */
  readonly rootSid?: string | null;
  readonly agentSessionId?: string | null;
  readonly delegationEdgeId?: string | null;
  readonly ttlSeconds: number;
  readonly now: Instant;
}

export interface OwnIssuer {
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
  issuer,
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

  return { keysOf: (zone) => load(keyFileName(zone)), mint, jwks, unusable: () => unusable.list() };
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
  const sid = grant.sid ?? undefined;
  return {
    iss: issuer,
    aud: issuer,
    sub: grant.subject,
    sub_type: grant.subjectType ?? (grant.subject === grant.applicationId ? 'application' : 'user'),
    use: SESSION_USE,
    zone_id: grant.zone,
    client_id: grant.applicationId,
    scope: grant.scope,
    // Not null: JSON leaves out what is undefined, and an absent claim is what the verifier of any issuer expects.
    sid,
    root_sid: sid === undefined ? undefined : (grant.rootSid ?? sid),
    agent_session_id: grant.agentSessionId ?? undefined,
    delegation_edge_id: grant.delegationEdgeId ?? undefined,
    jti: randomUUID(),
    // To the millisecond (RFC 7519, section 2, NumericDate): this distinguishes a token that was minted right after an archive
    // from one that was minted before it in the same second.
    iat: grant.now / 1000,
    exp: toTheSecond + grant.ttlSeconds,
  };
}
