// One zone in memory: its supervisor, its actors, what falls due, and what has changed since the last checkpoint. The only
// way in is `change`, which sends the event through the supervisor; serving, waking and replaying all use it, which is why
// they cannot disagree. Nothing here reads a clock, waits, or touches a disk.
import assert from 'node:assert/strict';
import { createActor, type Actor } from 'xstate';
import { zoneSupervisorMachine, type ZoneSupervisorEvent } from '../../machines/zone-supervisor.ts';
import type { Instant } from '../../machines/words.ts';
import type { ReceiptClaim } from '../journal/entry.ts';
import { ZONE_RESTARTS_MAX, ZONE_RESTART_WINDOW_MS } from '../limits.ts';
import { Actors } from './actors/actors.ts';
import type { ActorKind, Records } from './actors/codec.ts';
import type { ServiceRecord } from './actors/services.ts';
import type { SessionRecord } from './actors/sessions.ts';
import { Deadlines, earliest, type Deadline } from './due/deadlines.ts';
import type { NamedRow } from './checkpoints/unstored-rows.ts';
import { Directory, isDirectoryEvent, lapseOf, readRowId, rowId, type DirectoryTable } from './directory.ts';
import { actorOf, type ZoneEvent } from './events.ts';
import { holdsLease, Leases } from './due/leases.ts';
import { outcomeOf } from './outcomes.ts';
import { planOf, type Happening, type Plan } from './plan.ts';
import { underwayAfter, type Underway } from './due/underway.ts';
import { Unstored } from './checkpoints/unstored.ts';

/**
 * The increment of the sequence for a change that is shown and not journaled, so that the changed actors have their own entity
 * tags. A power of two, so that two million of them stay below the next entry and are exact.
 */
const FORESEEN_STEP = 2 ** -21;

/** A planned event on its way to the actors. */
export interface Change extends Happening {
  readonly plan: Plan;
  readonly receipt: ReceiptClaim | null;
}

/** What has to happen at its instant. */
export interface Due {
  readonly at: Instant;
  readonly event: ZoneEvent;
}

/** The state from which a zone continues after a checkpoint. */
export interface Resumed {
  readonly seq: number;
  readonly at: Instant;
  readonly epoch: number;
  readonly underway: Underway | null;
}

export type Supervisor = Actor<typeof zoneSupervisorMachine>;

export class ZoneMemory {
  readonly zone: string;
  readonly supervisor: Supervisor;
  actors: Actors;
  leases: Leases;
  directory = new Directory();
  /** When authority ends by itself, and when running work overruns. Leases have deadlines of their own. */
  #deadlines = new Deadlines();
  #overruns = new Deadlines();
  readonly unstored = new Unstored();
  /** Sequence of the last change; 0 for a new zone. */
  seq = 0;
  /** Instant of the last change: a zone's time never runs backwards. */
  at: Instant = 0;
  /** The last change of the graph of authority; rises with every one. */
  epoch = 0;
  /** A change of which only parts are journaled: its remaining parts are journaled before any other change. */
  underway: Underway | null = null;
  #bug: unknown;
  /** The number of changes that are shown and not journaled; see `foresee`. */
  #foreseen = 0;

  constructor(zone: string) {
    this.zone = zone;
    const machine = zoneSupervisorMachine.provide({ actions: { deliver: ({ event }) => this.#deliver(event) } });
    const input = { zone, restartsMax: ZONE_RESTARTS_MAX, restartWindowMs: ZONE_RESTART_WINDOW_MS };
    this.supervisor = createActor(machine, { id: zone, input }).start();
    this.actors = new Actors(this.supervisor);
    this.leases = new Leases();
  }

  /** Carries out a change. Throws whatever was wrong in a machine or a plan: the zone must then be restarted from disk. */
  change(change: Change): void {
    assert.equal(change.seq, this.seq + 1, 'changes are gapless');
    assert(this.supervisor.getSnapshot().hasTag('takes-changes'), 'the supervisor takes changes');
    this.supervisor.send({ type: 'changed', change });
    if (this.#bug !== undefined) throw this.#bug;
    this.seq = change.seq;
    this.at = Math.max(this.at, change.at);
    this.underway = underwayAfter(change.event, change.plan);
    if (change.receipt) this.#keepReceipt(change, change.receipt);
  }

  /**
   * Shows a due change that cannot be journaled now: the actors take the state that the entry will give them, and `seq` stays
   * the last stored one. After this, nothing may be written until the zone has been read from disk again.
   */
  foresee(event: ZoneEvent, at: Instant): void {
    this.#foreseen += 1;
    const seq = this.seq + this.#foreseen * FORESEEN_STEP;
    const plan = planOf({ event, bodyHash: null, at, seq }, this.actors);
    const change: Change = { seq, at, event, bodyHash: null, plan, receipt: null };
    this.supervisor.send({ type: 'changed', change });
    if (this.#bug !== undefined) throw this.#bug;
    this.underway = underwayAfter(event, plan);
  }

  /** Puts an actor back as stored; see `Population.restore` for the order. */
  restore<Kind extends ActorKind>(kind: Kind, record: Records[Kind]): void {
    this.actors.restore(kind, record);
    this.#expect(kind, record.id, 0);
  }

  restoreRow({ table, name, row }: NamedRow): void {
    this.directory.restore(table, name, row);
    this.#expectLapse(table, name);
  }

  /** Continues after what a checkpoint holds. */
  resumeFrom({ seq, at, epoch, underway }: Resumed): void {
    this.seq = seq;
    this.at = at;
    this.epoch = epoch;
    this.underway = underway;
  }

  /** Whether anybody is there whose silence means something. */
  isListenedTo(): boolean {
    const { sessions, services } = this.actors;
    for (const { id } of services.all()) if (services.has(id, 'heeded')) return true;
    for (const record of sessions.all()) if (holdsLease(record)) return true;
    return false;
  }

  /** From now on who stays silent for longer than `lengthMs` is missed. */
  listen(at: Instant, lengthMs: number): void {
    this.leases.listen(lengthMs);
    for (const kind of ['session', 'service'] as const)
      for (const { id } of this.actors.all(kind)) this.#expect(kind, id, at);
  }

  /** A heartbeat that is not worth an entry: only memory knows of it. */
  hear(sessionId: string, serviceId: string | null, at: Instant): void {
    this.leases.heard(sessionId, at);
    this.#expect('session', sessionId, at);
    if (serviceId === null) return;
    this.leases.heard(serviceId, at);
    this.#expect('service', serviceId, at);
  }

  /** When an actor was last heard of, journaled or not; null for never. */
  heardAt({ id, context }: SessionRecord | ServiceRecord): Instant | null {
    return this.leases.heardAt(id) ?? context.heardAt;
  }

  /** Forgets everything, so that the zone can be read from disk again. The supervisor lives on. */
  clear(): void {
    this.actors.stop();
    this.actors = new Actors(this.supervisor);
    this.#deadlines = new Deadlines();
    this.#overruns = new Deadlines();
    this.leases = new Leases();
    this.unstored.clear();
    this.#foreseen = 0;
    this.#bug = undefined;
    this.directory = new Directory();
    this.resumeFrom({ seq: 0, at: 0, epoch: 0, underway: null });
  }

  /** The earliest thing that has to happen by itself. */
  nextDue(): Due | undefined {
    return this.#due(this.#next());
  }

  /** The earliest end of authority, which is never extended. */
  nextEnd(): Due | undefined {
    return this.#due(this.#deadlines.next());
  }

  /** How many things are due some time. */
  get due(): number {
    return this.#deadlines.count + this.#overruns.count + this.leases.running;
  }

  nextDueAt(): Instant | null {
    return this.underway ? this.at : (this.#next()?.at ?? null);
  }

  /** Whether anything runs that a gap must extend. */
  get hasWork(): boolean {
    return this.leases.running > 0 || this.#overruns.count > 0;
  }

  #next(): Deadline | undefined {
    return earliest([this.#deadlines.next(), this.#overruns.next(), this.leases.next()]);
  }

  #due(deadline: Deadline | undefined): Due | undefined {
    if (this.underway) return { at: this.at, event: this.underway };
    return deadline && { at: deadline.at, event: this.#eventDue(deadline.id) };
  }

  #eventDue(id: string): ZoneEvent {
    const session = this.actors.sessions.live(id);
    if (session && session.context.expiresAt !== null) return { type: 'session.expired', v: 1, id };
    if (session) return { type: 'session.lease-lost', v: 1, id, heardAt: this.heardAt(session) };
    const { services, edges } = this.actors;
    const service = services.live(id);
    if (service) return { type: 'service.silenced', v: 1, id, heardAt: this.heardAt(service) };
    if (edges.isLive(id)) return { type: 'edge.expired', v: 1, id };
    if (id.includes('/')) return { type: 'directory.lapsed', v: 1, ...readRowId(id) };
    return { type: 'invocation.overran', v: 1, id };
  }

  // An exception that leaves an action ends the supervisor and, unobserved, the process; it is kept and thrown by `change`.
  #deliver(event: ZoneSupervisorEvent): void {
    assert(event.type === 'changed');
    try {
      this.#deliverAll(event.change as Change);
    } catch (error) {
      this.#bug = error;
    }
  }

  #deliverAll({ event, plan, at, seq }: Change): void {
    for (const delivery of plan.deliveries) {
      const { kind, id } = delivery;
      this.unstored.changes(kind, id, (of, which) => this.actors.find(of, which));
      this.actors.deliver(delivery);
      if (this.#foreseen > 0) this.unstored.foresee(id);
      else this.unstored.touch(kind, id, seq);
      if (event.type === 'session.heard') this.leases.heard(id, at);
      this.#expect(kind, id, at);
      if (kind === 'edge') this.epoch = Math.floor(seq);
    }
    // The first of several entries extends all leases; the others extend only invocations.
    if (event.type === 'work.extended' && event.after === '') this.leases.extend(event.byMs);
    if (isDirectoryEvent(event)) {
      const { table, name } = event;
      this.directory.happened(event, { at, seq });
      this.#expectLapse(table, name);
      const row = this.directory.row(table, name);
      if (row) this.unstored.rows.change({ table, name, row }, seq);
    }
  }

  /** Ids have no slash, so what is registered is told apart from actors by one. */
  #expectLapse(table: DirectoryTable, name: string): void {
    const row = this.directory.row(table, name);
    const at = row ? lapseOf(row) : null;
    const id = rowId(table, name);
    if (at === null) this.#deadlines.cancel(id);
    else this.#setDeadline(id, 0, at);
  }

  /** Sees to it that what an actor is due to do by itself, being as it is since `at`, will happen. */
  #expect(kind: ActorKind, id: string, at: Instant): void {
    if (!this.actors.isLive(kind, id)) return this.#expectNothing(id);
    const { sessions, services, invocations, edges } = this.actors;
    if (kind === 'session') {
      const { state, context } = sessions.live(id) as Records['session'];
      const { expiresAt, startedSeq } = context;
      if (expiresAt !== null) this.#setDeadline(id, startedSeq, expiresAt);
      else if (holdsLease({ state, context })) this.leases.renew(id, startedSeq, at);
      else this.leases.stop(id);
    } else if (kind === 'service') {
      const { context } = services.live(id) as Records['service'];
      if (services.has(id, 'heeded')) this.leases.renew(id, context.startedSeq, at);
      else this.leases.stop(id);
    } else if (kind === 'edge') {
      const { context } = edges.live(id) as Records['edge'];
      this.#setDeadline(id, context.startedSeq, context.expiresAt);
    } else {
      const { context } = invocations.live(id) as Records['invocation'];
      if (context.deadlineAt === null) this.#overruns.cancel(id);
      else if (this.#overruns.of(id) !== context.deadlineAt)
        this.#overruns.set({ id, seq: context.startedSeq, at: context.deadlineAt });
    }
  }

  #expectNothing(id: string): void {
    this.#deadlines.cancel(id);
    this.#overruns.cancel(id);
    this.leases.forget(id);
  }

  #setDeadline(id: string, seq: number, at: Instant): void {
    if (this.#deadlines.of(id) !== at) this.#deadlines.set({ id, seq, at });
  }

  #keepReceipt({ event, plan, at, seq }: Change, claim: ReceiptClaim): void {
    const id = 'table' in event ? rowId(event.table, event.name) : actorOf(event);
    assert(id !== null, 'a command makes or names something');
    const outcome = outcomeOf(event, plan, this, at);
    this.unstored.keep({ ...claim, id, at, ...(outcome && { outcome }) }, seq);
  }
}
