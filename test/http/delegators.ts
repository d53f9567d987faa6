// What the tests of delegations stand on: sessions of several applications, resources that are registered, edges that exist.
import { OPERATOR_TOKEN, type Answered, type CallOptions, type World } from '../world/world.ts';
import { Callers, itemsOf, namedEdge } from './callers.ts';

type Fields = Readonly<Record<string, unknown>>;

export class Delegators {
  readonly #world: World;
  readonly #callers: Callers;

  constructor(world: World) {
    this.#world = world;
    this.#callers = new Callers(world);
  }

  async as(app: string, scope = ''): Promise<CallOptions> {
    return { token: await this.#world.token({ app, scope }) };
  }

  /** Starts a session of an application, by its own token. */
  async session(app = 'app-a', fields: Fields = {}): Promise<string> {
    return this.#world.session({ application_id: app, ...fields }, await this.as(app));
  }

  /** Two sessions of app-a that hold nothing. */
  async pair(): Promise<[string, string]> {
    return [await this.session(), await this.session()];
  }

  /** Asks for an edge over `resource-1` from app-a to app-a, except for what the fields say. */
  delegate(source: string, target: string, fields: Fields = {}, options?: CallOptions): Promise<Answered> {
    return this.#callers.delegate(source, target, fields, options);
  }

  /** The same as a dry run, which leaves the graph as it is. */
  async look(source: string, target: string, fields: Fields = {}, options?: CallOptions): Promise<Answered> {
    const body = { ...namedEdge(source, target), ttl_seconds: 3_600, ...fields };
    return this.#world.call('POST', '/zones/z1/delegations?dry_run=true', body, options);
  }

  /** Makes an edge and gives its id. */
  async edge(source: string, target: string, fields: Fields = {}, options?: CallOptions): Promise<string> {
    const { status, body, text } = await this.delegate(source, target, fields, options);
    if (status !== 201) throw new Error(`no edge: ${text}`);
    return String(body['delegation_edge_id']);
  }

  revoke(id: string): Promise<Answered> {
    return this.#world.call('PATCH', `/zones/z1/delegations/${id}/revoke`);
  }

  async inbound(session: string): Promise<readonly Fields[]> {
    return itemsOf(await this.#world.call('GET', `/zones/z1/delegations/inbound/${session}`));
  }

  async register(table: 'resources' | 'applications' | 'subject-sessions', id: string, fields: Fields): Promise<void> {
    const path = `/zones/z1/${table}/${id}`;
    const { status, text } = await this.#world.call('PUT', path, fields, { token: OPERATOR_TOKEN });
    if (status !== 200) throw new Error(`not registered: ${text}`);
  }

  /** Registers a resource of app-a whose identifier is `urn:<id>`. */
  resource(id: string, fields: Fields = {}): Promise<void> {
    return this.register('resources', id, {
      identifier: `urn:${id}`,
      application_id: 'app-a',
      scopes: ['read', 'write'],
      ...fields,
    });
  }

  archive(resource: string): Promise<Answered> {
    return this.#world.call('DELETE', `/zones/z1/resources/${resource}`, undefined, { token: OPERATOR_TOKEN });
  }
}
