// The built server as a process of its own, and connections to it. Everything here waits for something that can be seen
// (a line of the log, an exit, an answer), and every process that was started is ended with the tests, however they end.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createOwnIssuer } from '../../../src/auth/own-issuer.ts';
import { systemClock } from '../../../src/clock.ts';
import { OWN_ISSUER } from '../../world/own-issuer.ts';
import { NO_RESERVE, UNLIMITED } from '../../world/unlimited.ts';

const PROJECT = join(import.meta.dirname, '../../..');
const MAIN = join(PROJECT, 'dist/src/main.js');
const VERIFY = join(PROJECT, 'scripts/verify.ts');
const REPLAY = join(PROJECT, 'scripts/replay.ts');

const POLL_MS = 20;

export const OPERATOR_TOKEN = 'operator-token-of-the-process-tests';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

type LogLine = Readonly<Record<string, unknown>>;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  #onLine: () => void = () => {};
  #stderr = '';
  readonly exited: Promise<Exit>;
  url = '';

  private constructor(environment: Readonly<Record<string, string>>, descriptorsMax?: number) {
    const env = {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      CARACAL_COORDINATOR_TOKEN: OPERATOR_TOKEN,
      ...NO_RESERVE,
      ...UNLIMITED,
    };
    const command = [process.execPath, MAIN];
    const limited = ['bash', '-c', `ulimit -n ${descriptorsMax}; exec "$@"`, 'bash', ...command];
    const [file = '', ...args] = descriptorsMax === undefined ? command : limited;
    this.#child = spawn(file, args, {
      env: { ...env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this.#child);
    this.exited = this.#watch();
  }

  /** A process that has just been started and may not listen yet, or ever. */
  static launch(environment: Readonly<Record<string, string>>): ServerProcess {
    return new ServerProcess(environment);
  }

  /** A process that listens. Rejects with what it said on standard error when it exits instead. */
  static async start(environment: Readonly<Record<string, string>>, descriptorsMax?: number): Promise<ServerProcess> {
    const server = new ServerProcess(environment, descriptorsMax);
    server.url = String((await server.logged('listening'))['url']);
    return server;
  }

  /** Everything that was logged so far. */
  get log(): readonly LogLine[] {
    return this.#lines;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line of the log with that message, now or once it is written. */
  async logged(message: string): Promise<LogLine> {
    const seen = new Promise<LogLine>((resolve) => {
      this.#onLine = () => {
        const line = this.#lines.find(({ msg }) => msg === message);
        if (line) resolve(line);
      };
    });
    this.#onLine();
    const unseen = this.exited.then(({ code, signal, stderr }) => {
      throw new Error(`the server exited (${code ?? signal}) before it logged "${message}": ${stderr}`);
    });
    return Promise.race([seen, unseen]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  async #watch(): Promise<Exit> {
    const { stdout, stderr } = this.#child;
    stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    if (stdout) createInterface(stdout).on('line', (line) => this.#note(line));
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
    running.delete(this.#child);
    return { code, signal, stderr: this.#stderr };
  }

  #note(line: string): void {
    this.#lines.push(JSON.parse(line) as LogLine);
    this.#onLine();
  }
}

/** What an answer carries; `body` is null where there is none. What comes over the wire is looked at, not trusted. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [field: string]: unknown } | null;
}

export interface Sending {
  readonly token?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One kept-alive connection: one request at a time, and none is ever sent twice. */
export class Connection {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(url: string) {
    this.#url = url;
  }

  /** Rejects when the connection breaks before the whole answer is there. */
  call(method: string, path: string, { token, body, headers = {} }: Sending = {}): Promise<Answered> {
    const payload = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const sent = {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(`${this.#url}${path}`, { method, agent: this.#agent, headers: sent }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: text === '' ? null : (JSON.parse(text) as Answered['body']),
          });
        });
      });
      outgoing.once('error', reject);
      outgoing.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A bearer of the server's own issuer. The server need not run. */
export const mintToken = (dataDir: string, zone: string, applicationId: string): Promise<string> =>
  createOwnIssuer({ dataDir, issuer: OWN_ISSUER, clock: systemClock }).mint({
    zone,
    applicationId,
    subject: 'tester',
    scope: 'agent:lifecycle',
    sid: 'user-1',
    ttlSeconds: 86_400,
    now: systemClock.now(),
  });

/** Longer than any wait of a test. Mocha does not stop a timed-out test, whose server would then keep running. */
const UNTIL_MS_MAX = 120_000;

/** Polls until the answer is the expected one; throws after `UNTIL_MS_MAX`. */
export const until = async <T>(look: () => Promise<T>, isWanted: (seen: T) => boolean): Promise<T> => {
  const endsAt = performance.now() + UNTIL_MS_MAX;
  for (;;) {
    const seen = await look();
    if (isWanted(seen)) return seen;
    if (performance.now() > endsAt) throw new Error(`timed out; last answer: ${JSON.stringify(seen)}`);
    await pause(POLL_MS);
  }
};

/** `npm run verify` with these arguments. */
export const verify = (...args: string[]): Promise<Ran> => ran(VERIFY, args);

export const replay = (...args: string[]): Promise<Ran> => ran(REPLAY, args);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ran = (script: string, args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', script, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

// A test that failed leaves its server running, and mocha would wait for it.
const endServers = async (): Promise<void> => {
  for (const child of running) child.kill('SIGKILL');
  await Promise.all([...running].map((child) => once(child, 'close')));
};

/** Runs a test in a folder of its own, which is removed afterwards, and so are the servers that it left running. */
export const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'coordinator-process-'));
  try {
    await work(folder);
  } finally {
    await endServers();
    await rm(folder, { recursive: true, force: true });
  }
};
