// One caller under load: an application in a zone that starts, suspends, resumes and ends sessions of its own, one request
// at a time. It keeps a forest of what was acknowledged, and the one request whose answer it never got. No two tenants
// touch the same session, so whatever a tenant finds that its forest does not explain, the server did wrong.
import { expect } from 'chai';
import { Forest, type Row, type Tree } from './forest.ts';
import type { Random } from './random.ts';
import type { Answered, Connection, Sending } from './server.ts';

export interface TenantIdentity {
  readonly zone: string;
  readonly application: string;
  readonly token: string;
}

interface Wish extends Sending {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** What is true of the forest once it is carried out. */
  readonly apply: (forest: Forest, answer: Answered) => void;
}

interface Start extends Wish {
  readonly mark: string;
  readonly parentId: string | null;
}

const LIVE_MAX = 40;
const CHILDREN_MAX = 6;
const DEPTH_MAX = 6;

/** How many of a hundred requests are what; the rest suspends. */
const SHARES = { start: 45, resume: 60, terminate: 75, repeat: 82 } as const;

export class Tenant {
  readonly identity: TenantIdentity;
  readonly #random: Random;
  #forest = new Forest();
  #unanswered: Wish | Start | null = null;
  #marks = 0;
  acknowledged = 0;
  /** The code of the 503 that ended the work; null when the connection broke. */
  stoppedBy: string | null = null;

  constructor(identity: TenantIdentity, random: Random) {
    this.identity = identity;
    this.#random = random;
  }

  /** Sends one request after the other until the connection breaks or an answer is that the server cannot (503). */
  async work(connection: Connection, onAcknowledged: () => void): Promise<void> {
    for (;;) {
      const wish = this.#next();
      this.#unanswered = wish;
      const answer = await this.#send(connection, wish).catch(() => null);
      this.stoppedBy = answer?.status === 503 ? String(answer.body?.['error']) : null;
      if (answer === null || answer.status === 503) return;
      this.#take(wish, answer);
      onAcknowledged();
    }
  }

  /** Finds out what became of the request that got no answer: it is there wholly or not at all. Answers which. */
  async settle(connection: Connection, rows: readonly Row[]): Promise<'none' | 'carried out' | 'not carried out'> {
    const wish = this.#unanswered;
    this.#unanswered = null;
    if (wish === null) return 'none';
    if ('mark' in wish) return this.#settleStart(connection, wish, rows);
    const after = this.#forest.clone();
    wish.apply(after, { status: wish.status, headers: {}, body: null });
    const carriedOut = isSame(rows, after.rows());
    if (carriedOut) this.#forest = after;
    return carriedOut ? 'carried out' : 'not carried out';
  }

  /** That the request without an answer was not carried out is certain here: forget it. */
  disown(): void {
    this.#unanswered = null;
  }

  check(rows: readonly Row[]): void {
    expect(sorted(rows)).to.deep.equal(sorted(this.#forest.rows()));
  }

  /** Compares the whole history of a few sessions, live ones first. */
  async checkHistories(connection: Connection, most: number): Promise<void> {
    for (const { id, history } of this.#forest.live().slice(-most)) {
      const { zone, token } = this.identity;
      const answer = await connection.call('GET', `/zones/${zone}/agents/${id}/history?limit=500`, { token });
      expect(answer.status).to.equal(200);
      const items = answer.body?.['items'] as { event: string }[];
      expect(items.map(({ event }) => event)).to.deep.equal(history);
    }
  }

  async #settleStart(connection: Connection, wish: Start, rows: readonly Row[]) {
    const made = rows.filter(({ mark }) => mark === wish.mark);
    expect(made.length, 'sessions of one unanswered start').to.be.at.most(1);
    const repeated = await this.#send(connection, wish);
    expect(repeated.status).to.equal(made.length === 1 ? 200 : 201);
    const id = String(repeated.body?.['agent_session_id']);
    if (made[0]) expect(id).to.equal(made[0].id);
    this.#forest.start(id, wish.parentId, wish.mark);
    return made.length === 1 ? ('carried out' as const) : ('not carried out' as const);
  }

  #take(wish: Wish, answer: Answered): void {
    const what = `${wish.method} ${wish.path} answered ${JSON.stringify(answer.body)}`;
    expect(answer.status, what).to.equal(wish.status);
    wish.apply(this.#forest, answer);
    this.#unanswered = null;
    this.acknowledged += 1;
  }

  #send(connection: Connection, { method, path, body, headers }: Wish): Promise<Answered> {
    const { token } = this.identity;
    return connection.call(method, path, { token, ...(body && { body }), ...(headers && { headers }) });
  }

  #next(): Wish | Start {
    const live = this.#forest.live();
    const die = this.#random.below(100);
    if (live.length >= LIVE_MAX) return this.#terminate(live[0] as Tree);
    const tree = die < SHARES.start ? undefined : this.#random.of(this.#fitFor(die, live));
    if (tree === undefined) return this.#start(live);
    if (die < SHARES.resume) return this.#move(tree, 'resume');
    if (die < SHARES.terminate) return this.#terminate(tree);
    if (die < SHARES.repeat) return this.#repeat(tree);
    return this.#move(tree, 'suspend');
  }

  #fitFor(die: number, live: readonly Tree[]): readonly Tree[] {
    const forest = this.#forest;
    if (die < SHARES.resume) return live.filter((tree) => tree.held && !forest.isHeldFromAbove(tree));
    return die < SHARES.repeat ? live : live.filter((tree) => forest.isActive(tree));
  }

  #start(live: readonly Tree[]): Start {
    const forest = this.#forest;
    const roomy = live.filter(
      (tree) =>
        forest.isActive(tree) &&
        forest.depthOf(tree) < DEPTH_MAX &&
        tree.children.filter(({ endedFor }) => endedFor === null).length < CHILDREN_MAX,
    );
    const parentId = this.#random.below(5) === 0 ? null : (this.#random.of(roomy)?.id ?? null);
    this.#marks += 1;
    return this.#startOf(`${this.identity.application}.${this.#marks}`, parentId, 201);
  }

  #repeat({ mark, parentId }: Tree): Wish {
    const { mark: _, ...wish } = this.#startOf(mark, parentId, 200);
    return { ...wish, apply: () => {} };
  }

  #startOf(mark: string, parentId: string | null, status: number): Start {
    const { zone, application } = this.identity;
    return {
      method: 'POST',
      path: `/zones/${zone}/agents`,
      headers: { 'idempotency-key': mark },
      body: { application_id: application, parent_id: parentId, metadata: { mark } },
      status,
      mark,
      parentId,
      apply: (forest, answer) => forest.start(String(answer.body?.['agent_session_id']), parentId, mark),
    };
  }

  #move({ id }: Tree, move: 'suspend' | 'resume'): Wish {
    const path = `/zones/${this.identity.zone}/agents/${id}/${move}`;
    return { method: 'PATCH', path, status: 200, apply: (forest) => forest[move](id) };
  }

  #terminate({ id }: Tree): Wish {
    const reason = `done-${this.#random.below(1000)}`;
    const path = `/zones/${this.identity.zone}/agents/${id}?reason=${reason}`;
    return { method: 'DELETE', path, status: 204, apply: (forest) => forest.terminate(id, reason) };
  }
}

const sorted = (rows: readonly Row[]): Row[] => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const isSame = (rows: readonly Row[], expected: readonly Row[]): boolean =>
  JSON.stringify(sorted(rows)) === JSON.stringify(sorted(expected));
