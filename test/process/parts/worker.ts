// One caller under load whose work has deadlines: an application with a service that sends heartbeats, a session that does
// too and one that never does, invocations with short timeouts, tasks with short lives. It remembers what was acknowledged
// under which request id, so that the journal can be asked for exactly that, and what it never got an answer to.
import { expect } from 'chai';
import type { ZoneEntry } from '../../../src/zone/events.ts';
import type { Random } from './random.ts';
import type { Answered, Connection, Sending } from './server.ts';
import type { TenantIdentity } from './tenant.ts';

interface Wish extends Sending {
  readonly method: string;
  readonly path: string;
  /** The entry that carrying it out makes; null where none may be made, undefined where one may. */
  readonly event?: string | null;
  /** Refusals that time alone can bring about. */
  readonly refusals?: readonly string[];
  readonly then?: (answer: Answered) => void;
}

interface Creation {
  readonly key: string;
  readonly body: object;
  /** Null while it got no answer. */
  id: string | null;
}

const TIMEOUT_MS = { least: 200, most: 1_500 };
const OPEN_MAX = 30;

/** How many of a hundred requests are what, added up; the rest cancels. */
const SHARES = { create: 28, start: 60, complete: 76, heartbeat: 90, task: 94, repeat: 97 } as const;

export class Worker {
  readonly identity: TenantIdentity;
  readonly #random: Random;
  readonly #acknowledged = new Map<string, { readonly event: string; readonly id: string }>();
  readonly #withoutEntry = new Set<string>();
  readonly #mayHaveEntry = new Set<string>();
  readonly #creations: Creation[] = [];
  #open: string[] = [];
  #asked = 0;
  #service = '';
  #beating = '';
  #task: string | null = null;
  #mustResume = false;
  readonly #silent: Set<string>;

  /** Into `silent` it puts the sessions that it never sends a heartbeat for. */
  constructor(identity: TenantIdentity, random: Random, silent: Set<string>) {
    this.identity = identity;
    this.#random = random;
    this.#silent = silent;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Registers its service and starts the session that sends heartbeats. */
  async settleIn(connection: Connection): Promise<void> {
    const { application } = this.identity;
    const body = { application_id: application, endpoint_url: `https://${application}.example/` };
    const then = ({ body: answer }: Answered) => (this.#service = String(answer?.['id']));
    await this.#ask(connection, this.#post('agent-services', body, { event: 'service.registered', then }));
    this.#beating = await this.#serviceSession(connection);
  }

  /** Starts a session that will be silent. */
  async startSilent(connection: Connection): Promise<void> {
    this.#silent.add(await this.#serviceSession(connection));
  }

  /** Sends one request after the other until the connection breaks. */
  async work(connection: Connection, onAnswer: () => void): Promise<void> {
    while (await this.#ask(connection, this.#next())) onAnswer();
  }

  /** Every invocation it knows of is made once: its key gives the same id, and only what is not in the journal is made now. */
  async repeatKeys(connection: Connection, authored: ReadonlyMap<string, ZoneEntry>, most: number): Promise<number> {
    const older = this.#creations.slice(0, -most);
    const chosen = [...this.#creations.slice(-most), ...Array.from({ length: 10 }, () => this.#random.of(older))];
    for (const creation of chosen.filter((each) => each !== undefined)) {
      const made = creation.id ?? idOf(authored.get(creation.key));
      await this.#create(connection, creation, made);
    }
    return chosen.length;
  }

  /** What the journal holds of it is what was acknowledged, once each, and wholly or not at all what got no answer. */
  checkJournal(authored: ReadonlyMap<string, ZoneEntry>): void {
    for (const [requestId, { event, id }] of this.#acknowledged) {
      const entry = authored.get(requestId);
      expect([entry?.event.type, idOf(entry)], `acknowledged as ${requestId}`).to.deep.equal([event, id]);
    }
    for (const requestId of authored.keys()) {
      if (!requestId.startsWith(`${this.identity.application}.`)) continue;
      const known = this.#acknowledged.has(requestId) || this.#mayHaveEntry.has(requestId);
      expect(known && !this.#withoutEntry.has(requestId), `${requestId} made an entry`).to.equal(true);
    }
  }

  /** Sends a wish and takes in the answer; false when the connection broke before it came. */
  async #ask(connection: Connection, wish: Wish): Promise<boolean> {
    this.#asked += 1;
    const requestId = `${this.identity.application}.${this.#asked}`;
    return this.#send(connection, requestId, wish);
  }

  async #send(connection: Connection, requestId: string, wish: Wish): Promise<boolean> {
    const { method, path, body, event, refusals = [], then } = wish;
    const headers = { ...wish.headers, 'x-request-id': requestId };
    const sending = { token: this.identity.token, headers, ...(body && { body }) };
    this.#mayHaveEntry.add(requestId);
    const answer = await connection.call(method, `/zones/${this.identity.zone}/${path}`, sending).catch(() => null);
    if (answer === null) return false;
    const code = String(answer.body?.['error']);
    const refused = answer.status >= 400;
    const what = `${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`;
    if (refused) expect(refusals, what).to.include(code);
    if (refused || event === null) this.#withoutEntry.add(requestId);
    else if (event !== undefined) this.#acknowledged.set(requestId, { event, id: madeIn(answer) });
    if (code === 'agent_lease_expired') this.#mustResume = true;
    if (!refused) then?.(answer);
    return true;
  }

  #next(): Wish {
    const die = this.#random.below(100);
    const id = this.#random.of(this.#open);
    if (this.#mustResume) return this.#resume();
    if (die < SHARES.create || id === undefined) return this.#createNew();
    if (die < SHARES.start) {
      const refusals = ['invocation_not_startable', 'invocation_session_suspended'];
      return { method: 'PATCH', path: `invocations/${id}/start`, event: 'invocation.started', refusals };
    }
    if (die < SHARES.complete) return this.#complete(id);
    if (die < SHARES.heartbeat) return this.#heartbeat();
    if (die < SHARES.task) return this.#startTask();
    if (die < SHARES.repeat) return this.#repeat();
    const refusals = ['invocation_not_cancelable'];
    return { method: 'PATCH', path: `invocations/${id}/cancel`, event: 'invocation.cancel-requested', refusals };
  }

  #createNew(): Wish {
    const { random, key } = { random: this.#random, key: `${this.identity.application}.${this.#asked + 1}` };
    const body = {
      service_id: this.#service,
      idempotency_key: key,
      method: 'run',
      timeout_ms: random.between(TIMEOUT_MS.least, TIMEOUT_MS.most),
      retry_policy: { max_attempts: random.between(1, 3) },
      source_session_id: random.below(4) === 0 ? this.#task : null,
      target_session_id: random.below(4) === 0 ? this.#beating : null,
    };
    const creation: Creation = { key, body, id: null };
    this.#creations.push(creation);
    return {
      ...this.#post('invocations', body, { event: 'invocation.created' }),
      refusals: ['agent_session_not_found'],
      then: (answer) => this.#made(creation, madeIn(answer)),
    };
  }

  #made(creation: Creation, id: string): void {
    creation.id = id;
    this.#open = [...this.#open.slice(-OPEN_MAX), id];
  }

  #repeat(): Wish {
    const creation = this.#random.of(this.#creations.filter(({ id }) => id !== null));
    if (!creation) return this.#heartbeat();
    const then = (answer: Answered) => expect([answer.status, madeIn(answer)]).to.deep.equal([200, creation.id]);
    return this.#post('invocations', creation.body, { event: null, then });
  }

  async #create(connection: Connection, creation: Creation, made: string | null): Promise<void> {
    const then = (answer: Answered) => {
      const told = [answer.status, answer.headers['idempotency-replayed'] ?? null];
      expect(told, creation.key).to.deep.equal(made === null ? [201, null] : [200, 'true']);
      if (made !== null) expect(madeIn(answer)).to.equal(made);
      this.#made(creation, madeIn(answer));
    };
    const wish = this.#post('invocations', creation.body, { event: made === null ? 'invocation.created' : null, then });
    const refusals = made === null ? ['agent_session_not_found'] : [];
    expect(await this.#ask(connection, { ...wish, refusals }), 'an answer').to.equal(true);
  }

  #complete(id: string): Wish {
    const status = this.#random.below(3) === 0 ? 'failed' : 'succeeded';
    const refusals = ['invocation_not_completable'];
    const path = `invocations/${id}/complete`;
    return { method: 'PATCH', path, body: { status }, event: `invocation.${status}`, refusals };
  }

  #heartbeat(): Wish {
    const refusals = ['agent_lease_expired'];
    return { ...this.#post(`agents/${this.#beating}/heartbeat`, { service_id: this.#service }), refusals };
  }

  #resume(): Wish {
    this.#mustResume = false;
    return { method: 'PATCH', path: `agents/${this.#beating}/resume`, refusals: ['agent_not_found_or_not_suspended'] };
  }

  #startTask(): Wish {
    const body = { application_id: this.identity.application, ttl_seconds: this.#random.between(1, 2) };
    const then = (answer: Answered) => (this.#task = madeIn(answer));
    return this.#post('agents', body, { event: 'session.started', then });
  }

  async #serviceSession(connection: Connection): Promise<string> {
    const body = { application_id: this.identity.application, lifecycle: 'service' };
    let id = '';
    const then = (answer: Answered) => (id = madeIn(answer));
    await this.#ask(connection, this.#post('agents', body, { event: 'session.started', then }));
    expect(id).not.to.equal('');
    return id;
  }

  #post(path: string, body: object, rest: Pick<Wish, 'event' | 'then'> = {}): Wish {
    return { method: 'POST', path, body, ...rest };
  }
}

const madeIn = ({ body }: Answered): string => String(body?.['agent_session_id'] ?? body?.['id']);

const idOf = (entry: ZoneEntry | undefined): string | null => (entry && 'id' in entry.event ? entry.event.id : null);
