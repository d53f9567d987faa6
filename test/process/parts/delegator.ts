// One caller under load that hands authority on and takes it back: sessions, edges that last for moments, revocations, ends.
// The callers of a zone share what they know, so that they get in each other's way. It remembers what was acknowledged
// under which request id, so that the journal can be asked for exactly that, and what it never got an answer to.
import { expect } from 'chai';
import type { ZoneEntry } from '../../../src/zone/events.ts';
import type { Random } from './random.ts';
import type { Answered, Connection } from './server.ts';

/** What the callers of one zone share. */
export interface Common {
  readonly zone: string;
  readonly application: string;
  readonly token: string;
  sessions: string[];
  edges: string[];
  /** The greatest epoch that anybody was told. */
  epoch: number;
}

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly event: string;
  readonly body?: object;
  /** What the journal names what it made or changed by. */
  readonly id?: string;
  readonly refusals: readonly string[];
}

interface Sent {
  readonly requestId: string;
  readonly wish: Wish;
  /** Undefined while it got no answer, null where it was refused. */
  id?: string | null;
}

const KEPT = 12;
/** Bounds of the lifetime of a short-lived edge, milliseconds. */
export const LASTS_MS = { least: 30, most: 1_500 };
/** Every this many edges, one outlives a restart. */
const LASTING_EVERY = 4;
const LASTING_MS = 60_000;

/** How many of a hundred requests are what, added up; the rest ends a session. */
const SHARES = { start: 25, delegate: 83, revoke: 95 } as const;

const STARTING = [
  'parent_not_found',
  'inherit_parent_edge_not_active',
  'inherit_parent_edge_ambiguous',
  'agent_children_limit_exceeded',
  'agent_depth_limit_exceeded',
];
const DELEGATING = [
  'self_delegation_denied',
  'delegation_endpoint_not_found',
  'parent_delegation_ambiguous',
  'parent_delegation_not_active',
  'delegation_exceeds_parent_authority',
  'delegation_cycle_denied',
  'delegation_expired',
];

export class Delegator {
  readonly #name: string;
  readonly #common: Common;
  readonly #random: Random;
  readonly #sent: Sent[] = [];

  constructor(name: string, common: Common, random: Random) {
    this.#name = name;
    this.#common = common;
    this.#random = random;
  }

  get acknowledged(): number {
    return this.#sent.filter(({ id }) => typeof id === 'string').length;
  }

  /** Sends one request after the other until the connection breaks. */
  async work(connection: Connection, onAnswer: () => void): Promise<void> {
    while (await this.#send(connection, this.#next())) onAnswer();
  }

  /** What the journal holds of it is what was acknowledged, once each; what was refused is not there. */
  checkJournal(authored: ReadonlyMap<string, ZoneEntry>): void {
    for (const { requestId, wish, id } of this.#sent) {
      const entry = authored.get(requestId);
      const told = entry && [entry.event.type, 'id' in entry.event ? entry.event.id : null];
      if (id === null) expect(told, `refused as ${requestId}`).to.equal(undefined);
      else if (id !== undefined) expect(told, `acknowledged as ${requestId}`).to.deep.equal([wish.event, id]);
    }
  }

  /**
   * Of the last so many edges it asked for, those that the journal has are answered again and not made again: as they were,
   * or refused where they have lapsed. Gives how many were answered as they were.
   */
  async repeatKeys(
    connection: Connection,
    authored: ReadonlyMap<string, ZoneEntry>,
    most: number,
    isActive: (id: string) => boolean,
  ): Promise<number> {
    const creations = this.#sent.filter(({ wish, id }) => wish.event === 'edge.created' && id !== null).slice(-most);
    let repeated = 0;
    for (const { requestId, wish } of creations) {
      const event = authored.get(requestId)?.event;
      if (event?.type !== 'edge.created') continue;
      const { status, headers, body } = await this.#call(connection, wish, `${requestId}.again`, requestId);
      const told = [status, headers['idempotency-replayed'], body?.['delegation_edge_id'] ?? body?.['error']];
      const again = [201, 'true', event.id];
      const over = [409, undefined, 'idempotency_result_inactive'];
      expect(isActive(event.id) ? [again] : [again, over], `${requestId} again`).to.deep.include(told);
      if (status === 201) repeated += 1;
    }
    return repeated;
  }

  async #send(connection: Connection, wish: Wish): Promise<boolean> {
    const sent: Sent = { requestId: `${this.#name}.${this.#sent.length}`, wish };
    this.#sent.push(sent);
    const answer = await this.#call(connection, wish, sent.requestId, sent.requestId).catch(() => null);
    if (answer === null) return false;
    const { status, body } = answer;
    if (status >= 400) {
      const what = `${wish.method} ${wish.path} answered ${status} ${JSON.stringify(body)}`;
      expect(wish.refusals, what).to.include(String(body?.['error']));
      sent.id = null;
    } else {
      sent.id = wish.id ?? String(body?.['agent_session_id'] ?? body?.['delegation_edge_id']);
      this.#learn(wish, sent.id, answer);
    }
    return true;
  }

  #call(connection: Connection, { method, path, body }: Wish, requestId: string, key: string): Promise<Answered> {
    const { zone, token } = this.#common;
    const headers = { 'x-request-id': requestId, ...(method === 'POST' && { 'idempotency-key': key }) };
    return connection.call(method, `/zones/${zone}/${path}`, { token, headers, ...(body && { body }) });
  }

  #learn({ event }: Wish, id: string, { body }: Answered): void {
    const common = this.#common;
    if (event === 'session.started') common.sessions = [...common.sessions.slice(-KEPT), id];
    const edge = body?.['delegation_edge_id'];
    if (typeof edge === 'string') common.edges = [...common.edges.slice(-KEPT), edge];
    if (event === 'session.terminated') common.sessions = common.sessions.filter((each) => each !== id);
    const epoch = body?.['graph_epoch'];
    // Those who ask at the same time may be answered in any order; whoever comes after the kill is compared with the greatest.
    if (typeof epoch === 'number') common.epoch = Math.max(common.epoch, epoch);
  }

  #next(): Wish {
    const random = this.#random;
    const die = random.below(100);
    const { sessions, edges } = this.#common;
    const session = random.of(sessions);
    const edge = random.of(edges);
    if (die < SHARES.start || session === undefined || sessions.length < 4) return this.#start(session);
    if (die < SHARES.delegate || edge === undefined) return this.#delegate(session);
    if (die < SHARES.revoke) {
      const path = `delegations/${edge}/revoke`;
      return { method: 'PATCH', path, event: 'edge.revoked', id: edge, refusals: ['delegation_not_found'] };
    }
    const path = `agents/${session}`;
    return { method: 'DELETE', path, event: 'session.terminated', id: session, refusals: ['agent_not_found'] };
  }

  #start(parent: string | undefined): Wish {
    const under = parent !== undefined && this.#random.below(2) === 0 ? { parent_id: parent } : {};
    const body = { application_id: this.#common.application, ...under };
    return { method: 'POST', path: 'agents', event: 'session.started', body, refusals: STARTING };
  }

  #delegate(source: string): Wish {
    const { application, sessions, edges } = this.#common;
    const lastsMs =
      this.#random.below(LASTING_EVERY) === 0 ? LASTING_MS : this.#random.between(LASTS_MS.least, LASTS_MS.most);
    const body = {
      source_session_id: source,
      target_session_id: this.#random.of(sessions),
      issuer_application_id: application,
      receiver_application_id: application,
      resource_id: 'files',
      scopes: ['read'],
      constraints: { max_hops: this.#random.between(1, 10) },
      expires_at: new Date(Date.now() + lastsMs).toISOString(),
      ...(this.#random.below(4) === 0 ? { parent_edge_id: this.#random.of(edges) } : {}),
    };
    return { method: 'POST', path: 'delegations', event: 'edge.created', body, refusals: DELEGATING };
  }
}
