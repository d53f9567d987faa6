// The key sets of a group of zones with the failures of their fetches, bounded in number and in bytes. Unproven zones are a
// group of their own, so that invented zone names cannot evict the keys of real zones.

import type { JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Ages, Mark } from '../ages.ts';
import type { IssuerUnavailable } from '../caller.ts';

export interface KeySet {
  readonly find: JWTVerifyGetKey;
  /** When it was requested. */
  readonly fetched: Mark;
  readonly bytes: number;
  readonly isEmpty: boolean;
}

export interface KeySetLimits {
  readonly setsMax: number;
  readonly bytesMax: number;
  readonly failuresMax: number;
  /** Age at which a set is no longer used, milliseconds. */
  readonly ageMsMax: number;
  /** How long the result of a failed fetch is reused, milliseconds. */
  readonly failureMs: number;
}

interface Failure {
  readonly fault: IssuerUnavailable;
  readonly failed: Mark;
}

/** The memory of a set in addition to its text: its parsed and imported keys. */
const SET_OVERHEAD_BYTES = 1_024;

export class KeySets {
  readonly #ages: Ages;
  readonly #limits: KeySetLimits;
  readonly #sets: LRUCache<string, KeySet>;
  readonly #failures: LRUCache<string, Failure>;

  constructor(ages: Ages, limits: KeySetLimits) {
    this.#ages = ages;
    this.#limits = limits;
    this.#sets = new LRUCache({
      max: limits.setsMax,
      maxSize: limits.bytesMax,
      sizeCalculation: ({ bytes }) => bytes + SET_OVERHEAD_BYTES,
    });
    this.#failures = new LRUCache({ max: limits.failuresMax });
  }

  /** The zone's set, unless it is too old. */
  get(zone: string): KeySet | undefined {
    const set = this.#sets.get(zone);
    if (set === undefined || this.#ages.since(set.fetched) < this.#limits.ageMsMax) return set;
    this.#sets.delete(zone);
    return undefined;
  }

  /** Why the last fetch of the zone's set failed, if that was recent. */
  recentFault(zone: string): IssuerUnavailable | undefined {
    const failure = this.#failures.get(zone);
    return failure && this.#ages.since(failure.failed) < this.#limits.failureMs ? failure.fault : undefined;
  }

  put(zone: string, set: KeySet): void {
    this.#failures.delete(zone);
    this.#sets.set(zone, set);
  }

  drop(zone: string): void {
    this.#failures.delete(zone);
    this.#sets.delete(zone);
  }

  noteFailure(zone: string, fault: IssuerUnavailable): void {
    this.#failures.set(zone, { fault, failed: this.#ages.mark() });
  }
}
