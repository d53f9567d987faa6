// The keys of an external issuer, one set per zone. A set is trusted for ten minutes from its fetch, whatever the network does,
// and is renewed in the background from half that age on. An issuer that does not answer properly is a fault, never a refusal.
// Anyone can send an unsigned token that names a zone: such zones have fetch slots and a cache of their own.
// jose's own remote set is not used because it reads the host's clock, and the injected one decides what is stale.

import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Ages } from '../ages.ts';
import { IssuerUnavailable } from '../caller.ts';
import { KeyNotYetKnown, type KeysOf } from '../keys.ts';
import { authLimits, type AuthLimits } from '../limits.ts';
import { FetchSlots } from './fetch-slots.ts';
import { fetchKeySet } from './key-set-fetch.ts';
import { KeySets, type KeySet } from './key-sets.ts';

export interface RemoteKeysParts {
  /** Where the issuer publishes: `{stsUrl}/.well-known/jwks.json?zone_id={zone}` (RFC 7517 section 5). */
  readonly stsUrl: string;
  /** Shared by all caches of proofs: a clock step that one of them notices counts for all. */
  readonly ages: Ages;
  /** Whether the coordinator has stored data of the zone. An unsigned token cannot cause this. */
  readonly isStored?: (zone: string) => Promise<boolean>;
  /** Called when keys could not be renewed ahead of time. They remain in use until they are too old. */
  readonly onRenewalFailed?: (zone: string, fault: unknown) => void;
  readonly limits?: AuthLimits;
}

/** A group of zones: their cached key sets, and the slots of their fetches. */
interface Group {
  readonly sets: KeySets;
  readonly slots: FetchSlots;
}

export class RemoteKeys {
  readonly #parts: Omit<RemoteKeysParts, 'limits' | 'ages'>;
  readonly #limits: AuthLimits;
  readonly #ages: Ages;
  readonly #known: Group;
  readonly #strangers: Group;
  readonly #provenZones: LRUCache<string, true>;
  /** Zones for which the issuer recently had no key. */
  readonly #absent: LRUCache<string, KeySet>;
  readonly #fetching = new Map<string, Promise<KeySet>>();

  constructor({ limits = authLimits, ages, ...parts }: RemoteKeysParts) {
    this.#parts = parts;
    this.#limits = limits;
    this.#ages = ages;
    const { keySetsMax, keySetsBytesMax, keySetFetchesMax } = limits;
    this.#known = this.#groupOf(keySetsMax, keySetsBytesMax, keySetFetchesMax);
    const { strangerKeySetsMax, strangerKeySetsBytesMax, strangerKeySetFetchesMax } = limits;
    this.#strangers = this.#groupOf(strangerKeySetsMax, strangerKeySetsBytesMax, strangerKeySetFetchesMax);
    this.#provenZones = new LRUCache({ max: limits.provenZonesMax });
    this.#absent = new LRUCache({ max: limits.absentZonesMax });
  }

  /** Rejects, and lets `find` reject, with `IssuerUnavailable`. */
  readonly keysOf: KeysOf = async (zone) => {
    const set = await this.#current(zone);
    return {
      find: (...token) => this.#select(zone, token),
      validUntil: set.fetched.at + this.#limits.keySetAgeMs,
      noteProof: () => this.#noteProof(zone),
    };
  };

  #groupOf(setsMax: number, bytesMax: number, runningMax: number): Group {
    const { keySetAgeMs: ageMsMax, failedFetchCooldownMs: failureMs, keySetFailuresMax: failuresMax } = this.#limits;
    const { keySetFetchesWaitingMax: waitingMax, keySetTimeoutMs: waitMsMax } = this.#limits;
    return {
      sets: new KeySets(this.#ages, { setsMax, bytesMax, failuresMax, ageMsMax, failureMs }),
      slots: new FetchSlots(this.#ages, { runningMax, waitingMax, waitMsMax }),
    };
  }

  async #current(zone: string): Promise<KeySet> {
    const absent = this.#absent.get(zone);
    if (absent && this.#isFresh(absent)) return absent;
    const group = await this.#groupFor(zone);
    const set = group.sets.get(zone);
    if (set === undefined) return this.#fetch(zone, group, group.slots);
    if (this.#ages.since(set.fetched) >= this.#limits.keySetRenewalAgeMs) this.#renew(zone, group);
    return set;
  }

  async #groupFor(zone: string): Promise<Group> {
    if (this.#provenZones.get(zone)) return this.#known;
    if (this.#strangers.sets.get(zone) || !(await this.#parts.isStored?.(zone))) return this.#strangers;
    this.#provenZones.set(zone, true);
    return this.#known;
  }

  #noteProof(zone: string): void {
    if (this.#provenZones.get(zone)) return;
    this.#provenZones.set(zone, true);
    const set = this.#strangers.sets.get(zone);
    this.#strangers.sets.drop(zone);
    if (set) this.#known.sets.put(zone, set);
  }

  #renew(zone: string, group: Group): void {
    if (this.#fetching.has(zone) || group.sets.recentFault(zone)) return;
    this.#fetch(zone, group, group.slots).catch((fault: unknown) => this.#parts.onRenewalFailed?.(zone, fault));
  }

  // At most one fetch at a time for each zone.
  async #fetch(zone: string, group: Group, slots: FetchSlots): Promise<KeySet> {
    const running = this.#fetching.get(zone);
    if (running !== undefined) return running;
    const fault = group.sets.recentFault(zone);
    if (fault) throw fault;
    const started = slots.run(() => this.#fetchAndKeep(zone)).finally(() => this.#fetching.delete(zone));
    this.#fetching.set(zone, started);
    return started;
  }

  async #fetchAndKeep(zone: string): Promise<KeySet> {
    // The age counts from the request: a slow answer may be as old as the request.
    const fetched = this.#ages.mark();
    try {
      const { set, bytes } = await fetchKeySet(keySetUrl(this.#parts.stsUrl, zone), this.#limits);
      const kept = { find: createLocalJWKSet(set), fetched, bytes, isEmpty: set.keys.length === 0 };
      this.#keep(zone, kept);
      return kept;
    } catch (cause) {
      const fault = new IssuerUnavailable(`The issuer's keys for zone ${zone} cannot be fetched.`, { cause });
      this.#groupNow(zone).sets.noteFailure(zone, fault);
      throw fault;
    }
  }

  // The zone may have proven a token during the fetch.
  #groupNow(zone: string): Group {
    return this.#provenZones.get(zone) ? this.#known : this.#strangers;
  }

  #keep(zone: string, set: KeySet): void {
    const { sets } = this.#groupNow(zone);
    if (set.isEmpty) {
      sets.drop(zone);
      this.#absent.set(zone, set);
    } else {
      this.#absent.delete(zone);
      sets.put(zone, set);
    }
  }

  async #select(zone: string, token: Parameters<JWTVerifyGetKey>) {
    const set = await this.#current(zone);
    try {
      return await set.find(...token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw keyError(zone, error);
    }
    const renewed = await this.#fetchForUnknownKey(zone, set);
    return Promise.resolve(renewed.find(...token)).catch((error: unknown) =>
      Promise.reject(error instanceof errors.JWKSNoMatchingKey ? this.#notYet(renewed) : keyError(zone, error)),
    );
  }

  // An unknown key id is a new key of the issuer or an invented one. It uses the slots of unproven zones, without waiting.
  async #fetchForUnknownKey(zone: string, set: KeySet): Promise<KeySet> {
    const { slots } = this.#strangers;
    if (this.#isFresh(set) || (slots.isFull && !this.#fetching.has(zone))) throw this.#notYet(set);
    return this.#fetch(zone, this.#groupNow(zone), slots);
  }

  #isFresh({ fetched }: KeySet): boolean {
    return this.#ages.since(fetched) < this.#limits.unknownKeyCooldownMs;
  }

  #notYet({ fetched }: KeySet): KeyNotYetKnown {
    const leftMs = this.#limits.unknownKeyCooldownMs - this.#ages.since(fetched);
    return new KeyNotYetKnown(Math.max(1, Math.ceil(leftMs / MS_PER_SECOND)));
  }
}

const MS_PER_SECOND = 1000;

const keySetUrl = (stsUrl: string, zone: string): string =>
  `${stsUrl}/.well-known/jwks.json?zone_id=${encodeURIComponent(zone)}`;

// Several fitting keys are a fault of the token. Other errors, such as a point that is not on the curve, are of the set.
const keyError = (zone: string, error: unknown): unknown =>
  error instanceof errors.JWKSMultipleMatchingKeys || error instanceof IssuerUnavailable
    ? error
    : new IssuerUnavailable(`The issuer's key set for zone ${zone} cannot be used.`, { cause: error });
