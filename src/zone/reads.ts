// How a zone answers queries. Each takes what it needs from memory in one turn of the event loop, so that it sees one
// moment of the zone, and adds from the archive what has left memory. Nothing here waits for the journal; the zone does.
import { LIST_SCAN_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { decodeEntry } from '../journal/entry.ts';
import { JournalError, type JournalEngine } from '../journal/journal.ts';
import type { Archive } from './archive.ts';
import { isRefusal, statusOf, type ListFilter, type Page, type PageRequest } from './commands.ts';
import type { ZoneEntry, ZoneEvent } from './events.ts';
import type { ZoneMemory } from './memory.ts';
import type { SessionRecord } from './sessions.ts';

/** A session as one moment shows it; its metadata is fetched once that moment is on disk. */
export interface SessionSight {
  readonly record: SessionRecord;
  readonly childCount: number;
}

export class Reads {
  readonly #memory: ZoneMemory;
  readonly #archive: Archive;
  readonly #journal: JournalEngine;

  constructor(memory: ZoneMemory, archive: Archive, journal: JournalEngine) {
    this.#memory = memory;
    this.#archive = archive;
    this.#journal = journal;
  }

  /** A session of the zone, ended ones included. */
  find(id: string): SessionRecord | undefined {
    return this.#memory.sessions.find(id) ?? this.#archive.session(id);
  }

  sight(record: SessionRecord): SessionSight {
    return { record, childCount: this.#memory.sessions.childrenOf(record.id).size };
  }

  session(id: string): SessionSight | Refusal {
    const record = this.find(id);
    return record ? this.sight(record) : refuse('agent_not_found');
  }

  async list(filter: ListFilter & PageRequest): Promise<Page<SessionSight> | Refusal> {
    if (filter.cursor !== null && !this.find(filter.cursor)) return refuse('invalid_cursor');
    const fromMemory = descend(this.#inMemory(filter.cursor), filter, (record) => this.sight(record));
    const older = mayHaveEnded(filter) ? this.#archive.sessionsBelow(filter.cursor) : nothing();
    return merge(fromMemory, await descendAsync(older, filter, fromMemory), filter.limit);
  }

  async children(id: string, filter: ListFilter & PageRequest): Promise<Page<SessionSight> | Refusal> {
    if (!this.find(id)) return refuse('agent_not_found');
    if (filter.cursor !== null && !this.find(filter.cursor)) return refuse('invalid_cursor');
    const fromMemory = descend(this.#childrenInMemory(id, filter.cursor), filter, (record) => this.sight(record));
    const older = mayHaveEnded(filter) ? this.#archive.childrenBelow(id, filter.cursor) : nothing();
    return merge(fromMemory, await descendAsync(older, filter, fromMemory), filter.limit);
  }

  /** The sequences of the entries that touched a session, oldest first. The cursor is the last one seen. */
  async history(id: string, { limit, cursor }: PageRequest): Promise<Page<number> | Refusal> {
    const session = this.find(id);
    if (!session) return refuse('agent_not_found');
    const recent = this.#memory.unstoredHistory(id);
    const firstRecent = session.context.changes - recent.length + 1;
    const after = this.#after(id, cursor, recent, firstRecent);
    if (isRefusal(after)) return after;

    const seqs = await this.#storedHistory(id, after, { upTo: firstRecent, most: limit + 1 });
    if (seqs.length <= limit) seqs.push(...recent.filter((seq) => seq > after.seq));
    const items = seqs.slice(0, limit);
    return { items, nextCursor: seqs.length > limit ? String(items.at(-1)) : null };
  }

  #after(id: string, cursor: string | null, recent: readonly number[], firstRecent: number): Place | Refusal {
    if (cursor === null) return { seq: 0, place: 0 };
    const seq = SEQUENCE.test(cursor) ? Number(cursor) : 0;
    const place = recent.includes(seq) ? firstRecent + recent.indexOf(seq) : this.#archive.placeOf(id, seq);
    return place === undefined ? refuse('invalid_cursor') : { seq, place };
  }

  /** Places are dense, so one that is missing shows, and with it a damaged history. */
  async #storedHistory(id: string, after: Place, { upTo, most }: { upTo: number; most: number }): Promise<number[]> {
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

  entry(seq: number): ZoneEntry {
    const { zone } = this.#memory;
    return decodeEntry<ZoneEvent>(this.#journal.at(zone, seq).data, { zone, seq });
  }

  *#inMemory(before: string | null): Generator<SessionRecord> {
    for (const id of this.#memory.sessions.descending(before ?? undefined)) {
      const record = this.#memory.sessions.find(id);
      if (record) yield record;
    }
  }

  #childrenInMemory(parentId: string, before: string | null): SessionRecord[] {
    const { sessions } = this.#memory;
    const ids = [...sessions.childrenOf(parentId), ...sessions.endedChildrenOf(parentId)];
    const below = ids.filter((id) => before === null || id < before).toSorted((a, b) => (a < b ? 1 : -1));
    return below.map((id) => sessions.find(id)).filter((record) => record !== undefined);
  }

  #incomplete(id: string): JournalError {
    return new JournalError('CORRUPT', `The history of session ${id} in zone ${this.#memory.zone} is incomplete.`);
  }
}

/** An entry's place in a session's history, from 1; 0 stands before the first. */
interface Place {
  readonly seq: number;
  readonly place: number;
}

const SEQUENCE = /^[1-9][0-9]{0,14}$/;

const mayHaveEnded = ({ status }: ListFilter) => status === null || status === 'terminated' || status === 'expired';

const matches = (record: SessionRecord, { status, lifecycle, applicationId, label }: ListFilter): boolean =>
  (status === null || statusOf(record) === status) &&
  (lifecycle === null || record.context.lifecycle === lifecycle) &&
  (applicationId === null || record.context.applicationId === applicationId) &&
  (label === null || record.context.labels.includes(label));

/** Rows in falling order of id, and down to which id everything was looked at; null when there is nothing further. */
interface Descent {
  readonly rows: readonly SessionSight[];
  readonly downTo: string | null;
}

type Sight = (record: SessionRecord) => SessionSight;

// One row more than asked for tells whether a next page exists.
const isEnough = (rows: readonly unknown[], { limit }: PageRequest, looked: number) =>
  rows.length > limit || looked >= LIST_SCAN_MAX;

const descend = (records: Iterable<SessionRecord>, filter: ListFilter & PageRequest, sight: Sight): Descent => {
  const rows: SessionSight[] = [];
  let looked = 0;
  for (const record of records) {
    if (matches(record, filter)) rows.push(sight(record));
    looked += 1;
    if (isEnough(rows, filter, looked)) return { rows, downTo: record.id };
  }
  return { rows, downTo: null };
};

/** The same over the archive, only as far down as memory has been looked at. What has ended has no live children. */
const descendAsync = async (
  records: AsyncIterable<SessionRecord>,
  filter: ListFilter & PageRequest,
  { downTo }: Descent,
): Promise<Descent> => {
  const rows: SessionSight[] = [];
  let looked = 0;
  for await (const record of records) {
    if (downTo !== null && record.id < downTo) return { rows, downTo };
    if (matches(record, filter)) rows.push({ record, childCount: 0 });
    looked += 1;
    if (isEnough(rows, filter, looked)) return { rows, downTo: record.id };
  }
  return { rows, downTo: null };
};

/** Both descents as one page. A session that left memory in between is in both; what memory showed counts. */
const merge = (a: Descent, b: Descent, limit: number): Page<SessionSight> => {
  const downTo = [a.downTo, b.downTo].reduce(
    (low, each) => (low === null || (each !== null && each > low) ? each : low),
    null,
  );
  const byId = new Map([...b.rows, ...a.rows].map((row) => [row.record.id, row]));
  const rows = [...byId.values()]
    .filter(({ record }) => downTo === null || record.id >= downTo)
    .toSorted((x, y) => (x.record.id < y.record.id ? 1 : -1));
  const items = rows.slice(0, limit);
  if (rows.length > limit) return { items, nextCursor: items.at(-1)?.record.id ?? null };
  return { items, nextCursor: downTo };
};

async function* nothing(): AsyncGenerator<SessionRecord> {}
