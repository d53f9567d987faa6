// What has just happened in zones, as it was made for everybody who follows them, kept until the sink has told it: so that it
// need not be read from the journal again. There is a bound to what is kept; what is beyond is read there after all.
import { FEED_PAGE_ENTRIES, SINK_FRESH_MESSAGES_MAX } from '../limits.ts';
import type { Announcement } from '../zone/messages/messages.ts';

export class Fresh {
  /** By zone, each without a gap. */
  readonly #kept = new Map<string, Announcement[]>();
  #messages = 0;

  /** Makes an announcement only where it is kept. */
  keep(zone: string, seq: number, make: () => Announcement): void {
    const kept = this.#kept.get(zone);
    const isNext = kept === undefined || kept.at(-1)?.seq === seq - 1;
    if (!isNext || this.#messages >= SINK_FRESH_MESSAGES_MAX) return;
    const announcement = make();
    this.#messages += costOf(announcement);
    if (kept) kept.push(announcement);
    else this.#kept.set(zone, [announcement]);
  }

  /** A page of what comes right after entry `after`; empty where that is not kept. */
  page(zone: string, after: number): readonly Announcement[] {
    this.told(zone, after);
    const kept = this.#kept.get(zone);
    return kept?.[0]?.seq === after + 1 ? kept.slice(0, FEED_PAGE_ENTRIES) : [];
  }

  /** Drops what was told. */
  told(zone: string, upTo: number): void {
    const kept = this.#kept.get(zone);
    if (kept === undefined) return;
    const untold = kept.findIndex(({ seq }) => seq > upTo);
    this.#count(kept.splice(0, untold === -1 ? kept.length : untold));
    if (kept.length === 0) this.#kept.delete(zone);
  }

  drop(zone: string): void {
    this.#count(this.#kept.get(zone) ?? []);
    this.#kept.delete(zone);
  }

  clear(): void {
    this.#kept.clear();
    this.#messages = 0;
  }

  #count(dropped: readonly Announcement[]): void {
    for (const announcement of dropped) this.#messages -= costOf(announcement);
  }
}

/** An entry of which there is nothing to tell takes room too. */
const costOf = ({ messages }: Announcement): number => messages.length + 1;
