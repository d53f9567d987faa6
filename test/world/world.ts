// The world of a test: the real coordinator on a free port, a real LevelDB in a temporary folder, tokens of its own issuer.
// Only time is a test's own. `restart` stops and starts it on the same folder.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startCoordinator, type Coordinator } from '../../src/app.ts';
import { createOwnIssuer } from '../../src/auth/own-issuer.ts';
import { readConfig, type Config } from '../../src/config/config.ts';
import { uuidIds } from '../../src/ids.ts';
import { createLogger } from '../../src/log.ts';
import { HandClock } from './clock.ts';
import { NO_RESERVE, UNLIMITED } from './unlimited.ts';
import { holdToDocument } from './documented.ts';

export interface TokenWish {
  readonly zone?: string;
  readonly app?: string;
  readonly scope?: string;
  readonly sid?: string | null;
  readonly sub?: string;
  readonly ttlSeconds?: number;
  readonly agentSessionId?: string;
}

export interface CallOptions {
  /** A bearer; none is sent for null. Default: a token of app-a in z1. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // What comes over the wire is looked at, not trusted.
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const NO_LOG = { write: () => undefined };

export const OPERATOR_TOKEN = 'operator-token-of-the-tests';

export class World {
  readonly clock: HandClock;
  readonly dir: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #log: Writable | undefined;
  #coordinator: Coordinator | null = null;
  #issuer = '';
  readonly #tokens = new Map<string, Promise<string>>();

  private constructor(dir: string, environment: Readonly<Record<string, string>>, log?: Writable) {
    this.dir = dir;
    this.#log = log;
    this.clock = new HandClock();
    this.#environment = environment;
  }

  /** `log` takes the lines of the log, which is silent unless `LOG_LEVEL` says otherwise. */
  static async create(environment: Readonly<Record<string, string>> = {}, log?: Writable): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'coordinator-')), environment, log);
    await world.start();
    return world;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const config = configOf({ ...this.#environment, ...environment, DATA_DIR: this.dir });
    this.#issuer = config.publicUrl;
    this.clock.begin();
    const destination = this.#log ?? NO_LOG;
    const log = createLogger({ level: config.logLevel, terminal: false, destination });
    this.#coordinator = await startCoordinator(config, { clock: this.clock, ids: uuidIds, log, idleDrainMs: 0 });
  }

  async stop(): Promise<void> {
    await this.#coordinator?.stop();
    this.#coordinator = null;
  }

  async restart(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.stop();
    await this.start(environment);
  }

  async destroy(): Promise<void> {
    await this.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  get url(): string {
    return this.#coordinator?.url ?? '';
  }

  /** The `iss` and `aud` of its own tokens. */
  get issuer(): string {
    return this.#issuer;
  }

  /** A bearer, the same for the same wish, valid for a day unless it says otherwise. */
  token({
    zone = 'z1',
    app = 'app-a',
    scope = '',
    sid = 'user-1',
    sub = 'tester',
    ttlSeconds = 86_400,
    agentSessionId,
  }: TokenWish = {}): Promise<string> {
    const wish = JSON.stringify([
      this.issuer,
      zone,
      app,
      scope,
      sid,
      sub,
      ttlSeconds,
      agentSessionId,
      this.clock.now(),
    ]);
    const known = this.#tokens.get(wish);
    if (known) return known;
    const { mint } = createOwnIssuer({ dataDir: this.dir, issuer: this.issuer, clock: this.clock });
    const token = mint({
      zone,
      applicationId: app,
      subject: sub,
      scope: `agent:lifecycle ${scope}`.trim(),
      sid,
      ttlSeconds,
      now: this.clock.now(),
      ...(agentSessionId === undefined ? {} : { agentSessionId }),
    });
    this.#tokens.set(wish, token);
    return token;
  }

  /** One real HTTP request, whose answer is held to the document. A body that is no string goes out as JSON. */
  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answered> {
    const token = options.token === undefined ? await this.token() : options.token;
    const headers = new Headers(options.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
    const payload = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(`${this.url}${path}`, { method, headers, ...payload });
    const isStream = response.headers.get('content-type') === 'text/event-stream';
    const content = isStream ? await beginningOf(response) : await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const answered = {
      status: response.status,
      headers: response.headers,
      text: content,
      body: isJson && content !== '' ? JSON.parse(content) : {},
    };
    holdToDocument(method, path, answered);
    return answered;
  }

  /** Bytes over a plain socket, for what no HTTP client would send; gives everything that comes back. */
  async raw(bytes: string): Promise<string> {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    socket.end(bytes);
    return text(socket);
  }

  /** Starts a session and gives its id. */
  async session(fields: Readonly<Record<string, unknown>> = {}, options: CallOptions = {}): Promise<string> {
    const answer = await this.call('POST', '/zones/z1/agents', { application_id: 'app-a', ...fields }, options);
    if (answer.status !== 201) throw new Error(`no session: ${answer.text}`);
    return String(answer.body['agent_session_id']);
  }
}

/** What comes first of a stream, which is then left: it has no end of its own. */
const beginningOf = async ({ body }: Response): Promise<string> => {
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return Buffer.from(first?.value ?? []).toString();
};

const configOf = (environment: Readonly<Record<string, string>>): Config => {
  const outcome = readConfig({
    PORT: '0',
    LOG_LEVEL: 'silent',
    CARACAL_COORDINATOR_TOKEN: OPERATOR_TOKEN,
    ...UNLIMITED,
    ...NO_RESERVE,
    ...environment,
  });
  if (!outcome.ok) throw new Error(outcome.problems.join('\n'));
  return outcome.config;
};
