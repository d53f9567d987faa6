// Short ways to say what the tests of delegated authority ask for, on a real server.
import { OPERATOR_TOKEN, type Answered, type CallOptions, type World } from '../world/world.ts';
import { Callers, itemsOf } from './callers.ts';

type Fields = Readonly<Record<string, unknown>>;

const EDGES = '/zones/z1/delegations';
const AGENTS = '/zones/z1/agents';
export const OPERATOR = { token: OPERATOR_TOKEN };

export class GraphCallers {
  readonly #world: World;
  readonly callers: Callers;
  /** Which session an edge leads to: its state is read from the list of that session. */
  readonly #targets = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    this.callers = new Callers(world);
  }

  as = async (app: string, scope = ''): Promise<CallOptions> => ({ token: await this.#world.token({ app, scope }) });

  /** Six sessions, of which a test takes as many as it needs. */
  sessions(): Promise<[string, string, string, string, string, string]> {
    const start = () => this.#world.session();
    return Promise.all([start(), start(), start(), start(), start(), start()]);
  }

  /** Starts a session of an application other than app-a. */
  async sessionOf(app: string, fields: Fields = {}): Promise<string> {
    return this.#world.session({ application_id: app, ...fields }, await this.as(app));
  }

  /** Hands authority on, with up to `hops` edges in a row, and gives the id of the edge. */
  async edge(
    source: string,
    target: string,
    { hops = 1, ...fields }: Fields & { readonly hops?: number } = {},
    options?: CallOptions,
  ): Promise<string> {
    const terms = { constraints: { max_hops: hops }, ...fields };
    const { status, body, text } = await this.callers.delegate(source, target, terms, options);
    if (status !== 201) throw new Error(`no edge: ${text}`);
    const id = String(body['delegation_edge_id']);
    this.#targets.set(id, target);
    return id;
  }

  get(path: string, options?: CallOptions): Promise<Answered> {
    return this.#world.call('GET', `${EDGES}/${path}`, undefined, options);
  }

  revoke(id: string, options?: CallOptions, query = ''): Promise<Answered> {
    return this.#world.call('PATCH', `${EDGES}/${id}/revoke${query}`, undefined, options);
  }

  async dryRevoke(id: string): Promise<Fields> {
    return (await this.revoke(id, OPERATOR, '?dry_run=true')).body;
  }

  authority(session: string, options?: CallOptions): Promise<Answered> {
    return this.#world.call('GET', `${AGENTS}/${session}/effective-authority`, undefined, options);
  }

  async inbound(session: string): Promise<readonly Fields[]> {
    return itemsOf(await this.get(`inbound/${session}`, OPERATOR));
  }

  /** An edge as the list of its target shows it. */
  async row(id: string): Promise<Fields> {
    const row = (await this.inbound(this.#targets.get(id) ?? '')).find((each) => each['id'] === id);
    if (!row) throw new Error(`edge ${id} is not listed`);
    return row;
  }

  statusesOf(...ids: readonly string[]): Promise<unknown[]> {
    return Promise.all(ids.map(async (id) => (await this.row(id))['status']));
  }

  /** Status and reason of sessions that have ended. */
  fatesOf(...ids: readonly string[]): Promise<[unknown, unknown][]> {
    return Promise.all(
      ids.map(async (id) => {
        const { status, termination_reason } = await this.callers.session(id);
        return [status, termination_reason];
      }),
    );
  }
}

/** The members of an answer that is a list by itself. */
export const rowsOf = ({ text }: Answered): readonly Fields[] => JSON.parse(text) as readonly Fields[];
