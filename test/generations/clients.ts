// A client of each generation, as far as the wire shows them: which calls they make, with which members and headers.
import type { Answered, CallOptions, World } from '../world/world.ts';

type Fields = Readonly<Record<string, unknown>>;

let keys = 0;

/** The TTL that July's clients send with every start. */
const DEFAULT_TTL_SECONDS = 3_600;

/** What both generations do alike. */
export abstract class Client {
  readonly world: World;
  readonly zone: string;
  readonly #options: CallOptions;

  constructor(world: World, zone: string, options: CallOptions) {
    this.world = world;
    this.zone = zone;
    this.#options = options;
  }

  /** The same client with another bearer or with more headers. */
  abstract with(options: CallOptions): Client;
  abstract start(fields: Fields): Promise<Answered>;
  abstract heartbeat(session: string, fields?: Fields): Promise<Answered>;
  /** Ends a session, as the holder of its lease if it has one. */
  abstract end(session: string): Promise<Answered>;
  abstract verify(
    token: string,
    checks?: { readonly session?: boolean; readonly delegation?: boolean },
  ): Promise<Answered>;

  /** A request about the zone. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    return this.send(method, `/zones/${this.zone}/${path}`, body, headers);
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answered> {
    const options = { ...this.#options, headers: { ...this.#options.headers, ...headers } };
    return this.world.call(method, path, body, options);
  }

  protected merged({ token, headers }: CallOptions): CallOptions {
    const own = this.#options;
    return { ...own, ...(token === undefined ? {} : { token }), headers: { ...own.headers, ...headers } };
  }
}

export class JulyClient extends Client {
  with(options: CallOptions): Client {
    return new JulyClient(this.world, this.zone, this.merged(options));
  }

  start(fields: Fields): Promise<Answered> {
    return this.call('POST', 'agents', { labels: [], ttl_seconds: DEFAULT_TTL_SECONDS, ...fields });
  }

  heartbeat(session: string, fields: Fields = {}): Promise<Answered> {
    return this.call('POST', `agents/${session}/heartbeat`, { status: 'healthy', ...fields });
  }

  end(session: string): Promise<Answered> {
    return this.call('DELETE', `agents/${session}`);
  }

  verify(token: string, { session, delegation }: { session?: boolean; delegation?: boolean } = {}): Promise<Answered> {
    const checks = { ...(session ? { require_agent: true } : {}), ...(delegation ? { require_delegation: true } : {}) };
    return this.with({ token: null }).send('POST', '/v1/verify', { token, ...checks });
  }
}

export class OneClient extends Client {
  /** The lease generation of each session whose lease this client holds, as answers named it. */
  readonly #leases: Map<string, unknown>;

  constructor(world: World, zone: string, options: CallOptions, leases = new Map<string, unknown>()) {
    super(world, zone, options);
    this.#leases = leases;
  }

  with(options: CallOptions): OneClient {
    return new OneClient(this.world, this.zone, this.merged(options), this.#leases);
  }

  /** A client of another process, which holds no lease yet. */
  inAnotherProcess(): OneClient {
    return new OneClient(this.world, this.zone, this.merged({}));
  }

  async start(fields: Fields): Promise<Answered> {
    const body = { labels: [], parent_authority: 'inherit', subject_token: 'dropped', ...fields };
    keys += 1;
    const generated = { 'idempotency-key': `generated-${keys}`, 'idempotency-key-kind': 'generated' };
    const answer = await this.call('POST', 'agents', body, generated);
    if (fields['lifecycle'] === 'service') this.#hold(String(answer.body['agent_session_id']), answer);
    return answer;
  }

  /** Takes a lease over. */
  async attach(session: string): Promise<Answered> {
    const answer = await this.call('POST', `agents/${session}/lease`);
    this.#hold(session, answer);
    return answer;
  }

  heartbeat(session: string, fields: Fields = {}): Promise<Answered> {
    return this.call('POST', `agents/${session}/heartbeat`, { status: 'healthy', ...this.#lease(session), ...fields });
  }

  end(session: string): Promise<Answered> {
    const lease = this.#lease(session);
    return this.call('DELETE', `agents/${session}`, 'lease_generation' in lease ? lease : undefined);
  }

  checkEdge(session: string, edge: string): Promise<Answered> {
    return this.call('GET', `delegations/inbound/${session}/${edge}`);
  }

  verify(token: string, { session, delegation }: { session?: boolean; delegation?: boolean } = {}): Promise<Answered> {
    const checks = {
      ...(session ? { require_session: true } : {}),
      ...(delegation ? { require_delegation: true } : {}),
    };
    return this.with({ token: null }).send('POST', '/v1/verify', { token, zone_id: this.zone, ...checks });
  }

  #hold(session: string, { status, body }: Answered): void {
    if (status < 300) this.#leases.set(session, body['lease_generation']);
  }

  #lease(session: string): Fields {
    const generation = this.#leases.get(session);
    return generation === undefined ? {} : { lease_generation: generation };
  }
}
