// The keys of an external issuer, one set per zone, fetched when they are needed. A set is trusted for ten minutes from its
// fetch and not a moment longer, whatever the network does; an issuer that does not answer properly is a fault, never a refusal.
// jose's own remote set is not used because it reads the host's clock, and an injected one has to decide what is stale.

import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock, Instant } from '../clock.ts';
import { IssuerUnavailable } from './caller.ts';
import type { KeysOf } from './keys.ts';
import { fetchKeySet } from './key-set-fetch.ts';
import { authLimits, type AuthLimits } from './limits.ts';

export interface RemoteKeysParts {
  /** Where the issuer publishes: `{stsUrl}/.well-known/jwks.json?zone_id={zone}` (RFC 7517 section 5). */
  readonly stsUrl: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits?: AuthLimits;
}

interface FetchedSet {
  readonly find: JWTVerifyGetKey;
  readonly fetchedAt: Instant;
}

interface FailedFetch {
  readonly fault: IssuerUnavailable;
  readonly failedAt: Instant;
}

/** Keys by zone from the issuer's address. Rejects, and lets `find` reject, with `IssuerUnavailable`. */
export function createRemoteKeys({ stsUrl, clock, limits = authLimits }: RemoteKeysParts): KeysOf {
  const sets = new LRUCache<string, FetchedSet>({ max: limits.keySetsMax });
  const failures = new LRUCache<string, FailedFetch>({ max: limits.keySetsMax });
  const fetching = new Map<string, Promise<FetchedSet>>();

  // The difference is also negative when the clock stepped back: then nothing is known about the age, and it does not count.
  const within = (since: Instant, lengthMs: number): boolean => {
    const age = clock.now() - since;
    return age >= 0 && age < lengthMs;
  };

  async function current(zone: string): Promise<FetchedSet> {
    const set = sets.get(zone);
    return set !== undefined && within(set.fetchedAt, limits.keySetAgeMs) ? set : fetchOnce(zone);
  }

  async function fetchOnce(zone: string): Promise<FetchedSet> {
    const running = fetching.get(zone);
    if (running !== undefined) return running;
    const failure = failures.get(zone);
    if (failure !== undefined && within(failure.failedAt, limits.failedFetchCooldownMs)) throw failure.fault;
    if (fetching.size >= limits.keySetFetchesMax) throw new IssuerUnavailable('Too many key sets are being fetched.');
    const started = fetchAndKeep(zone).finally(() => fetching.delete(zone));
    fetching.set(zone, started);
    return started;
  }

  async function fetchAndKeep(zone: string): Promise<FetchedSet> {
    // The age counts from the request: an answer that took its time is as old as the question.
    const fetchedAt = clock.now();
    try {
      const set = { find: createLocalJWKSet(await fetchKeySet(keySetUrl(stsUrl, zone), limits)), fetchedAt };
      sets.set(zone, set);
      failures.delete(zone);
      return set;
    } catch (cause) {
      const fault = new IssuerUnavailable(`The issuer's keys for zone ${zone} cannot be had.`, { cause });
      failures.set(zone, { fault, failedAt: clock.now() });
      throw fault;
    }
  }

  // A key id that the set does not have is an issuer that rotated, or a stranger's invention; the cooldown serves both.
  async function select(zone: string, ...token: Parameters<JWTVerifyGetKey>) {
    const set = await current(zone);
    try {
      return await set.find(...token);
    } catch (error) {
      const unknownKey = error instanceof errors.JWKSNoMatchingKey;
      if (!unknownKey || within(set.fetchedAt, limits.unknownKeyCooldownMs)) throw error;
    }
    const renewed = await fetchOnce(zone);
    return renewed.find(...token);
  }

  return async (zone) => {
    const set = await current(zone);
    const find: JWTVerifyGetKey = (...token) =>
      select(zone, ...token).catch((error: unknown) => Promise.reject(keyError(zone, error)));
    return { find, validUntil: set.fetchedAt + limits.keySetAgeMs };
  };
}

const keySetUrl = (stsUrl: string, zone: string): string =>
  `${stsUrl}/.well-known/jwks.json?zone_id=${encodeURIComponent(zone)}`;

// None or several that fit is about the token. Anything else, such as a point that is not on the curve, is about the set.
function keyError(zone: string, error: unknown): Error {
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return error;
  if (error instanceof IssuerUnavailable) return error;
  return new IssuerUnavailable(`The issuer's key set for zone ${zone} cannot be used.`, { cause: error });
}
