// What a zone's journal has to say about deadlines, told from its entries in the simplest way that is right, one life of the
// process after the other: everything due happens once, at its own instant and in order, leases begin anew with a life,
// and nothing is journaled before its time. It shares no code with the server, so that the two can disagree.
import { expect } from 'chai';
import type { WorkExtended, ZoneEntry, ZoneEvent } from '../../../src/zone/events.ts';

/** One process from its launch to its kill, in the host's time. */
export interface Life {
  readonly launchedAt: number;
  readonly killedAt: number;
  readonly leaseMs: number;
  /** When it said that its leases began; null where nobody could be asked. */
  readonly wokeAt: number | null;
  /** It was killed at some moment of its start, and may have been waking still. */
  readonly unfinished: boolean;
}

interface Call {
  readonly timeoutMs: number;
  readonly attemptsMax: number;
  attempts: number;
  status: string;
}

/** What happens by itself before anybody is heard again. */
const OF_A_WAKE = ['invocation.overran', 'session.expired', 'work.extended'];

/** What is known of an entry from those around it. */
interface Moment {
  /** The zone was waking. */
  readonly waking: boolean;
  /** An extension follows before anything else than the end of a session. */
  readonly owed: boolean;
}

/** Which entries only end sessions ahead of an extension of the other deadlines, or are that extension. */
const beforeExtensions = (entries: readonly ZoneEntry[]): boolean[] => {
  let owed = false;
  return entries
    .toReversed()
    .map(({ event, by }) => {
      owed = event.type === 'work.extended' || (owed && by === null && event.type === 'session.expired');
      return owed;
    })
    .toReversed();
};

export class Timeline {
  readonly calls = new Map<string, Call>();
  /** When invocations overrun and tasks expire. */
  readonly due = new Map<string, number>();
  /** Until when a service session or a service may be silent, at least: not every heartbeat is journaled. */
  readonly leases = new Map<string, number>();
  readonly counts = {
    entries: 0,
    overran: 0,
    expired: 0,
    leasesLost: 0,
    silenced: 0,
    renewals: 0,
    extensions: 0,
    /** Of what was due, what had to wait for the next process. */
    whileDown: 0,
    /** Of the starts that were killed. */
    wakesCutOff: 0,
    wakesFinished: 0,
  };
  /** The ids of those who never sent a heartbeat: their leases are known exactly. */
  readonly silent: ReadonlySet<string>;
  /** The extensions of this life. */
  #extensions: { readonly at: number; readonly byMs: number }[] = [];
  seq = 0;
  #at = 0;

  constructor(silent: ReadonlySet<string>) {
    this.silent = silent;
  }

  /** All that one process journaled. */
  add(entries: readonly ZoneEntry[], life: Life): void {
    const renewals = this.leases.size > 0 && entries.length > 0 ? 1 : 0;
    const found = entries.flatMap(({ event }, index) => (event.type === 'leases.renewed' ? [index] : []));
    expect(found.length, 'renewals of one life').to.be.within(life.unfinished ? 0 : renewals, renewals);
    if (life.unfinished) this.counts[found.length > 0 ? 'wakesFinished' : 'wakesCutOff'] += 1;
    const owed = beforeExtensions(entries);
    const woken = found[0] ?? (life.unfinished ? entries.length : -1);
    for (const [index, entry] of entries.entries()) {
      const waking = index < woken;
      this.#checkOrder(entry, life, { waking, owed: owed[index] ?? false });
      if (entry.by === null && entry.at < life.launchedAt) this.counts.whileDown += 1;
      this.#apply(entry, life);
      this.counts.entries += 1;
    }
    if (life.wokeAt !== null) expect(entries[woken]?.at, 'the instant leases were said to begin').to.equal(life.wokeAt);
  }

  #checkOrder({ seq, at, by, event }: ZoneEntry, life: Life, { waking, owed }: Moment): void {
    const what = `entry ${seq}, ${JSON.stringify(event)} at ${at}`;
    expect(seq, what).to.equal(this.seq + 1);
    expect(at, `${what} is not before the entry before it`).to.be.at.least(this.#at);
    expect(at, `${what} is not before its time`).to.be.at.most(life.killedAt);
    if (waking) expect([OF_A_WAKE.includes(event.type), by], what).to.deep.equal([true, null]);
    if (by !== null) expect(at, what).to.be.at.least(life.launchedAt);
    for (const [id, dueAt] of this.due) {
      // Deadlines of calls are extended before they lapse; the ends of sessions are not.
      if (owed && this.calls.has(id)) continue;
      if (dueAt < at || (by !== null && dueAt === at))
        throw new Error(`${id} was due at ${dueAt}, and missing: ${what}`);
    }
    if (waking || owed || event.type === 'leases.renewed') return;
    for (const [id, until] of this.leases) {
      if (until < at && this.silent.has(id)) throw new Error(`the lease of ${id} ended at ${until}, unseen: ${what}`);
    }
  }

  #apply({ seq, at, event, affected }: ZoneEntry, life: Life): void {
    this.seq = seq;
    this.#at = at;
    const until = at + life.leaseMs;
    switch (event.type) {
      case 'session.started':
        if (event.facts.ttlSeconds === null) this.leases.set(event.id, until);
        else this.due.set(event.id, at + event.facts.ttlSeconds * 1_000);
        break;
      case 'session.expired':
        this.#happens(event.id, at);
        this.counts.expired += 1;
        for (const id of affected) if (this.calls.has(id)) this.#cancel(id);
        break;
      case 'session.heard':
        this.leases.set(event.id, until);
        if (event.service) this.leases.set(event.service.id, until);
        break;
      case 'service.registered':
      case 'session.resumed':
        this.leases.set(event.id, until);
        break;
      case 'session.lease-lost':
      case 'service.silenced':
        this.#falls(event, at, life);
        break;
      case 'leases.renewed':
        for (const id of this.leases.keys()) this.leases.set(id, until);
        this.#extensions = [];
        this.counts.renewals += 1;
        break;
      case 'work.extended':
        this.#extend(event, affected, at);
        break;
      default:
        this.#applyCall(event, at);
    }
  }

  /** The process could receive nothing for a while: leases and the deadlines of running calls move on by that. */
  #extend({ byMs, after }: WorkExtended, calls: readonly string[], at: number): void {
    if (after === '') {
      for (const [id, until] of this.leases) this.leases.set(id, Math.max(until + byMs, at));
      this.#extensions.push({ at, byMs });
    }
    // A deadline that had passed before the gap began lapses right after the extension.
    for (const id of calls) this.due.set(id, Math.max((this.due.get(id) ?? Number.NaN) + byMs, at));
    this.counts.extensions += 1;
  }

  /** Silence counts from the last that was heard of somebody, journaled or told by the loss itself. */
  #falls({ type, id, heardAt }: Extract<ZoneEvent, { heardAt: number | null }>, at: number, life: Life): void {
    const known = this.leases.get(id);
    expect(known, `${type} of ${id}, who holds a lease`).to.be.a('number');
    const since = this.#extensions.filter((each) => each.at >= (heardAt ?? 0));
    const extendedMs = since.reduce((sum, { byMs }) => sum + byMs, 0);
    expect(at, `${type} of ${id}`).to.equal(Math.max(known ?? 0, (heardAt ?? 0) + life.leaseMs + extendedMs));
    if (this.silent.has(id)) expect(at, `${type} of ${id}, who was silent`).to.equal(known);
    this.leases.delete(id);
    this.counts[type === 'service.silenced' ? 'silenced' : 'leasesLost'] += 1;
  }

  #applyCall(event: ZoneEvent, at: number): void {
    if (event.type === 'invocation.created') {
      const { timeoutMs, attemptsMax } = event.facts;
      this.calls.set(event.id, { timeoutMs, attemptsMax, attempts: 0, status: 'pending' });
      return;
    }
    const id = 'id' in event ? event.id : '';
    const call = this.calls.get(id);
    if (!call) throw new Error(`${event.type} of ${id}, which nobody made`);
    const { status, attempts, attemptsMax, timeoutMs } = call;
    const again = status === 'running' && attempts < attemptsMax;
    switch (event.type) {
      case 'invocation.started':
        call.attempts += 1;
        call.status = 'running';
        this.due.set(id, at + timeoutMs);
        return;
      case 'invocation.cancel-requested':
        return this.#cancel(id);
      case 'invocation.overran':
        this.#happens(id, at);
        this.counts.overran += 1;
        call.status = again ? 'failed' : status === 'running' ? 'timed_out' : 'canceled';
        return;
      case 'invocation.succeeded':
      case 'invocation.failed':
        expect(this.due.delete(id), `${event.type} of ${id}, which runs`).to.equal(true);
        call.status = event.type === 'invocation.succeeded' ? 'succeeded' : 'failed';
        return;
      default:
        throw new Error(`nobody asked for ${event.type}`);
    }
  }

  #cancel(id: string): void {
    const call = this.calls.get(id);
    if (call) call.status = this.due.has(id) ? 'cancel_requested' : 'canceled';
  }

  /** At exactly its instant, and never again. */
  #happens(id: string, at: number): void {
    expect(at, `when ${id} was due`).to.equal(this.due.get(id));
    this.due.delete(id);
  }
}
