// Short ways to say what the tests of services and invocations ask for, on a real server.
import type { Answered, CallOptions, World } from '../world/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const ZONE = '/zones/z1';
let made = 0;

/** The members by which a session of app-a delegates authority over `resource-1` to another. */
export const namedEdge = (source: string, target: string) => ({
  source_session_id: source,
  target_session_id: target,
  issuer_application_id: 'app-a',
  receiver_application_id: 'app-a',
  resource_id: 'resource-1',
  scopes: ['read'],
});

export class Callers {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  register(fields: Fields = {}, options?: CallOptions): Promise<Answered> {
    made += 1;
    const body = { application_id: 'app-a', endpoint_url: `https://service.example/${made}`, ...fields };
    return this.#world.call('POST', `${ZONE}/agent-services`, body, options);
  }

  /** Registers a service and gives its id. */
  async service(fields: Fields = {}, options?: CallOptions): Promise<string> {
    return idOf(await this.register(fields, options));
  }

  create(fields: Fields, options?: CallOptions): Promise<Answered> {
    made += 1;
    const body = { idempotency_key: `key-${made}`, method: 'work', ...fields };
    return this.#world.call('POST', `${ZONE}/invocations`, body, options);
  }

  /** Creates an invocation and gives its id. */
  async invocation(fields: Fields, options?: CallOptions): Promise<string> {
    return idOf(await this.create(fields, options));
  }

  get(id: string): Promise<Answered> {
    return this.#world.call('GET', `${ZONE}/invocations/${id}`);
  }

  list(query: string, options?: CallOptions): Promise<Answered> {
    return this.#world.call('GET', `${ZONE}/invocations?${query}`, undefined, options);
  }

  move(id: string, verb: 'start' | 'cancel' | 'complete', body?: object, options?: CallOptions): Promise<Answered> {
    return this.#world.call('PATCH', `${ZONE}/invocations/${id}/${verb}`, body, options);
  }

  heartbeat(session: string, body: Fields = {}, options?: CallOptions): Promise<Answered> {
    return this.#world.call('POST', `${ZONE}/agents/${session}/heartbeat`, body, options);
  }

  takeLease(session: string, options?: CallOptions): Promise<Answered> {
    return this.#world.call('POST', `${ZONE}/agents/${session}/lease`, undefined, options);
  }

  /** Hands authority over a resource from one session of app-a to another. */
  delegate(source: string, target: string, fields: Fields = {}, options?: CallOptions): Promise<Answered> {
    const body = { ...namedEdge(source, target), ttl_seconds: 3_600, ...fields };
    return this.#world.call('POST', `${ZONE}/delegations`, body, options);
  }

  async session(id: string): Promise<Answered['body']> {
    return (await this.#world.call('GET', `${ZONE}/agents/${id}`)).body;
  }

  patchSession(id: string, verb: 'suspend' | 'resume'): Promise<Answered> {
    return this.#world.call('PATCH', `${ZONE}/agents/${id}/${verb}`);
  }

  end(id: string): Promise<Answered> {
    return this.#world.call('DELETE', `${ZONE}/agents/${id}`);
  }

  async services(): Promise<readonly Fields[]> {
    return itemsOf(await this.#world.call('GET', `${ZONE}/agent-services`));
  }

  async health(id: string): Promise<unknown> {
    return (await this.services()).find((each) => each['id'] === id)?.['health'];
  }
}

export const itemsOf = ({ body }: Answered): readonly Fields[] => body['items'] as readonly Fields[];

const idOf = ({ status, body, text }: Answered): string => {
  if (status !== 201) throw new Error(`nothing was made: ${text}`);
  return String(body['id']);
};

/** Status and code of a refusal. */
export const refusalOf = ({ status, body }: Answered): [number, unknown] => [status, body['error']];
