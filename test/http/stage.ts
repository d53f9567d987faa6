// Where the story of the examples takes place: a zone in which everything exists that an example names. A test writes its
// request with the names of the examples and the stage puts the real ones in their place.
import { EXAMPLE } from '../../src/schemas/examples.ts';
import { OPERATOR_TOKEN, type Answered, type World } from '../world/world.ts';

const { application, subjectSession, resource } = EXAMPLE;
let zones = 0;

/** An edge in addition to the one of the examples. */
export const OTHER_EDGE = 'other-edge-of-the-stage';

export interface Request {
  readonly method: string;
  /** With its query string. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token: Bearer;
}

/** Whose bearer: a token of the application with these further scopes, the operator's, one of another zone, or none. */
export type Bearer = { readonly scope: string } | 'application' | 'operator' | 'elsewhere' | 'nobody';

/** Where a path or a query string names the zone. */
const NAMES_ZONE = new RegExp(`(?<=^/zones/|[?&]zone=)${EXAMPLE.zone}(?![\\w.:-])`);

export class Stage {
  readonly #world: World;
  readonly #zone: string;
  readonly #names = new Map<string, string>();

  private constructor(world: World, zone: string) {
    this.#world = world;
    this.#zone = zone;
  }

  /** A zone with nothing in it. */
  static async empty(world: World): Promise<Stage> {
    zones += 1;
    const stage = new Stage(world, `stage-${zones}`);
    stage.#names.set(EXAMPLE.token, (await stage.#bearer('application')) ?? '');
    return stage;
  }

  static async set(world: World): Promise<Stage> {
    const stage = await Stage.empty(world);
    await stage.#register();
    await stage.#populate();
    return stage;
  }

  async send({ method, path, body, headers = {}, token }: Request): Promise<Answered> {
    const inZone = path.replace(NAMES_ZONE, this.#zone);
    const payload = typeof body === 'object' ? JSON.parse(this.#real(JSON.stringify(body))) : body;
    const options = { token: await this.#bearer(token), headers };
    return this.#world.call(method, this.#real(inZone), payload, options);
  }

  #real(text: string): string {
    let real = text.replaceAll(`"zone_id":"${EXAMPLE.zone}"`, `"zone_id":"${this.#zone}"`);
    for (const [name, id] of this.#names) real = real.replaceAll(name, id);
    return real;
  }

  async #bearer(wish: Bearer): Promise<string | null> {
    if (wish === 'nobody') return null;
    if (wish === 'operator') return OPERATOR_TOKEN;
    const zone = wish === 'elsewhere' ? 'elsewhere' : this.#zone;
    const scope = typeof wish === 'object' ? wish.scope : '';
    return this.#world.token({ zone, app: application, sid: subjectSession, scope });
  }

  async #register(): Promise<void> {
    const put = (path: string, body: object) =>
      this.#must({ method: 'PUT', path: `/zones/z1/${path}`, body, token: 'operator' });
    await put(`applications/${application}`, { registration_method: 'managed' });
    await put(`subject-sessions/${subjectSession}`, { session_type: 'user', expires_at: EXAMPLE.until });
    const facts = { identifier: EXAMPLE.identifier, application_id: application, scopes: ['read', 'write'] };
    await put(`resources/${resource}`, facts);
  }

  async #populate(): Promise<void> {
    const session = (fields: object = {}) => this.#make('agents', 'agent_session_id', fields);
    this.#names.set(EXAMPLE.session, await session());
    this.#names.set(EXAMPLE.child, await session({ parent_id: EXAMPLE.session }));
    this.#names.set(EXAMPLE.worker, await session({ lifecycle: 'service' }));
    const endpoint = { endpoint_url: 'https://flights.example/agent' };
    this.#names.set(EXAMPLE.service, await this.#make('agent-services', 'id', endpoint));
    const call = { service_id: EXAMPLE.service, source_session_id: EXAMPLE.session, method: 'search' };
    this.#names.set(EXAMPLE.invocation, await this.#make('invocations', 'id', { ...call, idempotency_key: 'stage' }));
    const edge = { source_session_id: EXAMPLE.session, target_session_id: EXAMPLE.child, resource_id: resource };
    const parties = { issuer_application_id: application, receiver_application_id: application, ttl_seconds: 600 };
    const delegate = (fields: object) => this.#make('delegations', 'delegation_edge_id', { ...parties, ...fields });
    this.#names.set(EXAMPLE.edge, await delegate(edge));
    this.#names.set(OTHER_EDGE, await delegate({ ...edge, target_session_id: EXAMPLE.worker }));
  }

  async #make(path: string, idField: string, fields: object): Promise<string> {
    const body = { application_id: application, ...fields };
    const made = await this.#must({ method: 'POST', path: `/zones/z1/${path}`, body, token: 'application' });
    return String(made.body[idField]);
  }

  async #must(request: Request): Promise<Answered> {
    const answered = await this.send(request);
    if (answered.status >= 300) throw new Error(`${request.method} ${request.path}: ${answered.text}`);
    return answered;
  }
}
