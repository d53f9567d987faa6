// The data directory that is damaged: several zones with live, suspended, ended and expired sessions, metadata, receipts
// and histories, in tables and in the log, with checkpoints and a tail after the last of them. It is taken as a killed
// process leaves it, once the head file knows of every change.
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readHeads } from '../../src/journal/head-file.ts';
import { World } from '../world/world.ts';
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
  readonly #ids: string[] = [];
  readonly #repeats: { key: string; body: object }[] = [];
  seq = 0;

  constructor(world: World, zone: string) {
    this.#world = world;
    this.zone = zone;
  }

  /** About twenty entries: trees, holds, an end, a session that soon expires. */
  async fill(stage: string): Promise<void> {
    const root = await this.#start({ labels: [stage], metadata: { stage, note: 'root '.repeat(8) } }, `${stage}-root`);
    const child = await this.#start({ parent_id: root, metadata: { stage, note: 'child' } }, `${stage}-child`);
    const held = await this.#start({ parent_id: root });
    await this.#start({ parent_id: held, metadata: { stage, deep: { er: [1, 2, 3] } } }, `${stage}-deep`);
    await this.#start({ ttl_seconds: SHORT_TTL_SECONDS, metadata: { stage, short: true } });
    const doomed = await this.#start({ metadata: { stage, note: 'doomed' } }, `${stage}-doomed`);
    await this.#start({ parent_id: doomed });
    await this.#call('PATCH', `/${held}/suspend`);
    await this.#call('PATCH', `/${root}/suspend`);
    await this.#call('PATCH', `/${root}/resume`);
    await this.#call('DELETE', `/${doomed}?reason=${stage}`);
    await this.#call('PATCH', `/${child}/suspend`);
  }

  async questions(): Promise<Question[]> {
    const token = await this.#token();
    const operator = await operatorTokenOf(this.#world.dir);
    const get = (path: string, bearer = token): Question => ({
      zone: this.zone,
      method: 'GET',
      path: `/zones/${this.zone}/agents${path}`,
      token: bearer,
    });
    const repeats = this.#repeats.map(({ key, body }): Question => {
      return { zone: this.zone, method: 'POST', path: `/zones/${this.zone}/agents`, token, key, body };
    });
    return [
      ...this.#ids.flatMap((id) => [get(`/${id}`), get(`/${id}/history`), get(`/${id}/children`)]),
      get(''),
      get('?limit=5', operator),
      get('?status=terminated'),
      get('?status=expired'),
      ...repeats,
    ];
  }

  async #start(fields: Readonly<Record<string, unknown>>, key?: string): Promise<string> {
    const body = { application_id: APPLICATION, ...fields };
    if (key !== undefined) this.#repeats.push({ key, body });
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    const answer = await this.#world.call('POST', `/zones/${this.zone}/agents`, body, {
      token: await this.#token(),
      headers,
    });
    if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
    this.#saw(answer.headers);
    const id = String(answer.body['agent_session_id']);
    this.#ids.push(id);
    return id;
  }

  async #call(method: string, path: string): Promise<void> {
    const options = { token: await this.#token() };
    const answer = await this.#world.call(method, `/zones/${this.zone}/agents${path}`, undefined, options);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    this.#saw(answer.headers);
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
