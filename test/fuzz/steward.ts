// Keeps the zones of a run as they have to be for it to mean something: populated while it goes on, and empty and asleep when
// its memory is weighed.
import { OPERATOR_TOKEN, type Answered } from '../world/world.ts';
import type { Coordinator } from './coordinator.ts';
import { Known, LISTS } from './known.ts';

/** Sessions and, among them, services that each zone has whenever it is looked at. */
const SESSIONS_MIN = 40;
const WORKERS_MIN = 5;
/** Sessions looked up at a time when everything is ended. */
const ENDED_AT_A_TIME = 100;
const MINUTE_MS = 60_000;
const LOOKS_MAX = 500;
const HALF_DAYS_UNTIL_FORGOTTEN = 6;

export interface Tokens {
  readonly admin: string;
  readonly plain: string;
  readonly operator: string;
}

export interface Tended {
  readonly known: Known;
  readonly tokens: Tokens;
}

const ADMIN_SCOPES = [
  'agent:lifecycle',
  'coordinator.admin',
  'coordinator.delegate_broad',
  ...['spawn_for', 'spawn_under', 'delegate_from', 'delegate_to', 'invoke_from'].flatMap((verb) =>
    ['app-a', 'app-b', 'dir-1', 'dir-2', 'dir-3', 'dir-4'].map((app) => `coordinator.${verb}:${app}`),
  ),
].join(' ');

type Ask = (bytes: Buffer) => Promise<Answered | null>;
type Item = Readonly<Record<string, unknown>>;

export class Steward {
  readonly #coordinator: Coordinator;
  readonly #ask: Ask;
  readonly #zones = new Map<string, Tended>();

  constructor(coordinator: Coordinator, ask: Ask) {
    this.#coordinator = coordinator;
    this.#ask = ask;
  }

  async add(zone: string): Promise<void> {
    const grant = { zone, applicationId: 'app-a', sid: 'user-1' };
    const tokens = {
      admin: await this.#coordinator.mint({ ...grant, scope: ADMIN_SCOPES }),
      plain: await this.#coordinator.mint({ ...grant, scope: 'agent:lifecycle' }),
      operator: OPERATOR_TOKEN,
    };
    this.#zones.set(zone, { known: new Known(), tokens });
  }

  of(zone: string): Tended {
    const tended = this.#zones.get(zone);
    if (!tended) throw new Error(`nobody tends ${zone}`);
    return tended;
  }

  /** Learns what there is, and starts sessions where there are few. */
  async tend(): Promise<void> {
    for (const [zone, { known, tokens }] of this.#zones) {
      for (const [kind, path, field] of LISTS) {
        const ids = (await this.#items(zone, path)).map((item) => String(item[field]));
        known.refresh(kind, ids);
      }
      for (let more = known.count('session'); more < SESSIONS_MIN; more += 1) {
        const lifecycle = known.count('worker') < WORKERS_MIN ? 'service' : 'task';
        const body = { application_id: 'app-a', lifecycle };
        known.learn('startSession', await this.#must('POST', `/zones/${zone}/agents`, tokens.admin, body));
      }
    }
  }

  /** Ends everything, lets what has ended be forgotten, waits until every zone sleeps, and weighs what is left: bytes. */
  async weigh(): Promise<number> {
    for (const zone of this.#zones.keys()) {
      for (const status of ['active', 'suspended']) while ((await this.#end(zone, status)) > 0);
    }
    for (let half = 0; half < HALF_DAYS_UNTIL_FORGOTTEN; half += 1)
      await this.#coordinator.advance(12 * 60 * MINUTE_MS);
    while ((await this.#awake()) > 0) await this.#coordinator.advance(MINUTE_MS);
    await this.#unfollowed();
    return this.#coordinator.heap();
  }

  /** Every stream was left after its beginning: the coordinator has to notice. */
  async #unfollowed(): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
      const { text } = await this.#must('GET', '/metrics', OPERATOR_TOKEN);
      if (/^coordinator_event_subscribers 0$/m.test(text)) return;
    }
    throw new Error('streams are kept that nobody reads');
  }

  async #awake(): Promise<number> {
    return Number((await this.#must('GET', '/ready', OPERATOR_TOKEN)).body['zones_awake']);
  }

  async #end(zone: string, status: string): Promise<number> {
    const sessions = await this.#items(zone, `agents?status=${status}&limit=${ENDED_AT_A_TIME}`);
    for (const { agent_session_id: id } of sessions) {
      await this.#must('DELETE', `/zones/${zone}/agents/${String(id)}`, OPERATOR_TOKEN);
    }
    return sessions.length;
  }

  async #items(zone: string, path: string): Promise<readonly Item[]> {
    const { body } = await this.#must('GET', `/zones/${zone}/${path}`, OPERATOR_TOKEN);
    return (body['items'] as readonly Item[] | undefined) ?? [];
  }

  async #must(method: string, path: string, token: string, body?: object): Promise<Answered> {
    const content = body === undefined ? '' : JSON.stringify(body);
    const framing = `content-type: application/json\r\ncontent-length: ${content.length}\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\nhost: fuzz\r\nauthorization: Bearer ${token}\r\n`;
    const answer = await this.#ask(Buffer.from(`${head}${content === '' ? '' : framing}\r\n${content}`));
    if (!answer || answer.status >= 500) throw new Error(`${method} ${path} was answered ${answer?.status}`);
    return answer;
  }
}
