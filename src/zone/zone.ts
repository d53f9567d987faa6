// One zone as the rest of the program sees it: woken from disk on first use, drained when idle or when the process stops. Outside
// the states `serving` and `readOnly` of the supervisor every request is refused. After a fault the next request reads the disk.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Instant } from '../../machines/words.ts';
import type { Fault, ZoneSupervisorState } from '../../machines/zone-supervisor.ts';
import { isDamage, type Condition, type JournalError } from '../journal/journal.ts';
import { READ_TRIES_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
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
import { historyDamaged } from './checks/damage-reports.ts';
import { readOnlyBecause, faultKindOf, interrupted, isOfView, isUnavailable, refusalFor, sentenceOf } from './fault.ts';
import { figuresOf, type ZoneFigures } from './figures.ts';
import { Inspection } from './inspection.ts';
import { intakeOf, isMore, unavailable, type Intake } from './intake.ts';
import { ZoneMemory } from './memory.ts';
import { readCheckpoint } from './waking/recovery.ts';
import { wake } from './waking/waking.ts';
import type { Advance } from './due/lapsing.ts';
import { Serving } from './serving.ts';
import type { ServingSettings } from './serving-settings.ts';
import type { ProcessTime } from '../time/process-time.ts';
import type { Moment, ZoneTimes } from '../time/zone-time.ts';

type Asked = Parameters<Serving['prepare']>;
type Work<Answer> = (serving: Serving, moment: Moment) => Promise<Reply<Answer>>;

export interface ZoneSettings extends Omit<ServingSettings, 'onStopNeeded'> {
  readonly clock: ProcessTime;
  readonly times: ZoneTimes;
  /** The next instance of the same zone; null when the process stops. */
  readonly successor: () => Zone | Promise<Zone> | null;
}

export class Zone {
  readonly id: string;
  readonly inspection: Inspection;
  readonly #settings: ZoneSettings;
  readonly #memory: ZoneMemory;
  #serving: Serving | null = null;
  #waking: Promise<void> | null = null;
  #catchingUp: Promise<void> | null = null;
  /** Requests in this zone. While there is one, the zone is not unloaded as idle. */
  #uses = 0;
  #isLeaving = false;
  /** Whether a stop was accepted by rights and state while the journal was short of space. */
  #isNeeded = false;
  /** When the last request arrived: the start of idleness. */
  usedAt: Instant = 0;

  constructor(id: string, settings: ZoneSettings) {
    this.id = id;
    this.#settings = settings;
    this.#memory = new ZoneMemory(id);
    this.inspection = new Inspection(this.#memory, { stored: () => this.#serving?.stored(), log: settings.log });
  }

  get state(): ZoneSupervisorState {
    return this.#memory.supervisor.getSnapshot().value;
  }

  get fault(): Fault | null {
    return this.#memory.supervisor.getSnapshot().context.fault;
  }

  /** Whether somebody holds a lease here, so that the zone must be awake to hear. */
  get listens(): boolean {
    return this.#memory.leases.running > 0;
  }

  /** What is in memory here, counted as it changes: asking costs nothing. */
  get figures(): ZoneFigures {
    return figuresOf(this.#memory, this.#serving?.lag ?? 0);
  }

  get isUsed(): boolean {
    return this.#uses > 0;
  }

  /** Carries out a command. Resolves when its entry is on disk, or with the refusal and the sequence it relied on. */
  execute<T extends CommandType>(command: Command<T>, ask: Ask): Promise<Reply<CommandAnswers[T]>> {
    return this.#use(
      () => this.#answerCommand(command, ask),
      (successor) => successor.execute(command, ask),
    );
  }

  /** Answers a query with what is true when its turn has come and is on disk. */
  look<T extends QueryType>(query: Query<T>, ask: Ask): Promise<Reply<QueryAnswers[T]>> {
    return this.#use(
      () => this.#answerQuery([query, ask], (serving, moment) => serving.lookUp(query, ask, moment)),
      (successor) => successor.look(query, ask),
    );
  }

  /** Lets what has fallen due happen, waking the zone if need be. Resolves when it is on disk. */
  tick(): Promise<void> {
    return this.#use(
      async () => {
        await this.#answer(null, async (serving) => {
          // The alarm has rung and must be set again, even if nothing was due: leases may have been extended.
          serving.announceDeadline();
          await serving.stored();
          return { seq: this.#memory.seq, answer: {} };
        });
      },
      (successor) => successor.tick(),
    );
  }

  /** Takes no more work, makes a checkpoint, lets go of the journal. Safe to call in any state. */
  async drain(): Promise<void> {
    this.#isLeaving = true;
    if (this.#waking) await this.#waking;
    const serving = this.#serving;
    const sound = this.state === 'serving';
    this.#memory.supervisor.send({ type: 'drain.started' });
    try {
      if (sound) await serving?.checkpoint();
    } catch (error) {
      this.#break(error);
    }
    await serving?.stop();
    await serving?.writer.close();
    this.#memory.supervisor.send({ type: 'drain.finished' });
    this.#memory.clear();
    this.#serving = null;
  }

  /** Counts a request while it runs. A request that arrives while this instance unloads goes to the next instance. */
  async #use<Answer>(here: () => Promise<Answer>, there: (successor: Zone) => Promise<Answer>): Promise<Answer> {
    const successor = this.#isLeaving ? this.#settings.successor() : null;
    if (successor !== null) return there(await successor);
    this.#uses += 1;
    try {
      return await here();
    } finally {
      this.#uses -= 1;
    }
  }

  /** Repeats a stop for which the zone has to be opened for writing. A zone that is open for reading has written nothing. */
  async #answerCommand<T extends CommandType>(command: Command<T>, ask: Ask): Promise<Reply<CommandAnswers[T]>> {
    let intake = 'everything' as Intake;
    const carryOut: Work<CommandAnswers[T]> = (serving, moment) => {
      intake = serving.intake;
      return serving.carryOut(command, ask, moment) as Promise<Reply<CommandAnswers[T]>>;
    };
    const reply = await this.#answer([command, ask], carryOut);
    const isRepeated = intake === 'nothing' && isUnavailable(reply.answer) && isMore(this.#intake(), intake);
    return isRepeated ? this.#answer([command, ask], carryOut) : reply;
  }

  /** A query changes nothing: if its serving ended meanwhile, the query is repeated. */
  async #answerQuery<Answer extends object>(request: Asked, work: Work<Answer>): Promise<Reply<Answer>> {
    for (let tries = 0; tries < READ_TRIES_MAX; tries += 1) {
      let isSuperseded = false;
      const reply = await this.#answer(request, async (serving, moment) => {
        try {
          return await work(serving, moment);
        } finally {
          // The memory may have been cleared during the query: its answer may mix two states.
          isSuperseded = serving !== this.#serving;
        }
      });
      // The journal may have failed while the query waited for it: stored data can still be read.
      const isFailed = isUnavailable(reply.answer) && this.#condition.access !== 'nothing' && tries === 0;
      if (!isSuperseded && !isFailed) return reply;
    }
    return { seq: null, answer: interrupted() };
  }

  // The clock is read after the last wait and in the turn that does the work: nothing is answered as live after its instant.
  async #answer<Answer extends object>(request: Asked | null, work: Work<Answer>): Promise<Reply<Answer>> {
    this.usedAt = this.#settings.clock.now();
    let serving: Serving | null = null;
    try {
      const settling = this.#settings.store.journal.settled();
      if (settling) await settling;
      const found = this.#isOutdated() ? await this.#wakeUp() : (this.#servingNow() ?? (await this.#wakeUp()));
      if (isRefusal(found)) return { seq: null, answer: found };
      serving = found;
      if (request) await serving.prepare(...request);
      while (this.#servingNow() === serving) {
        const moment = serving.time.moment();
        if (!this.#catchingUp && serving.advance(moment) === 'done') return await work(serving, moment);
        await (this.#catchingUp ??= this.#catchUp(serving).finally(() => {
          this.#catchingUp = null;
        }));
      }
      return { seq: null, answer: this.#refusal() };
    } catch (error) {
      if (isOfView(error)) return { seq: null, answer: interrupted() };
      if (serving !== null && isDamage(error))
        return { seq: null, answer: historyDamaged(this.id, error, this.#settings) };
      // What an earlier serving still had in flight says nothing about the present one.
      if (serving === null || serving === this.#serving) this.#break(error);
      return { seq: null, answer: refusalFor(error, this.#condition) };
    }
  }

  /** Lets all happen that is due, in slices between which others get their turn. One at a time, for all who wait. */
  async #catchUp(serving: Serving): Promise<void> {
    for (let advance: Advance = 'more'; advance !== 'done';) {
      if (advance === 'full') await serving.stored();
      // The queue may be full of other zones' entries: the disk has to get its turn before there is room.
      await nextTurn();
      if (this.#servingNow() !== serving) return;
      advance = serving.advance(serving.time.moment());
    }
  }

  #servingNow(): Serving | null {
    return this.#memory.supervisor.getSnapshot().hasTag('answers') ? this.#serving : null;
  }

  get #condition(): Condition {
    return this.#settings.store.journal.condition();
  }

  /** What the zone would accept if it were opened now. */
  #intake = (): Intake => intakeOf(this.#condition, { isNeeded: this.#isNeeded });

  /** Whether the zone is read-only and could accept more by now. */
  #isOutdated(): boolean {
    return this.state === 'readOnly' && this.#serving !== null && isMore(this.#intake(), this.#serving.intake);
  }

  async #wakeUp(): Promise<Serving | Refusal> {
    const { supervisor } = this.#memory;
    if ((this.state === 'faulted' && this.#condition.access !== 'nothing') || this.#isOutdated())
      supervisor.send({ type: 'restarted', at: this.#settings.clock.now() });
    if (this.state === 'recovering') {
      this.#waking ??= this.#wake().finally(() => {
        this.#waking = null;
      });
      await this.#waking;
    }
    return this.#servingNow() ?? this.#refusal();
  }

  #refusal(): Refusal {
    const { fault } = this;
    if (fault === null) return refuse('draining', { retryAfterSeconds: 1 });
    return fault.kind === 'journal' ? unavailable(this.#condition) : refuse('zone_faulted');
  }

  async #wake(): Promise<void> {
    const { store } = this.#settings;
    try {
      await this.#serving?.stop();
      await this.#serving?.writer.close();
      this.#serving = null;
      this.#memory.clear();
      const atLeast = readCheckpoint(store.snapshots, this.id)?.seq ?? 0;
      const intake = this.#intake();
      const open = intake === 'nothing' ? 'openForReading' : 'open';
      const writer = await store.journal[open](this.id, { atLeast });
      const woken = await wake(this.#memory, store, { end: writer.start, mayStore: intake === 'everything' });
      const onStopNeeded = (): void => void (this.#isNeeded = true);
      const settings = { ...this.#settings, onStopNeeded, store: { ...store, snapshots: woken.snapshots } };
      const time = this.#settings.times.of(this.id, this.#memory.at);
      this.#serving = new Serving(this.#memory, settings, { ...woken, writer, intake, time });
      this.#recovered(intake);
      void writer.ended.then((error) => this.#onEnded(writer, error));
    } catch (error) {
      this.#break(error);
    }
  }

  #recovered(intake: Intake): void {
    const sentence = intake === 'everything' ? null : readOnlyBecause(this.#settings.store.journal.health());
    if (sentence === null) this.#isNeeded = false;
    this.#memory.supervisor.send(sentence === null ? { type: 'recovered' } : { type: 'recovered.read-only', sentence });
  }

  #onEnded(writer: Serving['writer'], error: JournalError): void {
    if (this.#serving?.writer === writer && error.code !== 'CLOSED') this.#break(error);
  }

  /** Stops serving. What is in memory may be ahead of the disk, or wrong; nobody sees it again. */
  #break(error: unknown): void {
    void this.#serving?.stop();
    const before = this.#memory.supervisor.getSnapshot();
    const kind = faultKindOf(error);
    this.#memory.supervisor.send({ type: 'broken', kind, sentence: sentenceOf(error), at: this.#settings.clock.now() });
    if (before.value === 'faulted' || before.value === 'stopped') return;
    this.#settings.log.error({ zone: this.id, fault: kind, seq: this.#memory.seq, err: error }, 'zone faulted');
  }
}
