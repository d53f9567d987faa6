// A consumer of `caracal.sessions.revoke`, and a zone whose clients and operator end authority.
import { OPERATOR_TOKEN, type Answered, type TokenWish, type World } from '../world/world.ts';

export const UNTIL = '2100-01-01T00:00:00Z';

export type Fields = Readonly<Record<string, unknown>>;

/** The names that a consumer refuses. */
export class Consumer {
  readonly logins = new Set<unknown>();
  readonly sessions = new Set<unknown>();
  readonly edges = new Set<unknown>();

  take(message: Fields): void {
    const { session_id: login, agent_session_id: session, delegation_edge_id: edge } = message;
    if (login !== undefined) this.logins.add(login);
    if (session !== undefined) this.sessions.add(session);
    if (edge !== undefined) this.edges.add(edge);
  }

  get refuses(): Refused {
    const sorted = (names: ReadonlySet<unknown>) => [...names].map(String).toSorted();
    return { logins: sorted(this.logins), sessions: sorted(this.sessions), edges: sorted(this.edges) };
  }
}

export interface Refused {
  readonly logins: readonly string[];
  readonly sessions: readonly string[];
  readonly edges: readonly string[];
}

export const refused = ({ logins = [], sessions = [], edges = [] }: Partial<Refused>): Refused => ({
  logins: logins.toSorted(),
  sessions: sessions.toSorted(),
  edges: edges.toSorted(),
});

/** One zone, and what its clients and its operator do. */
export class Zone {
  readonly world: World;
  readonly name: string;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  async call(method: string, path: string, body?: object, wish: TokenWish = {}): Promise<Answered> {
    const token = await this.world.token({ zone: this.name, ...wish });
    return this.#must(method, path, body, token);
  }

  operate(method: string, path: string, body?: object): Promise<Answered> {
    return this.#must(method, path, body, OPERATOR_TOKEN);
  }

  /** Starts a session of a login. */
  async session(fields: Fields = {}, login = 'shared', app = 'app-a'): Promise<string> {
    const body = { application_id: app, ...fields };
    return String((await this.call('POST', 'agents', body, { app, sid: login })).body['agent_session_id']);
  }

  async edge(
    source: string,
    target: string,
    fields: Fields = {},
    scope = 'coordinator.delegate_to:app-b',
  ): Promise<string> {
    const terms = { resource_id: 'files', scopes: ['read'], constraints: { max_hops: 3 }, expires_at: UNTIL };
    const applications = { issuer_application_id: 'app-a', receiver_application_id: 'app-a' };
    const body = { source_session_id: source, target_session_id: target, ...applications, ...terms, ...fields };
    return String((await this.call('POST', 'delegations', body, { scope })).body['delegation_edge_id']);
  }

  in(ms: number): string {
    return new Date(this.world.clock.now() + ms).toISOString();
  }

  advance(ms: number): void {
    this.world.clock.advance(ms);
  }

  /** The edge with which a session started. */
  async carried(session: string): Promise<string> {
    return String((await this.operate('GET', `agents/${session}`)).body['delegation_edge_id']);
  }

  async #must(method: string, path: string, body: object | undefined, token: string): Promise<Answered> {
    const answer = await this.world.call(method, `/zones/${this.name}/${path}`, body, { token });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer;
  }
}
