// What a zone does while it serves: decide, write, then tell. Everything up to the telling happens in one turn of the event
// loop, so commands of a zone are carried out one after the other without a lock; the telling waits until what it relies
// on is on disk. Whatever is wrong is thrown, and ends the serving; the zone sees to that.
import type { Instant } from '../../machines/words.ts';
import { isDamage, type JournalWriter } from '../journal/journal.ts';
import { READ_ONLY_CHECK_MS } from '../limits.ts';
import type { Moment, ZoneTime } from '../time/zone-time.ts';
import { Announcing } from './messages/announcing.ts';
import { Archive } from './reading/archive.ts';
import { Auditing } from './auditing.ts';
import { Bodies } from './bodies.ts';
import { writeByItself } from './due/cascade-parts.ts';
import {
  isRefusal,
  type Ask,
  type Command,
  type CommandAnswers,
  type CommandType,
  type Query,
  type QueryAnswers,
  type QueryType,
  type Reply,
} from './commands.ts';
import { decide } from './decisions/decide.ts';
import { isStop } from './decisions/lessening.ts';
import { refusedCondition } from './decisions/condition-checks.ts';
import type { Accepted, Made, Noted } from './decisions/decision.ts';
import type { ZoneEvent } from './events.ts';
import { Histories } from './reading/histories.ts';
import { refusedBy, type Intake } from './intake.ts';
import { Lapsing, type Advance } from './due/lapsing.ts';
import { Ledger, refusalOf, type Written } from './ledger.ts';
import { Lookups } from './reading/lookups.ts';
import type { ZoneMemory } from './memory.ts';
import { commandOutcome } from './outcomes.ts';
import { EMPTY_PLAN } from './plan.ts';
import { Reads } from './reading/reads.ts';
import type { ServingSettings } from './serving-settings.ts';
import { Showing } from './showing.ts';
import { refusedCaller, Situations } from './situations.ts';
import { tablesNeeded } from './reading/tables-needed.ts';
import { Telling } from './telling.ts';
import { Upkeep } from './checkpoints/upkeep.ts';
import { Views } from './reading/views.ts';
import type { Woken } from './waking/waking.ts';

export class Serving {
  readonly #memory: ZoneMemory;
  readonly #settings: ServingSettings;
  readonly #ledger: Ledger;
  readonly #upkeep: Upkeep;
  readonly #archive: Archive;
  readonly #bodies: Bodies;
  readonly #reads: Reads;
  readonly #situations: Situations;
  readonly #lookups: Lookups;
  readonly #showing: Showing;
  readonly #telling: Telling;
  readonly #announcing: Announcing;
  readonly #auditing: Auditing;
  readonly #lapsing: Lapsing;
  readonly time: ZoneTime;
  readonly writer: JournalWriter;
  readonly intake: Intake;

  constructor(
    memory: ZoneMemory,
    settings: ServingSettings,
    from: Woken & { writer: JournalWriter; intake: Intake; time: ZoneTime },
  ) {
    const { store, retention } = settings;
    this.#memory = memory;
    this.#settings = settings;
    this.writer = from.writer;
    this.intake = from.intake;
    this.time = from.time;
    this.#bodies = new Bodies(store.journal, from.writer);
    this.#ledger = new Ledger({
      memory,
      writer: from.writer,
      bodies: this.#bodies,
      entryBytesMax: store.journal.limits.entryBytesMax,
      hash: from.hash,
      onEntry: (entry) => this.#announcing.hear(entry),
    });
    const archive = new Archive(store.snapshots, memory.zone);
    this.#archive = archive;
    this.#upkeep = new Upkeep({
      memory,
      ledger: this.#ledger,
      store: store.snapshots,
      archive,
      retention,
      pace: settings.pace,
      checkpoint: from.checkpoint,
    });
    this.#auditing = new Auditing({ log: settings.log, memory, ledger: this.#ledger });
    this.#reads = new Reads(memory, archive, this.#bodies);
    const { limits } = settings;
    this.#situations = new Situations({ memory, limits, reads: this.#reads, bodies: this.#bodies, archive });
    this.#telling = new Telling(memory, this.#ledger, (sentence) => settings.onDamage(memory.zone, sentence));
    const views = new Views(this.#bodies);
    const histories = new Histories(memory, archive, store.journal);
    this.#announcing = new Announcing({
      feed: settings.feed,
      sink: settings.sink,
      zone: memory.zone,
      journal: store.journal,
      ledger: this.#ledger,
      reads: this.#reads,
    });
    this.#lookups = new Lookups({
      memory,
      reads: this.#reads,
      histories,
      views,
      telling: this.#telling,
      announcing: this.#announcing,
    });
    this.#showing = new Showing({
      memory,
      reads: this.#reads,
      views,
      serviceLeaseSeconds: settings.limits.serviceLeaseSeconds,
    });
    this.#upkeep.sweep(from.leftovers).catch((error: unknown) => {
      this.#warn(error, 'keys of an older checkpoint could not be deleted; the next wake tries again');
    });
    this.#lapsing = new Lapsing({
      memory,
      time: from.time,
      leaseMs: settings.limits.serviceLeaseSeconds * MS_PER_SECOND,
      happens: (event, at) => this.#happens(event, at),
    });
    this.announceDeadline();
    settings.sink?.woke(memory.zone, memory.seq);
  }

  /** Something may have to be looked up that is not in memory: then "not there" must be believable first. */
  async prepare(asked: Command | Query, { caller }: Ask): Promise<void> {
    for (const table of tablesNeeded(asked, caller, this.#memory.actors)) {
      if (!this.#archive.isCounted(table)) await this.#upkeep.count(table);
    }
  }

  /** Carries out all due changes: see `Lapsing`. */
  advance({ at, agesAt }: Moment): Advance {
    if (this.intake !== 'everything') return this.#advanceReadOnly(at);
    if (agesAt !== null) this.#forgetWhatIsOld(agesAt);
    const before = this.#memory.seq;
    const advance = this.#lapsing.advance(at);
    if (this.#memory.seq > before) this.#afterChange();
    return advance;
  }

  // Leases do not run, because heartbeats are refused. The zone is checked again soon: its journal may be writable by then.
  #advanceReadOnly(now: Instant): Advance {
    const advance = this.#lapsing.advanceReadOnly(now);
    this.announceDeadline();
    return advance;
  }

  /** No await stands between the decision and the write. */
  carryOut(command: Command, ask: Ask, moment: Moment): Promise<Reply<CommandAnswers[CommandType]>> {
    const now = Math.max(moment.at, this.#memory.at);
    const { dryRun } = command;
    const situation = this.#situations.at(now, moment);
    const decision = refusedCaller(situation, command, ask) ?? decide(situation, command, ask);
    if (isRefusal(decision)) return this.#telling.tell<never>(() => decision);
    if ('repeats' in decision) return this.#repeat(decision.repeats, dryRun);
    if ('recalls' in decision) return this.#telling.tell(() => this.#showing.recalled(command, decision.recalls));
    const unmet = refusedCondition(command, { reads: this.#reads, directory: this.#memory.directory });
    if (unmet) return this.#telling.tell<never>(() => unmet);
    const change = { isStop: isStop(command.type, 'body' in decision ? decision.body : null), dryRun };
    const limited = refusedBy(this.intake, change, this.#settings.store.journal.condition());
    if (limited && change.isStop) this.#settings.onStopNeeded();
    if (limited) return this.#telling.tell<never>(() => limited);
    if ('noted' in decision) return this.#note(decision, command, now);
    const seq = this.#memory.seq + 1;
    const written = dryRun
      ? this.#ledger.plan({ ...decision, at: now, ask, isUrgent: false })
      : this.#write(decision, command, ask, now);
    if (written.kind !== 'written')
      return this.#telling.tell<never>(() => refusalOf(written, this.#settings.store.journal.limits));
    const { plan } = written;
    const show = this.#showing.of(command, { event: decision.event, plan, at: now, seq });
    return this.#telling[dryRun ? 'tell' : 'tellChange'](() => show(commandOutcome(plan, { replayed: false, dryRun })));
  }

  lookUp<T extends QueryType>(query: Query<T>, ask: Ask, moment: Moment): Promise<Reply<QueryAnswers[T]>> {
    const refusal = refusedCaller(this.#situations.at(moment.at, moment), query, ask);
    return refusal
      ? this.#telling.tell<never>(() => refusal)
      : this.#lookups.answer(query, ask.caller, moment.authorityAt);
  }

  /** Entries since the last checkpoint. */
  get lag(): number {
    return this.#upkeep.lag;
  }

  /** Resolves when everything that has happened is on disk; undefined when it already is. */
  stored(): Promise<void> | undefined {
    return this.#ledger.storedUpTo(this.#memory.seq);
  }

  /** Stores what memory holds, so that the next wake is short. One that runs already began before the latest changes. */
  async checkpoint(): Promise<void> {
    await this.#upkeep.idle();
    await this.#checkpoint();
  }

  /** Resolves when nothing of this serving touches memory or disk any more. */
  async stop(): Promise<void> {
    const stopped = this.#upkeep.stop();
    await Promise.all([this.#announcing.idle(), stopped]);
  }

  #happens(event: ZoneEvent, at: Instant): boolean {
    if (this.intake === 'nothing') {
      this.#memory.foresee(event, at);
      return true;
    }
    const { kind } = writeByItself(this.#ledger, event, at);
    if (kind === 'written') this.#auditing.happened(event);
    return kind === 'written';
  }

  #write({ event, body, receipt }: Accepted, command: Command, ask: Ask, at: Instant): Written {
    const written = this.#ledger.write({ event, at, ask, isUrgent: isStop(command.type, body), body, receipt });
    if (written.kind !== 'written') return written;
    this.#auditing.accepted(event, command, ask);
    this.#afterChange();
    return written;
  }

  /** The answer of the first time again. */
  #repeat(made: Made, dryRun: boolean): Promise<Reply<CommandAnswers[CommandType]>> {
    const show = this.#showing.made(made);
    return this.#telling.tell(() => show(commandOutcome(EMPTY_PLAN, { replayed: true, dryRun })));
  }

  #note({ noted }: Noted, command: Command, now: Instant): Promise<Reply<CommandAnswers[CommandType]>> {
    this.#memory.hear(noted.sessionId, noted.serviceId, now);
    this.announceDeadline();
    const { seq } = this.#memory;
    const event = { type: 'session.heard', v: 1, id: noted.sessionId, service: null } as const;
    const show = this.#showing.of(command, { event, plan: EMPTY_PLAN, at: now, seq });
    return this.#telling.tell(() => show(commandOutcome(EMPTY_PLAN, { replayed: false, dryRun: false })));
  }

  // A checkpoint that fails costs time at the next start and nothing else: the journal has everything.
  #afterChange(): void {
    if (this.intake !== 'everything') return;
    this.announceDeadline();
    if (!this.#upkeep.needsCheckpoint(this.#settings.checkpointEveryEntries)) return;
    this.#checkpoint().catch((error: unknown) => {
      this.#warn(error, 'checkpoint failed; the journal still holds everything');
    });
  }

  /** What a checkpoint has stored may grow old from then on. */
  async #checkpoint(): Promise<void> {
    await this.#upkeep.checkpoint();
    this.announceDeadline();
  }

  #forgetWhatIsOld(now: Instant): void {
    const { forgetAt } = this.#upkeep;
    if (forgetAt === null || forgetAt > now) return;
    this.#upkeep.forget(now).then(
      () => this.announceDeadline(),
      (error: unknown) => {
        this.#warn(error, 'what is old could not be forgotten; it is tried again');
        this.announceDeadline();
      },
    );
  }

  /** Announces, in process time, when the zone must be woken. */
  announceDeadline(): void {
    const dueAt = this.#memory.nextDueAt();
    const wakeAt =
      this.intake === 'everything' ? this.time.wakeAt(dueAt, this.#upkeep.forgetAt) : this.#lookAgainAt(dueAt);
    this.#settings.onDeadline(this.#memory.zone, wakeAt);
  }

  #lookAgainAt(dueAt: Instant | null): Instant | null {
    const now = this.time.now();
    const again = now + READ_ONLY_CHECK_MS;
    return this.time.wakeAt(dueAt !== null && dueAt > now ? Math.min(dueAt, again) : again, null);
  }

  #warn(error: unknown, what: string): void {
    if (isDamage(error)) this.#settings.onDamage(this.#memory.zone, error.message);
    this.#settings.log.warn({ zone: this.#memory.zone, err: error }, what);
  }
}

const MS_PER_SECOND = 1000;
