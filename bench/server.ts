// The server under load: the built program in a process of its own, on a temporary data directory and a free port.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createOwnIssuer } from '../src/auth/own-issuer.ts';
import { systemClock } from '../src/clock.ts';
import { Connection } from './client.ts';

export interface Server {
  readonly port: number;
  /** From spawn to the line that says where it listens, milliseconds. */
  readonly startedInMs: number;
  /** Resident memory, bytes. */
  memory(): Promise<number>;
  connections(count: number, zone: string): Promise<Connection[]>;
  stop(): Promise<void>;
}

const UNLIMITED = { MAX_AGENTS_PER_ZONE: '1000000', MAX_AGENTS_PER_APP: '1000000', MAX_AGENT_CHILDREN: '1000', MAX_AGENT_DEPTH: '100' };

/** `memory()` needs a garbage collection to mean anything: `expose` starts the server with one on SIGUSR2. */
export const startServer = async (dataDir: string, environment: Readonly<Record<string, string>> = {}): Promise<Server> => {
  const startedAt = performance.now();
  const env = { ...process.env, ...UNLIMITED, PORT: '0', LOG_LEVEL: 'info', DATA_DIR: dataDir, ...environment };
  const child = spawn(process.execPath, [...(process.env['BENCH_NODE_FLAGS']?.split(' ') ?? []), 'dist/src/main.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await portOf(child);
  const issuer = createOwnIssuer({ dataDir, clock: systemClock });
  return {
    port,
    startedInMs: performance.now() - startedAt,
    memory: () => residentBytes(child),
    connections: async (count, zone) => {
      const token = await issuer.mint({ zone, applicationId: 'bench', subject: 'bench', scope: 'agent:lifecycle', sid: 'user', ttlSeconds: 86_400, now: systemClock.now() });
      return Promise.all(Array.from({ length: count }, () => Connection.open(port, token)));
    },
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
};

const portOf = async (child: ChildProcess): Promise<number> => {
  if (!child.stdout) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line) as { msg: string; url: string };
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return Number(new URL(url).port);
  }
  throw new Error('the server ended before it listened');
};

const residentBytes = async ({ pid }: ChildProcess): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
};
