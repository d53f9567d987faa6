// What the sink knows of zones: how far it has come and how far they have. It is a memory of what Redis and the journal say,
// never more than that; what was forgotten is asked again.
import { LRUCache } from 'lru-cache';
import { SINK_PLACES_MAX } from '../limits.ts';
import { readCursor, wholeUpTo } from './cursor.ts';

interface Place {
  /** The cursor in Redis; null while it is not known. */
  cursor: string | null;
  /** The last entry known to be told wholly, and the last known to be stored. */
  told: number;
  head: number;
  /** The last entry that was there before anything here happened; null while that is not known. */
  began: number | null;
}

export class Places {
  readonly #places = new LRUCache<string, Place>({ max: SINK_PLACES_MAX });

  cursor(zone: string): string | null {
    return this.#places.get(zone)?.cursor ?? null;
  }

  /** The last entry of the zone known to be stored; 0 where nothing is known. */
  head(zone: string): number {
    return this.#places.get(zone)?.head ?? 0;
  }

  /** The last entry of the zone that was there before this process changed it, as far as is known. */
  began(zone: string): number | null {
    return this.#places.get(zone)?.began ?? null;
  }

  /** Entries that are stored and not told, of the zones remembered. */
  get lag(): number {
    let lag = 0;
    for (const { told, head } of this.#places.values()) lag += Math.max(0, head - told);
    return lag;
  }

  /** The zone has come to `seq`. Where nothing was known of it, only entries after `unless` count as not told. */
  stands(zone: string, seq: number, unless: number): void {
    const place = this.#places.get(zone);
    if (place) Object.assign(place, { head: Math.max(place.head, seq), began: place.began ?? unless });
    else this.#places.set(zone, { cursor: null, told: unless, head: seq, began: unless });
  }

  /** Redis says how far it was told. */
  told(zone: string, cursor: string): void {
    const read = readCursor(cursor);
    const told = read ? wholeUpTo(read) : 0;
    const place = this.#places.get(zone);
    if (place) Object.assign(place, { cursor, told });
    else this.#places.set(zone, { cursor, told, head: told, began: null });
  }

  /** Whether everything of the zone up to `seq` is known to be told. */
  isTold(zone: string, seq: number): boolean {
    const place = this.#places.get(zone);
    return place !== undefined && place.cursor !== null && place.told >= seq;
  }

  /** Something went wrong with the zone: Redis is asked again how far it was told. */
  doubtOf(zone: string): void {
    const place = this.#places.get(zone);
    if (place) place.cursor = null;
  }

  /** Redis was out of sight, and may have lost what it knew. */
  doubt(): void {
    for (const place of this.#places.values()) place.cursor = null;
  }
}
