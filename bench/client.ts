// A small HTTP/1.1 client for load: one request at a time on each kept-alive connection, as little work per answer as can
// be, so that the two cores go to the server. It understands what our server sends: a status line, Content-Length, a body.
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

export interface Told {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

export class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  #waiting: { resolve: (told: Told) => void; reject: (error: Error) => void; startedAt: number } | null = null;
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, head: string) {
    this.#socket = socket;
    this.#head = head;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('connection closed')));
  }

  static async open(port: number, token: string): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket, `host: bench\r\nauthorization: Bearer ${token}\r\n`);
  }

  ask({ method, path, body = '' }: Asked): Promise<Told> {
    const content =
      body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, startedAt: performance.now() };
      this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#head}${content}\r\n${body}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < headEnd + 4 + length) return;
    const body = this.#received.toString('utf8', headEnd + 4, headEnd + 4 + length);
    this.#received = Buffer.alloc(0);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), body, ms: performance.now() - waiting.startedAt });
  }
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

/** Keeps every connection busy until `requests` have been answered; `next` names the n-th request. */
export const load = async (
  connections: readonly Connection[],
  requests: number,
  next: (n: number) => Asked,
  expected: number,
  onTold: (told: Told, n: number) => void = () => {},
): Promise<LoadResult> => {
  const times: number[] = [];
  let asked = 0;
  const startedAt = performance.now();
  const work = async (connection: Connection) => {
    while (asked < requests) {
      const n = asked;
      asked += 1;
      const told = await connection.ask(next(n));
      if (told.status !== expected) throw new Error(`${told.status} instead of ${expected}: ${told.body}`);
      times.push(told.ms);
      onTold(told, n);
    }
  };
  await Promise.all(connections.map(work));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: requests / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99), count: requests };
};

const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);
