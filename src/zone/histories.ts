// Which entries touched an actor, oldest first, in pages: those a checkpoint has stored, then those that only memory knows.
import { decodeEntry } from '../journal/entry.ts';
import { JournalError, type JournalEngine } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { ActorRecord } from './actors/population.ts';
import type { Archive } from './archive.ts';
import { isRefusal, type Page, type PageRequest } from './commands.ts';
import type { ZoneEntry, ZoneEvent } from './events.ts';
import type { Notice } from './notices.ts';
import type { ZoneMemory } from './memory.ts';

/** An entry's place in an actor's history, from 1; 0 stands before the first. */
interface Place {
  readonly seq: number;
  readonly place: number;
}

const SEQUENCE = /^[1-9][0-9]{0,14}$/;

export class Histories {
  readonly #memory: ZoneMemory;
  readonly #archive: Archive;
  readonly #journal: JournalEngine;

  constructor(memory: ZoneMemory, archive: Archive, journal: JournalEngine) {
    this.#memory = memory;
    this.#archive = archive;
    this.#journal = journal;
  }

  /** The sequences of the entries that touched an actor. The cursor is the last one seen. */
  async page({ id, context }: ActorRecord, { limit, cursor }: PageRequest): Promise<Page<number> | Refusal> {
    const recent = this.#memory.unstored.history(id);
    const firstRecent = context.changes - recent.length + 1;
    const after = this.#after(id, cursor, recent, firstRecent);
    if (isRefusal(after)) return after;

    const seqs = await this.#stored(id, after, { upTo: firstRecent, most: limit + 1 });
    if (seqs.length <= limit) seqs.push(...recent.filter((seq) => seq > after.seq));
    const items = seqs.slice(0, limit);
    return { items, nextCursor: seqs.length > limit ? String(items.at(-1)) : null };
  }

  /** An entry that is on disk. */
  entry(seq: number): ZoneEntry {
    const { zone } = this.#memory;
    return decodeEntry<ZoneEvent, Notice>(this.#journal.at(zone, seq).data, { zone, seq });
  }

  #after(id: string, cursor: string | null, recent: readonly number[], firstRecent: number): Place | Refusal {
    if (cursor === null) return { seq: 0, place: 0 };
    const seq = SEQUENCE.test(cursor) ? Number(cursor) : 0;
    const place = recent.includes(seq) ? firstRecent + recent.indexOf(seq) : this.#archive.placeOf(id, seq);
    return place === undefined ? refuse('invalid_cursor') : { seq, place };
  }

  /** Places are dense, so one that is missing shows, and with it a damaged history. */
  async #stored(id: string, after: Place, { upTo, most }: { upTo: number; most: number }): Promise<number[]> {
    const seqs: number[] = [];
    let expected = after.place + 1;
    for await (const { seq, place } of this.#archive.historyAfter(id, after.seq)) {
      if (expected >= upTo || seqs.length === most) return seqs;
      if (place !== expected) throw this.#incomplete(id);
      seqs.push(seq);
      expected += 1;
    }
    if (expected < upTo) throw this.#incomplete(id);
    return seqs;
  }

  #incomplete(id: string): JournalError {
    return new JournalError('CORRUPT', `The history of ${id} in zone ${this.#memory.zone} is incomplete.`);
  }
}
