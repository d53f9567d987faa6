// The process under fuzz as the run sees it: orders, what it logged as wrong, and whether it still lives.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createOwnIssuer, type Grant } from '../../src/auth/own-issuer.ts';
import { OWN_ISSUER } from '../world/own-issuer.ts';
import type { Order, Started } from './server.ts';

/** Small enough that what is not given back ends the process within a run, MiB. */
const HEAP_MIB_MAX = 192;
const LOGGED_LINES_MAX = 20;

const ENVIRONMENT = {
  LOG_LEVEL: 'error',
  MAX_AGENTS_PER_ZONE: '400',
  MAX_AGENT_DEPTH: '4',
  COORDINATOR_BODY_LIMIT_BYTES: '65536',
  REQUEST_TIMEOUT_MS: '3000',
  CHECKPOINT_EVERY_ENTRIES: '200',
  ZONE_IDLE_SECONDS: '60',
  SESSION_RETENTION_DAYS: '1',
  DELEGATION_RETENTION_DAYS: '1',
  INVOCATION_RETENTION_DAYS: '1',
  IDEMPOTENCY_RETENTION_SECONDS: '86400',
};

export class Coordinator {
  readonly #child: ChildProcess;
  readonly url: string;
  readonly dir: string;
  readonly #logged: string[] = [];
  readonly #gone: Promise<never>;
  #end: string | null = null;
  now: number;

  private constructor(child: ChildProcess, { url, dir, now }: Started) {
    this.#child = child;
    this.url = url;
    this.dir = dir;
    this.now = now;
    this.#gone = new Promise((_, reject) => {
      child.once('exit', (code, signal) => {
        this.#end = `the process ended (${signal ?? code})`;
        reject(new Error(this.#end));
      });
    });
    this.#gone.catch(() => undefined);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => this.#note(chunk));
  }

  static async start(): Promise<Coordinator> {
    const child = fork(join(import.meta.dirname, 'server.ts'), [], {
      execArgv: ['--import', 'tsx', '--expose-gc', `--max-old-space-size=${HEAP_MIB_MAX}`],
      env: { ...process.env, FUZZ_ENVIRONMENT: JSON.stringify(ENVIRONMENT) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const [started] = (await once(child, 'message')) as [Started];
    return new Coordinator(child, started);
  }

  /** What it logged as an error, and that it has ended, if it has. */
  get complaints(): readonly string[] {
    return this.#end === null ? this.#logged : [this.#end, ...this.#logged];
  }

  mint(grant: Omit<Grant, 'now' | 'subject' | 'ttlSeconds'>): Promise<string> {
    const clock = { now: () => this.now };
    const ttlSeconds = 10 * 365 * 24 * 3600;
    const issuer = createOwnIssuer({ dataDir: this.dir, issuer: OWN_ISSUER, clock });
    return issuer.mint({ ...grant, subject: 'fuzz', ttlSeconds, now: this.now });
  }

  async advance(advanceMs: number): Promise<void> {
    this.now = await this.#order({ advanceMs });
  }

  /** Bytes in use once garbage was collected. */
  heap(): Promise<number> {
    return this.#order('heap');
  }

  /** Stops it as an operator would; its data directory stays until `destroy`. */
  async stop(): Promise<void> {
    if (this.#end !== null) return;
    const ended = once(this.#child, 'exit');
    await this.#order('stop');
    await ended;
    if (this.#child.exitCode === 0) this.#end = null;
  }

  async destroy(): Promise<void> {
    this.#child.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }

  async #order(order: Order): Promise<number> {
    if (this.#end !== null) throw new Error(this.#end);
    this.#child.send(order);
    const [answer] = (await Promise.race([once(this.#child, 'message'), this.#gone])) as [number];
    return answer;
  }

  #note(chunk: Buffer): void {
    if (this.#logged.length < LOGGED_LINES_MAX) this.#logged.push(chunk.toString());
  }
}
