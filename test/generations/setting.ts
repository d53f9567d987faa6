// The environment of a row: a client, its zone and its records.
import { namedEdge } from '../http/callers.ts';
import { OPERATOR_TOKEN, type Answered, type World } from '../world/world.ts';
import { JulyClient, OneClient, type Client } from './clients.ts';
import type { Generation } from './row.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const APP = { application_id: 'app-a' };
let zones = 0;

export class Setting {
  readonly world: World;
  readonly client: Client;
  readonly #zone: string;
  #made = 0;

  private constructor(world: World, zone: string, client: Client) {
    this.world = world;
    this.client = client;
    this.#zone = zone;
  }

  static async of(world: World, generation: Generation): Promise<Setting> {
    zones += 1;
    const zone = `zone-${zones}`;
    const options = { token: await world.token({ zone }) };
    const client = generation === 'july' ? new JulyClient(world, zone, options) : new OneClient(world, zone, options);
    return new Setting(world, zone, client);
  }

  get zone(): string {
    return this.#zone;
  }

  /** The client of 1.0, for calls that only it makes. */
  get one(): OneClient {
    if (!(this.client instanceof OneClient)) throw new Error('only clients of 1.0 make this call');
    return this.client;
  }

  /** The same client with a token of another application or with more scopes. */
  async as(app: string, scope = '', sid: string | null = 'user-1'): Promise<Client> {
    return this.client.with({ token: await this.world.token({ zone: this.#zone, app, scope, sid }) });
  }

  get operator(): Client {
    return this.client.with({ token: OPERATOR_TOKEN });
  }

  /** Starts a session and returns its id. */
  session(fields: Fields = {}, client = this.client): Promise<string> {
    return made(client.start({ ...APP, ...fields }), 'agent_session_id');
  }

  service(fields: Fields = {}): Promise<string> {
    this.#made += 1;
    const body = { ...APP, endpoint_url: `https://service.example/${this.#made}`, ...fields };
    return made(this.client.call('POST', 'agent-services', body), 'id');
  }

  create(fields: Fields, client = this.client): Promise<Answered> {
    this.#made += 1;
    return client.call('POST', 'invocations', { idempotency_key: `key-${this.#made}`, method: 'work', ...fields });
  }

  async invocation(fields: Fields = {}): Promise<string> {
    return made(this.create({ service_id: await this.service(), ...fields }), 'id');
  }

  delegate(source: string, target: string, fields: Fields = {}, client = this.client): Promise<Answered> {
    return client.call('POST', 'delegations', { ...termsOf(source, target), ...fields });
  }

  edge(source: string, target: string, fields: Fields = {}, client = this.client): Promise<string> {
    return made(this.delegate(source, target, fields, client), 'delegation_edge_id');
  }

  /** An edge between two new sessions: the source, the target and the edge. */
  async delegatedPair(fields: Fields = {}): Promise<[string, string, string]> {
    const [source, target] = [await this.session(), await this.session()];
    return [source, target, await this.edge(source, target, fields)];
  }

  async register(path: string, facts: Fields): Promise<void> {
    const { status, text } = await this.operator.call('PUT', path, facts);
    if (status >= 300) throw new Error(`not registered: ${text}`);
  }

  resource(id: string, application = 'app-a'): Promise<void> {
    return this.register(`resources/${id}`, {
      identifier: `urn:${id}`,
      application_id: application,
      scopes: ['read', 'write'],
    });
  }
}

export const termsOf = (source: string, target: string) => ({
  ...namedEdge(source, target),
  constraints: { max_hops: 3 },
  expires_at: '2027-01-01T00:00:00Z',
});

const made = async (answer: Promise<Answered>, idField: string): Promise<string> => {
  const { status, body, text } = await answer;
  if (status !== 201) throw new Error(`nothing was made: ${text}`);
  return String(body[idField]);
};
