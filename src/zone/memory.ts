// One zone in memory: its supervisor, its actors, what falls due, and what has changed since the last checkpoint. The only
// way in is `change`, which sends the event through the supervisor; serving, waking and replaying all use it, which is why
// they cannot disagree. Nothing here reads a clock, waits, or touches a disk.
import assert from 'node:assert/strict';
import { createActor, type Actor } from 'xstate';
import { zoneSupervisorMachine, type ZoneSupervisorEvent } from '../../machines/zone-supervisor.ts';
import type { Instant, Stamp } from '../../machines/words.ts';
import type { ReceiptClaim } from '../journal/entry.ts';
import { ZONE_RESTARTS_MAX, ZONE_RESTART_WINDOW_MS } from '../limits.ts';
import { Deadlines, type Deadline } from './deadlines.ts';
import type { ZoneEvent } from './events.ts';
import type { Plan } from './plan.ts';
import type { Receipt } from './receipts.ts';
import { Sessions, type SessionRecord } from './sessions.ts';

/** A planned event on its way to the actors. */
export interface Change extends Stamp {
  readonly event: ZoneEvent;
  readonly plan: Plan;
  readonly receipt: ReceiptClaim | null;
}

/** What a zone has to store at its next checkpoint: per touched session the sequences that touched it, oldest first. */
export interface Unstored {
  readonly touched: Map<string, number[]>;
  readonly receipts: Map<string, Receipt>;
}

export type Supervisor = Actor<typeof zoneSupervisorMachine>;

const nothingUnstored = (): Unstored => ({ touched: new Map(), receipts: new Map() });

export class ZoneMemory {
  readonly zone: string;
  readonly supervisor: Supervisor;
  sessions: Sessions;
  #deadlines = new Deadlines();
  #unstored = nothingUnstored();
  /** What a running checkpoint is storing: still answered from here until it has been committed. */
  #storing = nothingUnstored();
  /** Sequence of the last change; 0 for a new zone. */
  seq = 0;
  /** Instant of the last change: a zone's time never runs backwards. */
  at: Instant = 0;
  #bug: unknown;

  constructor(zone: string) {
    this.zone = zone;
    const machine = zoneSupervisorMachine.provide({ actions: { deliver: ({ event }) => this.#deliver(event) } });
    const input = { zone, restartsMax: ZONE_RESTARTS_MAX, restartWindowMs: ZONE_RESTART_WINDOW_MS };
    this.supervisor = createActor(machine, { id: zone, input }).start();
    this.sessions = new Sessions(this.supervisor);
  }

  /** Carries out a change. Throws whatever was wrong in a machine or a plan: the zone must then be restarted from disk. */
  change(change: Change): void {
    assert.equal(change.seq, this.seq + 1, 'changes are gapless');
    assert(this.supervisor.getSnapshot().hasTag('takes-changes'), 'the supervisor takes changes');
    this.supervisor.send({ type: 'changed', change });
    if (this.#bug !== undefined) throw this.#bug;
    this.seq = change.seq;
    this.at = Math.max(this.at, change.at);
    if (change.receipt) this.#keepReceipt(change, change.receipt);
  }

  /** Puts a session back as stored; see `Sessions.restore` for the order. */
  restore(record: SessionRecord): void {
    this.sessions.restore(record);
    this.#expect(record);
  }

  /** Continues after what a checkpoint holds. */
  resumeFrom(seq: number, at: Instant): void {
    this.seq = seq;
    this.at = at;
  }

  /** Forgets everything, so that the zone can be read from disk again. The supervisor lives on. */
  clear(): void {
    this.sessions.stop();
    this.sessions = new Sessions(this.supervisor);
    this.#deadlines = new Deadlines();
    this.#unstored = nothingUnstored();
    this.#storing = nothingUnstored();
    this.#bug = undefined;
    this.resumeFrom(0, 0);
  }

  nextDeadline(): Deadline | undefined {
    return this.#deadlines.next();
  }

  receipt(key: string): Receipt | undefined {
    return this.#unstored.receipts.get(key) ?? this.#storing.receipts.get(key);
  }

  /** The sequences of entries that touched a session and that no checkpoint has stored yet, oldest first. */
  unstoredHistory(id: string): readonly number[] {
    return [...(this.#storing.touched.get(id) ?? []), ...(this.#unstored.touched.get(id) ?? [])];
  }

  /** Hands over what has to be stored; from now on changes gather for the checkpoint after it. */
  beginStoring(): Unstored {
    assert(this.#storing.touched.size === 0 && this.#storing.receipts.size === 0, 'one checkpoint at a time');
    this.#storing = this.#unstored;
    this.#unstored = nothingUnstored();
    return this.#storing;
  }

  /** The checkpoint is durable: ended sessions that it stored leave memory. */
  stored(ended: readonly string[]): void {
    for (const id of ended) this.sessions.release(id);
    this.#storing = nothingUnstored();
  }

  /** The checkpoint failed: what it held has to be stored by the next one. */
  notStored(): void {
    const { touched, receipts } = this.#storing;
    for (const [id, seqs] of this.#unstored.touched) touched.set(id, [...(touched.get(id) ?? []), ...seqs]);
    for (const [key, receipt] of this.#unstored.receipts) receipts.set(key, receipt);
    this.#unstored = this.#storing;
    this.#storing = nothingUnstored();
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

  #deliverAll({ plan, at, seq }: Change): void {
    for (const delivery of plan.deliveries) {
      if ('start' in delivery) this.#start(delivery.id, { facts: delivery.start, at, seq });
      else this.sessions.deliver(delivery.id, delivery.event);
      this.#touch(delivery.id, seq);
    }
  }

  #start(id: string, input: Parameters<Sessions['start']>[1]): void {
    this.sessions.start(id, input);
    const record = this.sessions.live(id);
    if (record) this.#expect(record);
  }

  #expect({ id, context }: SessionRecord): void {
    if (context.expiresAt !== null) this.#deadlines.set({ at: context.expiresAt, id, seq: context.startedSeq });
  }

  #touch(id: string, seq: number): void {
    const seqs = this.#unstored.touched.get(id);
    if (seqs) seqs.push(seq);
    else this.#unstored.touched.set(id, [seq]);
    if (!this.sessions.isLive(id)) this.#deadlines.cancel(id);
  }

  #keepReceipt({ event, at }: Change, claim: ReceiptClaim): void {
    this.#unstored.receipts.set(claim.key, { ...claim, id: event.id, at });
  }
}
