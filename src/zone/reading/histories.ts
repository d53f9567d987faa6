// Which entries touched an actor, oldest first, in pages: those a checkpoint has stored, then those that only memory knows.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeEntry } from '../../journal/entry.ts';
import { JournalError, type JournalEngine } from '../../journal/journal.ts';
import { SLICE_HISTORY } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { ActorKind, Records } from '../actors/codec.ts';
import type { ActorRecord } from '../actors/population.ts';
import type { Archive, ArchiveReader } from './archive.ts';
import { isRefusal, type Page, type PageRequest } from '../commands.ts';
import type { ZoneEntry, ZoneEvent } from '../events.ts';
import type { Notice } from '../messages/notices.ts';
import type { ZoneMemory } from '../memory.ts';
import { PageRoom } from './page-room.ts';

/** An entry's place in an actor's history, from 1; 0 stands before the first. */
interface Place {
  readonly seq: number;
  readonly place: number;
}

const SEQUENCE = /^[1-9][0-9]{0,14}$/;

/** Entries of one actor, read for an answer. */
export interface EntriesRead {
  readonly entries: readonly ZoneEntry[];
  /** Whether these are all requested entries. */
  readonly isWhole: boolean;
}

/** An actor, and the sequences of the entries that touched it. */
export interface Course<Kind extends ActorKind> {
  readonly record: Records[Kind];
  readonly page: Page<number>;
}

export class Histories {
  readonly #memory: ZoneMemory;
  readonly #archive: Archive;
  readonly #journal: JournalEngine;

  constructor(memory: ZoneMemory, archive: Archive, journal: JournalEngine) {
    this.#memory = memory;
    this.#archive = archive;
    this.#journal = journal;
  }

  /**
   * Returns an actor and the sequences of the entries that touched it, at one moment; undefined if there is no such actor. The
   * cursor is the last sequence of the previous page.
   */
  course<Kind extends ActorKind>(
    kind: Kind,
    id: string,
    request: PageRequest,
  ): Promise<Course<Kind> | Refusal | undefined> {
    return this.#archive.view(async (seen) => {
      const record = this.#memory.actors.find(kind, id) ?? seen.find(kind, id);
      if (record === undefined) return undefined;
      const page = await this.#page(seen, record, request);
      return isRefusal(page) ? page : { record, page };
    });
  }

  /** Reads stored entries in slices, until they reach the bytes of a page; at least one entry. */
  async entries(seqs: readonly number[]): Promise<EntriesRead> {
    const entries: ZoneEntry[] = [];
    const room = new PageRoom();
    for (const seq of seqs) {
      const { data } = this.#journal.at(this.#memory.zone, seq);
      if (!room.takes(data.length)) return { entries, isWhole: false };
      entries.push(decodeEntry<ZoneEvent, Notice>(data, { zone: this.#memory.zone, seq }));
      if (entries.length % SLICE_HISTORY === 0) await nextTurn();
    }
    return { entries, isWhole: true };
  }

  async #page(
    seen: ArchiveReader,
    { id, context }: ActorRecord,
    { limit, cursor }: PageRequest,
  ): Promise<Page<number> | Refusal> {
    const recent = this.#memory.unstored.history(id);
    const firstRecent = context.changes - this.#memory.unstored.foreseen(id) - recent.length + 1;
    const after = afterCursor(cursor, (seq) =>
      recent.includes(seq) ? firstRecent + recent.indexOf(seq) : seen.placeOf(id, seq),
    );
    if (isRefusal(after)) return after;

    const seqs = await this.#stored(seen, id, after, { upTo: firstRecent, most: limit + 1 });
    if (seqs.length <= limit) seqs.push(...recent.filter((seq) => seq > after.seq));
    const items = seqs.slice(0, limit);
    return { items, nextCursor: seqs.length > limit ? String(items.at(-1)) : null };
  }

  /** Places are dense, so one that is missing shows, and with it a damaged history. */
  async #stored(
    seen: ArchiveReader,
    id: string,
    after: Place,
    { upTo, most }: { upTo: number; most: number },
  ): Promise<number[]> {
    const seqs: number[] = [];
    let expected = after.place + 1;
    for await (const { seq, place } of seen.historyAfter(id, after.seq)) {
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

const afterCursor = (cursor: string | null, placeOf: (seq: number) => number | undefined): Place | Refusal => {
  if (cursor === null) return { seq: 0, place: 0 };
  const seq = SEQUENCE.test(cursor) ? Number(cursor) : 0;
  const place = placeOf(seq);
  return place === undefined ? refuse('invalid_cursor') : { seq, place };
};
