// Tells the zone's subscribers what has happened, once it is on disk and in the order of the journal; and tells again, from the
// journal, those who were not there.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeEntry } from '../../journal/entry.ts';
import type { JournalEngine } from '../../journal/journal.ts';
import { SLICE_HISTORY } from '../../limits.ts';
import type { ZoneEntry, ZoneEvent } from '../events.ts';
import type { Ledger } from '../ledger.ts';
import { announcementInSlices, announcementOf, type Announcement } from './messages.ts';
import type { Notice } from './notices.ts';
import { PageRoom } from '../reading/page-room.ts';
import type { Reads } from '../reading/reads.ts';

/** Bytes of the messages about one actor that an entry reached: at most two messages, each a few names. */
const MESSAGES_BYTES = 1024;

/** Where changes are told. */
export interface ChangeFeed {
  /** Whether anybody wants to hear of a zone. */
  wants(zone: string): boolean;
  publish(zone: string, announcement: Announcement): void;
}

/** Who wants to know how far every zone has come. */
export interface ChangeSink {
  /** The zone was read from disk, where it ends with entry `seq`. */
  woke(zone: string, seq: number): void;
  /** Entry `seq` of the zone is on disk, and this is how to make its announcement; in order. */
  stored(zone: string, seq: number, make: () => Announcement): void;
}

export class Announcing {
  readonly #feed: ChangeFeed | null;
  readonly #sink: ChangeSink | null;
  readonly #zone: string;
  readonly #journal: JournalEngine;
  readonly #ledger: Ledger;
  readonly #reads: Reads;
  #told: Promise<void> = Promise.resolve();

  constructor(parts: {
    feed: ChangeFeed | null;
    sink: ChangeSink | null;
    zone: string;
    journal: JournalEngine;
    ledger: Ledger;
    reads: Reads;
  }) {
    this.#feed = parts.feed;
    this.#sink = parts.sink;
    this.#zone = parts.zone;
    this.#journal = parts.journal;
    this.#ledger = parts.ledger;
    this.#reads = parts.reads;
  }

  /** An entry was carried out. It is told once it is stored, behind the answer to whoever asked for it. */
  hear(entry: ZoneEntry): void {
    const feed = this.#feed?.wants(this.#zone) ? this.#feed : null;
    if (feed === null && this.#sink === null) return;
    const storing = this.#ledger.storedUpTo(entry.seq);
    // What is not stored is not told, and neither is anything after it; the zone has ended by then, and says why.
    this.#told = this.#told.then(() => storing).then(() => this.#tell(entry, feed));
    this.#told.catch(() => {});
  }

  /**
   * Returns the messages of the stored entries `from`..`to`, as many as fit in a page, at least one. The page is valid only if
   * this serving has not ended when it is complete: facts of live actors are read from memory.
   */
  async of(from: number, to: number): Promise<Announcement[]> {
    if (from > to) return [];
    return this.#reads.consistently(async (find) => {
      const announcements: Announcement[] = [];
      const room = new PageRoom();
      for await (const { seq, data } of this.#journal.read(this.#zone, from, to)) {
        const entry = decodeEntry<ZoneEvent, Notice>(data, { zone: this.#zone, seq });
        if (!room.takes(entry.affected.length * MESSAGES_BYTES + data.length)) break;
        announcements.push(await announcementInSlices(entry, find));
        if (announcements.length % SLICE_HISTORY === 0) await nextTurn();
      }
      return announcements;
    });
  }

  /** Resolves when nothing that was stored waits to be told. */
  async idle(): Promise<void> {
    await this.#told.catch(() => {});
  }

  #tell(entry: ZoneEntry, feed: ChangeFeed | null): void {
    let made: Announcement | null = null;
    const make = () => (made ??= this.#of(entry));
    this.#sink?.stored(this.#zone, entry.seq, make);
    feed?.publish(this.#zone, make());
  }

  #of(entry: ZoneEntry): Announcement {
    return announcementOf(entry, (kind, id) => this.#reads.find(kind, id));
  }
}
