// The server under load: the built program in a process of its own, on a temporary data directory and a free port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { createOwnIssuer, type Grant } from '../src/auth/own-issuer.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig, type Environment } from '../src/config/config.ts';
import { Connection } from './client.ts';
import { inTemporaryFolder } from './temporary.ts';

export interface Process {
  readonly port: number;
  readonly pid: number;
  /** From spawn to the line that says where it listens, milliseconds. */
  readonly startedInMs: number;
  readonly stop: () => Promise<void>;
}

export interface Server extends Process {
  /** Kept-alive connections with a bearer of application `bench` in a zone. */
  connections(count: number, zone?: string): Promise<Connection[]>;
  /** A bearer of application `bench` in zone `z1` that says this beside. */
  mint(grant: Partial<Grant>): Promise<string>;
  readonly operatorToken: string;
}

const OPERATOR_TOKEN = 'operator-token-of-the-bench';

const ROOMY = {
  CARACAL_COORDINATOR_TOKEN: OPERATOR_TOKEN,
  MAX_AGENTS_PER_ZONE: '1000000',
  MAX_AGENTS_PER_APP: '1000000',
  MAX_AGENT_CHILDREN: '1000',
  MAX_AGENT_DEPTH: '100',
  COORDINATOR_RATE_LIMIT_PER_MIN: '0',
  INVOCATION_RATE_LIMIT_PER_MIN: '0',
  V1_RATE_LIMIT_PER_MIN: '0',
  VERIFY_RATE_LIMIT_PER_MIN: '0',
  READY_RATE_LIMIT_PER_MIN: '0',
};

// As `npm start` starts it.
const YOUNG = '--max-semi-space-size=64';

/** Starts a Node program that prints a `listening` line. Flags in `BENCH_NODE_FLAGS` go to it, for a profile. */
export const startProcess = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Process> => {
  const startedAt = performance.now();
  const flags = process.env['BENCH_NODE_FLAGS']?.split(' ') ?? [];
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [...flags, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await portOf(child);
  return {
    port,
    pid: child.pid ?? 0,
    startedInMs: performance.now() - startedAt,
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
};

/** Returns the `iss` of the build in `root`, which is a constant in builds that do not know `PUBLIC_URL`. */
const issuerOf = async (root: string, environment: Environment): Promise<string> => {
  const built = pathToFileURL(resolve(root, 'dist/src/auth/own-issuer.js')).href;
  const { OWN_ISSUER: constant } = (await import(built)) as { readonly OWN_ISSUER?: string };
  const read = readConfig({ ...process.env, ...environment });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return constant ?? read.config.publicUrl;
};

/** `root` is the checkout whose built program is started. */
export const startServer = async (
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
  root = '.',
): Promise<Server> => {
  const settings = { ...ROOMY, PORT: '0', DATA_DIR: dataDir, ...environment };
  const started = await startProcess([YOUNG, join(root, 'dist/src/main.js')], settings);
  const issuer = createOwnIssuer({ dataDir, issuer: await issuerOf(root, settings), clock: systemClock });
  const grant = { applicationId: 'bench', subject: 'bench', scope: 'agent:lifecycle', sid: 'user', ttlSeconds: 86_400 };
  const mint = (special: Partial<Grant>) => issuer.mint({ ...grant, zone: 'z1', now: systemClock.now(), ...special });
  return {
    ...started,
    operatorToken: OPERATOR_TOKEN,
    mint,
    connections: async (count, zone = 'z1') => {
      const token = await mint({ zone });
      return Promise.all(Array.from({ length: count }, () => Connection.open(started.port, token)));
    },
  };
};

/** Measures a server of its own, on a data directory that is gone afterwards. */
export const withServer = <T>(
  measure: (server: Server) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> =>
  inTemporaryFolder(async (dir) => {
    const server = await startServer(dir, environment);
    try {
      return await measure(server);
    } finally {
      await server.stop();
    }
  });

const portOf = async (child: ChildProcess): Promise<number> => {
  if (!child.stdout) throw new Error('the process has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return Number(new URL(url).port);
  }
  throw new Error('the process ended before it listened');
};
