// What a zone does while it serves: decide, write, then tell. Everything up to the telling happens in one turn of the event
// loop, so commands of a zone are carried out one after the other without a lock; the telling waits until what it relies
// on is on disk. Whatever is wrong is thrown, and ends the serving; the zone sees to that.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Instant } from '../../machines/words.ts';
import type { Author } from '../journal/entry.ts';
import type { JournalWriter, Store } from '../journal/journal.ts';
import { PAGE_METADATA_BYTES_MAX, SLICE_HISTORY } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { Archive } from './archive.ts';
import type { CheckpointRecord } from './checkpoint.ts';
import {
  isRefusal,
  type Ask,
  type Command,
  type Done,
  type Page,
  type Query,
  type QueryAnswers,
  type QueryType,
  type Reply,
  type SessionView,
} from './commands.ts';
import { decide } from './decisions/decide.ts';
import type { Accepted, SessionLimits, Situation } from './decisions/decision.ts';
import { Ledger } from './ledger.ts';
import type { ZoneEntry } from './events.ts';
import type { ZoneMemory } from './memory.ts';
import { Metadata } from './metadata.ts';
import { planOf } from './plan.ts';
import { Reads, type SessionSight } from './reads.ts';
import type { SessionRecord } from './sessions.ts';
import { Upkeep } from './upkeep.ts';

export interface ServingSettings {
  readonly store: Store;
  readonly limits: SessionLimits;
  /** Entries after which a checkpoint is made while the zone serves. */
  readonly checkpointEveryEntries: number;
  readonly log: Logger;
  /** Told after every change when the zone has to be woken; null for never. */
  readonly onDeadline: (zone: string, at: Instant | null) => void;
}

export class Serving {
  readonly #memory: ZoneMemory;
  readonly #settings: ServingSettings;
  readonly #ledger: Ledger;
  readonly #upkeep: Upkeep;
  readonly #archive: Archive;
  readonly #reads: Reads;
  readonly #metadata: Metadata;
  readonly writer: JournalWriter;

  constructor(
    memory: ZoneMemory,
    settings: ServingSettings,
    from: { writer: JournalWriter; hash: string; checkpoint: CheckpointRecord | null },
  ) {
    const { store } = settings;
    this.#memory = memory;
    this.#settings = settings;
    this.writer = from.writer;
    this.#ledger = new Ledger(memory, from.writer, from.hash);
    this.#archive = new Archive(store.snapshots, memory.zone);
    this.#upkeep = new Upkeep({
      memory,
      ledger: this.#ledger,
      store: store.snapshots,
      archive: this.#archive,
      checkpoint: from.checkpoint,
    });
    this.#reads = new Reads(memory, this.#archive, store.journal);
    this.#metadata = new Metadata(store.journal, memory.zone);
    this.#announceDeadline();
  }

  /** Something may have to be looked up that is not in memory: then "not there" must be believable first. */
  async prepare(asked: Command | Query): Promise<void> {
    if (!this.#archive.counted && this.#needsArchive(asked)) await this.#upkeep.count();
  }

  /**
   * Journals what has fallen due, each at its own instant. False when the journal has no room for more just now: `settle`
   * and come again.
   */
  advance(now: Instant): boolean {
    let due = this.#memory.nextDeadline();
    if (due === undefined || due.at > now) return true;
    const before = this.#memory.seq;
    for (; due && due.at <= now; due = this.#memory.nextDeadline()) {
      const event = { type: 'session.expired', v: 1, id: due.id } as const;
      if (!this.#ledger.write({ event, at: due.at, by: null, body: null, receipt: null })) break;
    }
    if (this.#memory.seq > before) this.#afterChange();
    return due === undefined || due.at > now;
  }

  /** No await stands between the decision and the write. */
  carryOut(command: Command, ask: Ask, instant: Instant): Promise<Reply<Done>> {
    const now = Math.max(instant, this.#memory.at);
    const decision = decide(this.#situation(now), command, ask);
    if (isRefusal(decision)) return this.#tell<Done>(() => decision);
    if ('repeats' in decision) return this.#repeat(decision.repeats);
    const moved = command.dryRun ? this.#wouldMove(decision, now) : this.#write(decision, now, ask);
    if (moved === null) return this.#tell<Done>(() => journalFull());
    const session = this.#reads.session(command.input.id);
    if (isRefusal(session)) return this.#tell<Done>(() => session);
    const { dryRun } = command;
    return this.#tell(() => ({ kind: 'done', session: this.#view(session), moved, replayed: false, dryRun }));
  }

  lookUp(query: Query): Promise<Reply<QueryAnswers[QueryType]>> {
    switch (query.type) {
      case 'session.get': {
        const sight = this.#reads.session((query as Query<'session.get'>).input.id);
        return this.#tell<SessionView>(() => (isRefusal(sight) ? sight : this.#view(sight)));
      }
      case 'session.list':
        return this.#tellSessions(this.#reads.list((query as Query<'session.list'>).input));
      case 'session.children': {
        const { input } = query as Query<'session.children'>;
        return this.#tellSessions(this.#reads.children(input.id, input));
      }
      case 'session.history': {
        const { input } = query as Query<'session.history'>;
        return this.#tellHistory(this.#reads.history(input.id, input));
      }
    }
  }

  /** Resolves when everything that has happened is on disk. */
  async settle(): Promise<void> {
    await this.#ledger.storedUpTo(this.#memory.seq);
  }

  /** Stores what memory holds, so that the next wake is short. One that runs already began before the latest changes. */
  async checkpoint(): Promise<void> {
    await this.#upkeep.idle();
    await this.#upkeep.checkpoint();
  }

  /** Resolves when nothing of this serving touches memory or disk any more. */
  idle(): Promise<void> {
    return this.#upkeep.idle();
  }

  #write({ event, body, receipt }: Accepted, at: Instant, ask: Ask): readonly string[] | null {
    const plan = this.#ledger.write({ event, at, by: authorOf(ask), body, receipt });
    if (plan) this.#afterChange();
    return plan && plan.moved;
  }

  #wouldMove({ event }: Accepted, at: Instant): readonly string[] {
    return planOf(event, { at, seq: this.#memory.seq + 1 }, this.#memory.sessions).moved;
  }

  /** The answer of the first time again: the session as it was when it started. */
  #repeat(record: SessionRecord): Promise<Reply<Done>> {
    const sight = this.#reads.sight({ ...record, state: 'active' });
    return this.#tell(() => ({ kind: 'done', session: this.#view(sight), moved: [], replayed: true, dryRun: false }));
  }

  /** Waits until what was seen is on disk, then says it. */
  async #tell<Answer>(answer: () => Answer | Refusal, seq = this.#memory.seq): Promise<Reply<Answer>> {
    const storing = this.#ledger.storedUpTo(seq);
    if (storing) await storing;
    return { seq, answer: answer() };
  }

  async #tellSessions(finding: Promise<Page<SessionSight> | Refusal>): Promise<Reply<Page<SessionView>>> {
    const { seq } = this.#memory;
    const page = await finding;
    return this.#tell(() => (isRefusal(page) ? page : this.#viewPage(page)), seq);
  }

  #viewPage({ items, nextCursor }: Page<SessionSight>): Page<SessionView> {
    const views: SessionView[] = [];
    let bytes = 0;
    for (const sight of items) {
      bytes += this.#metadata.of(sight.record).bytes;
      if (bytes > PAGE_METADATA_BYTES_MAX && views.length > 0)
        return { items: views, nextCursor: views.at(-1)?.record.id ?? null };
      views.push(this.#view(sight));
    }
    return { items: views, nextCursor };
  }

  async #tellHistory(finding: Promise<Page<number> | Refusal>): Promise<Reply<Page<ZoneEntry>>> {
    const { seq } = this.#memory;
    const page = await finding;
    const { answer } = await this.#tell(() => page, seq);
    if (isRefusal(answer)) return { seq, answer };
    const items: ZoneEntry[] = [];
    for (const each of answer.items) {
      items.push(this.#reads.entry(each));
      if (items.length % SLICE_HISTORY === 0) await nextTurn();
    }
    return { seq, answer: { items, nextCursor: answer.nextCursor } };
  }

  #view({ record, childCount }: SessionSight): SessionView {
    return { record, childCount, metadata: this.#metadata.of(record).data };
  }

  #situation(now: Instant): Situation {
    return {
      now,
      sessions: this.#memory.sessions,
      limits: this.#settings.limits,
      find: (id) => this.#reads.find(id),
      receipt: (key) => this.#memory.receipt(key) ?? this.#archive.receipt(key),
      nextDeadlineAt: () => this.#memory.nextDeadline()?.at ?? null,
    };
  }

  #needsArchive(asked: Command | Query): boolean {
    if ('idempotencyKey' in asked && asked.idempotencyKey !== null) return true;
    if (asked.type === 'session.start') return false;
    if (asked.type === 'session.list') return true;
    const { id } = asked.input as { readonly id: string };
    return asked.type === 'session.children' || !this.#memory.sessions.find(id);
  }

  // A checkpoint that fails costs time at the next start and nothing else: the journal has everything.
  #afterChange(): void {
    this.#announceDeadline();
    if (this.#upkeep.lag < this.#settings.checkpointEveryEntries) return;
    this.#upkeep.checkpoint().catch((error: unknown) => {
      const { zone } = this.#memory;
      this.#settings.log.warn({ zone, err: error }, 'checkpoint failed; the journal still holds everything');
    });
  }

  #announceDeadline(): void {
    this.#settings.onDeadline(this.#memory.zone, this.#memory.nextDeadline()?.at ?? null);
  }
}

const journalFull = (): Refusal => refuse('journal_full', { details: { retryable: true }, retryAfterSeconds: 1 });

const authorOf = ({ caller, requestId, traceId }: Ask): Author => {
  const clientId = caller.kind === 'bearer' ? caller.applicationId : null;
  const subject = caller.kind === 'bearer' ? caller.subject : 'operator';
  return { clientId, subject, requestId, ...(traceId === null ? {} : { traceId }) };
};
