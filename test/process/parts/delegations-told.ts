// What a zone's journal has to say about delegated authority, told from its entries in the simplest way that is right: every
// entry ends exactly what has to end with it, at no other instant than its own, and what is authored finds nothing overdue.
// It shares no code with the server, so that the two can disagree.
import { expect } from 'chai';
import type { ZoneEntry, ZoneEvent } from '../../../src/zone/events.ts';

type Facts = Extract<ZoneEvent, { readonly type: 'edge.created' }>['facts'];

interface Edge {
  readonly source: string;
  readonly target: string;
  readonly parent: string | null;
  readonly expiresAt: number;
  status: 'active' | 'revoked' | 'expired';
}

interface Session {
  readonly parent: string | null;
  ended: boolean;
}

export class DelegationsTold {
  readonly sessions = new Map<string, Session>();
  readonly edges = new Map<string, Edge>();
  readonly counts = { created: 0, inherited: 0, revoked: 0, cascaded: 0, ended: 0, expired: 0, expiredWhileDown: 0 };
  seq = 0;
  /** The last entry that changed an edge. */
  epoch = 0;
  #at = 0;

  /** All that one process, launched and killed at those instants, journaled. */
  add(entries: readonly ZoneEntry[], life: { readonly launchedAt: number; readonly killedAt: number }): void {
    for (const entry of entries) {
      const what = `entry ${entry.seq}, ${JSON.stringify(entry.event)} at ${entry.at}`;
      expect(entry.seq, what).to.equal(this.seq + 1);
      expect(entry.at, `${what}: not before the entry before it`).to.be.within(this.#at, life.killedAt);
      this.#nothingOverdue(entry, what);
      this.#apply(entry, what);
      this.#heldTogether(what);
      if (entry.event.type === 'edge.expired' && entry.at < life.launchedAt) this.counts.expiredWhileDown += 1;
      this.seq = entry.seq;
      this.#at = entry.at;
    }
  }

  /** Ids of the edges that are active at an instant. */
  activeAt(at: number): Set<string> {
    return new Set(
      [...this.edges].filter(([, edge]) => edge.status === 'active' && edge.expiresAt > at).map(([id]) => id),
    );
  }

  /** The end of the active edge that expires first; null if no edge is active. */
  get nextLapse(): number | null {
    const instants = [...this.edges.values()].filter(({ status }) => status === 'active').map((edge) => edge.expiresAt);
    return instants.length === 0 ? null : Math.min(...instants);
  }

  /** What falls due at the instant of an authored entry has happened before it. */
  #nothingOverdue({ at, by }: ZoneEntry, what: string): void {
    const until = by === null ? at - 1 : at;
    for (const [id, { status, expiresAt }] of this.edges)
      if (status === 'active' && expiresAt <= until) throw new Error(`${id} was due at ${expiresAt}: ${what}`);
  }

  #apply({ seq, at, event, affected }: ZoneEntry, what: string): void {
    switch (event.type) {
      case 'session.started':
        expect(this.sessions.has(event.id), `${what}: doubled`).to.equal(false);
        this.sessions.set(event.id, { parent: event.facts.parentId, ended: false });
        if (event.edge) this.#create(event.edge.id, event.edge.facts, seq, what);
        if (event.edge) this.counts.inherited += 1;
        return;
      case 'edge.created':
        expect(event.facts.expiresAt, what).to.be.above(at);
        this.#create(event.id, event.facts, seq, what);
        this.counts.created += 1;
        return;
      case 'edge.expired': {
        const edge = this.#active(event.id, what);
        expect(at, `${what}: neither early nor late`).to.equal(edge.expiresAt);
        edge.status = 'expired';
        this.epoch = seq;
        this.counts.expired += 1;
        return;
      }
      case 'edge.revoked': {
        this.#active(event.id, what);
        const gone = this.#downstream(event.id);
        this.counts.revoked += 1;
        if (gone.size > 1) this.counts.cascaded += 1;
        return this.#end(
          [...gone].map((id) => this.#active(id, what).target),
          gone,
          { seq, affected, what },
        );
      }
      case 'session.terminated':
        expect(this.sessions.get(event.id)?.ended, what).to.equal(false);
        this.counts.ended += 1;
        return this.#end([event.id], new Set(), { seq, affected, what });
      default:
        throw new Error(`nobody asked for ${what}`);
    }
  }

  #create(id: string, facts: Facts, seq: number, what: string): void {
    const { sourceSessionId: source, targetSessionId: target, parentEdgeId: parent, expiresAt } = facts;
    expect(this.edges.has(id), `${what}: doubled`).to.equal(false);
    for (const end of [source, target]) expect(this.sessions.get(end)?.ended, `${what}: ${end} lives`).to.equal(false);
    expect(this.#reached(target).has(source), `${what}: closes a circle`).to.equal(false);
    if (parent !== null) {
      const above = this.#active(parent, what);
      expect(above.target, what).to.equal(source);
      expect(expiresAt, what).to.be.at.most(above.expiresAt);
    }
    this.edges.set(id, { source, target, parent, expiresAt, status: 'active' });
    this.epoch = seq;
  }

  #active(id: string, what: string): Edge {
    const edge = this.edges.get(id);
    if (edge?.status !== 'active') throw new Error(`${id} is ${edge?.status ?? 'unknown'}: ${what}`);
    return edge;
  }

  /** Ends sessions with all below them and whatever edges that takes; the entry says the same. */
  #end(
    roots: readonly string[],
    revoked: Set<string>,
    { seq, affected, what }: { seq: number; affected: readonly string[]; what: string },
  ): void {
    const ended = new Set(roots);
    for (let before = -1; before !== ended.size;) {
      before = ended.size;
      for (const [id, session] of this.sessions)
        if (!session.ended && session.parent !== null && ended.has(session.parent)) ended.add(id);
    }
    for (let before = -1; before !== revoked.size;) {
      before = revoked.size;
      for (const [id, { source, target, parent, status }] of this.edges) {
        const loose = ended.has(source) || ended.has(target) || (parent !== null && revoked.has(parent));
        if (status === 'active' && loose) revoked.add(id);
      }
    }
    expect([...affected].toSorted(), what).to.deep.equal([...ended, ...revoked].toSorted());
    for (const id of ended) this.sessions.set(id, { parent: this.sessions.get(id)?.parent ?? null, ended: true });
    for (const id of revoked) this.#active(id, what).status = 'revoked';
    if (revoked.size > 0) this.epoch = seq;
  }

  #reached(from: string): Set<string> {
    const found = new Set([from]);
    for (let before = -1; before !== found.size;) {
      before = found.size;
      for (const { source, target, status } of this.edges.values())
        if (status === 'active' && found.has(source)) found.add(target);
    }
    return found;
  }

  #downstream(edgeId: string): Set<string> {
    const sessions = this.#reached(this.edges.get(edgeId)?.target ?? '');
    const below = [...this.edges].filter(([, { source, status }]) => status === 'active' && sessions.has(source));
    return new Set([edgeId, ...below.map(([id]) => id)]);
  }

  #heldTogether(what: string): void {
    for (const [id, { source, target, status }] of this.edges) {
      if (status !== 'active') continue;
      const ended = [source, target].filter((end) => this.sessions.get(end)?.ended !== false);
      expect(ended, `${what}: edge ${id} is active on what has ended`).to.deep.equal([]);
    }
  }
}
