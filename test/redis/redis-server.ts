// A real Redis on a free port and in a folder of its own, which writes down every command (`appendonly`), so that it can be
// killed and started again; and what consumers would read in it. Where no Redis is installed, tests say so and are skipped.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { TOPICS } from '../../src/zone/messages/messages.ts';

export const CURSORS = 'caracal.coordinator.cursors';

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A message in a stream: its fields. */
export type Fields = Readonly<Record<string, string>>;

export class RedisServer {
  readonly port: number;
  readonly #dir: string;
  readonly #args: readonly string[];
  #child: ChildProcess | null = null;
  #client: Redis | null = null;

  private constructor(port: number, dir: string, args: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#args = args;
  }

  /** One that has yet to be started. */
  static async prepare(...args: string[]): Promise<RedisServer> {
    return new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'coordinator-redis-')), args);
  }

  static async start(...args: string[]): Promise<RedisServer> {
    const server = await RedisServer.prepare(...args);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#dir];
    const child = spawn('redis-server', [...where, '--save', '', '--appendonly', 'yes', ...this.#args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('Ready to accept connections')) break;
    }
    child.stdout.resume();
  }

  /** As a power cut would end it, but for what the system has yet to write. */
  async kill(): Promise<void> {
    this.#client?.disconnect();
    this.#client = null;
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    await over;
    running.delete(child);
  }

  /** It takes what it is sent and does nothing with it, until it is to go on. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Starts again with nothing in it. */
  async replace(): Promise<void> {
    await this.kill();
    await rm(join(this.#dir, 'appendonlydir'), { recursive: true, force: true });
    await this.start();
  }

  async destroy(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }

  get client(): Redis {
    if (!this.#client) {
      this.#client = new Redis(this.url, { protocol: 2 });
      // What it cannot ask it asks again.
      this.#client.on('error', () => {});
    }
    return this.#client;
  }

  /** Everything in a stream, oldest first. */
  async messages(stream: string): Promise<Fields[]> {
    const entries = await this.client.xrange(stream, '-', '+');
    return entries.map(([, flat]) => Object.fromEntries(pairs(flat)));
  }

  /** Everything in all streams, by stream. */
  async everything(): Promise<Record<string, Fields[]>> {
    const all: Record<string, Fields[]> = {};
    for (const topic of TOPICS) all[topic] = await this.messages(topic);
    return all;
  }

  async cursor(zone: string): Promise<string | null> {
    return this.client.hget(CURSORS, zone);
  }
}

export const redisIsHere = (): boolean => spawnSync('redis-server', ['--version']).error === undefined;

/** To be called in a `before` of mocha. */
export const needRedis = (context: Mocha.Context): void => {
  if (redisIsHere()) return;
  process.stdout.write('      skipped: there is no redis-server on this machine\n');
  context.skip();
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as [string, string]] : []));
