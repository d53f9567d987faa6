// The data directory that is damaged: several zones with live, suspended, ended and expired sessions, services, invocations
// that wait, run, overran and have ended, edges, a directory, metadata, receipts and histories, in tables and in the log, with checkpoints and
// a tail after the last of them. It is taken as a killed process leaves it, once the head file knows of every change.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHeads } from '../../../src/journal/head-file.ts';
import { World } from '../../world/world.ts';
import { until } from './server.ts';
import type { Question } from './served.ts';

const ZONES = ['z1', 'z2', 'z3'];
const APPLICATION = 'app-a';
const CHECKPOINT_EVERY = 15;
const SHORT_TTL_SECONDS = 60;

export interface Prepared {
  readonly now: number;
  readonly questions: readonly Question[];
  readonly fresh: Question & { readonly zone: string };
}

/** Fills `dir`, and says what can be asked of it. */
export const prepare = async (dir: string): Promise<Prepared> => {
  const world = await World.create({
    CHECKPOINT_EVERY_ENTRIES: String(CHECKPOINT_EVERY),
    CARACAL_COORDINATOR_TOKEN: '',
  });
  try {
    const zones = ZONES.map((zone) => new Filling(world, zone));
    for (const zone of zones) await zone.fill('early');
    world.clock.advance(SHORT_TTL_SECONDS * 1000);
    await world.restart();
    for (const zone of zones) await zone.fill('middle');
    for (const zone of zones) await zone.fill('late');
    const questions: Question[] = [{ zone: null, method: 'GET', path: '/.well-known/jwks.json', token: null }];
    for (const zone of zones) questions.push(...(await zone.questions()));
    await headsKnowAll(world.dir, zones);
    await cp(world.dir, dir, { recursive: true });
    const fresh = { zone: 'z1', method: 'GET', path: '/zones/z1/agents?limit=1', token: null } as const;
    return { now: world.clock.now(), questions, fresh };
  } finally {
    await world.destroy();
  }
};

class Filling {
  readonly #world: World;
  readonly zone: string;
  readonly #sessions: string[] = [];
  readonly #invocations: string[] = [];
  readonly #repeats: { path: string; key?: string; body: object }[] = [];
  seq = 0;

  constructor(world: World, zone: string) {
    this.#world = world;
    this.zone = zone;
  }

  async fill(stage: string): Promise<void> {
    await this.#fillSessions(stage);
    await this.#fillInvocations(stage);
    await this.#fillAuthority(stage);
  }

  /** About twelve entries: trees, holds, an end, a session that soon expires. */
  async #fillSessions(stage: string): Promise<void> {
    const root = await this.#start({ labels: [stage], metadata: { stage, note: 'root '.repeat(8) } }, `${stage}-root`);
    const child = await this.#start({ parent_id: root, metadata: { stage, note: 'child' } }, `${stage}-child`);
    const held = await this.#start({ parent_id: root });
    await this.#start({ parent_id: held, metadata: { stage, deep: { er: [1, 2, 3] } } }, `${stage}-deep`);
    await this.#start({ ttl_seconds: SHORT_TTL_SECONDS, metadata: { stage, short: true } });
    const doomed = await this.#start({ metadata: { stage, note: 'doomed' } }, `${stage}-doomed`);
    await this.#start({ parent_id: doomed });
    await this.#call('PATCH', `agents/${held}/suspend`);
    await this.#call('PATCH', `agents/${root}/suspend`);
    await this.#call('PATCH', `agents/${root}/resume`);
    await this.#call('DELETE', `agents/${doomed}?reason=${stage}`);
    await this.#call('PATCH', `agents/${child}/suspend`);
  }

  /** About as many: a service that is heard of, and invocations that wait, have ended, and overrun by the next stage. */
  async #fillInvocations(stage: string): Promise<void> {
    const host = await this.#start({ lifecycle: 'service' });
    const endpoint = { application_id: APPLICATION, endpoint_url: `https://${stage}.example/`, metadata: { stage } };
    const service = await this.#make('agent-services', endpoint, `${stage}-service`);
    await this.#call('POST', `agents/${host}/heartbeat`, { service_id: service, metadata: { load: 1 } });
    const invoke = async (name: string): Promise<string> => {
      const body = { service_id: service, method: 'run', params: { stage }, idempotency_key: `${stage}-${name}` };
      const id = await this.#make('invocations', body);
      this.#invocations.push(id);
      return id;
    };
    await invoke('waiting');
    const done = await invoke('done');
    await this.#call('PATCH', `invocations/${done}/start`);
    await this.#call('PATCH', `invocations/${done}/complete`, { status: 'failed', error: { code: 'busy' } });
    await this.#call('PATCH', `invocations/${done}/cancel`, { reason: stage });
    await this.#call('PATCH', `invocations/${await invoke('running')}/start`);
  }

  /** Edges that stand and that have lapsed, and rows of the directory that count and that were archived. */
  async #fillAuthority(stage: string): Promise<void> {
    const ends = [await this.#start({}), await this.#start({}), await this.#start({}), await this.#start({})] as const;
    const delegate = (source: string, target: string, fields: object, key?: string): Promise<string> => {
      const parties = { issuer_application_id: APPLICATION, receiver_application_id: APPLICATION };
      const terms = { resource_id: stage, scopes: ['read'], ttl_seconds: 86_400, ...fields };
      return this.#make(
        'delegations',
        { source_session_id: source, target_session_id: target, ...parties, ...terms },
        key,
      );
    };
    await delegate(ends[0], ends[1], { constraints: { max_hops: 2 } }, `${stage}-edge`);
    await delegate(ends[1], ends[2], { constraints: { ttl_seconds: 600 } });
    await delegate(ends[0], ends[2], { ttl_seconds: SHORT_TTL_SECONDS });
    const doomed = await delegate(ends[0], ends[3], {});
    await this.#call('PATCH', `delegations/${doomed}/revoke`);
    for (const name of [`${stage}-stays`, `${stage}-goes`]) {
      const row = { identifier: `urn:${name}`, application_id: APPLICATION, scopes: ['read'] };
      await this.#call('PUT', `resources/${name}`, row, {}, await operatorTokenOf(this.#world.dir));
    }
    await this.#call('DELETE', `resources/${stage}-goes`, undefined, {}, await operatorTokenOf(this.#world.dir));
  }

  async questions(): Promise<Question[]> {
    const token = await this.#token();
    const operator = await operatorTokenOf(this.#world.dir);
    const { zone } = this;
    const get = (path: string, bearer = token): Question => {
      return { zone, method: 'GET', path: `/zones/${zone}/${path}`, token: bearer };
    };
    const repeats = this.#repeats.map(({ path, key, body }): Question => {
      return { zone, method: 'POST', path: `/zones/${zone}/${path}`, token, body, ...(key !== undefined && { key }) };
    });
    const shown = (path: string): Question[] => [get(path), get(`${path}/history`)];
    return [
      ...this.#sessions.flatMap((id) => [...shown(`agents/${id}`), get(`agents/${id}/children`)]),
      ...this.#sessions
        .slice(-4)
        .flatMap((id) => [
          get(`delegations/inbound/${id}`),
          get(`delegations/outbound/${id}`),
          get(`agents/${id}/effective-authority`),
        ]),
      get('delegations/active', operator),
      get('resources', operator),
      ...this.#invocations.flatMap((id) => shown(`invocations/${id}`)),
      get('agents'),
      get('agents?limit=5', operator),
      get('agents?status=terminated'),
      get('agents?status=expired'),
      get('agent-services'),
      get('invocations'),
      get('invocations?status=canceled', operator),
      ...repeats,
    ];
  }

  async #start(fields: Readonly<Record<string, unknown>>, key?: string): Promise<string> {
    const id = await this.#make('agents', { application_id: APPLICATION, ...fields }, key);
    this.#sessions.push(id);
    return id;
  }

  /** With a key, in the header or in the body, it is asked again afterwards. */
  async #make(path: string, body: object, key?: string): Promise<string> {
    if (key !== undefined || 'idempotency_key' in body)
      this.#repeats.push({ path, body, ...(key !== undefined && { key }) });
    const made = await this.#call('POST', path, body, key === undefined ? {} : { 'idempotency-key': key });
    return String(made['agent_session_id'] ?? made['delegation_edge_id'] ?? made['id']);
  }

  async #call(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
    bearer?: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    const options = { token: bearer ?? (await this.#token()), headers };
    const answer = await this.#world.call(method, `/zones/${this.zone}/${path}`, body, options);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    this.#saw(answer.headers);
    return answer.body;
  }

  #saw(headers: Headers): void {
    this.seq = Number(headers.get('coordinator-seq'));
  }

  #token(): Promise<string> {
    return this.#world.token({ zone: this.zone, app: APPLICATION });
  }
}

const operatorTokenOf = async (dir: string): Promise<string> =>
  (await readFile(join(dir, 'operator-token'), 'utf8')).trim();

// The file is renewed within a second of a change; what was killed before that may lose a damaged tail unseen.
const headsKnowAll = (dir: string, zones: readonly Filling[]): Promise<unknown> =>
  until(
    () => readHeads(dir),
    (heads) => zones.every(({ zone, seq }) => heads?.get(zone)?.seq === seq),
  );
