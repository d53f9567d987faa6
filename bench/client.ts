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

/** Keeps every connection busy with one piece of work after the other until `count` of them are done. */
export const share = async (
  connections: readonly Connection[],
  count: number,
  work: (connection: Connection, n: number) => Promise<void>,
): Promise<void> => {
  let begun = 0;
  const worker = async (connection: Connection) => {
    while (begun < count) {
      begun += 1;
      await work(connection, begun - 1);
    }
  };
  await Promise.all(connections.map(worker));
};

/** The answer to a request that must have this status. */
export const askFor = async (connection: Connection, asked: Asked, expected: number): Promise<Told> => {
  const told = await connection.ask(asked);
  if (told.status !== expected) throw new Error(`${told.status} instead of ${expected}: ${told.body}`);
  return told;
};

/** Keeps every connection busy until `requests` have been answered; `next` names the n-th request. */
export const load = async (
  connections: readonly Connection[],
  requests: number,
  next: (n: number) => Asked,
  expected: number,
  onTold: (told: Told, n: number) => void = () => {},
): Promise<LoadResult> => {
  const times: number[] = [];
  const startedAt = performance.now();
  await share(connections, requests, async (connection, n) => {
    const told = await askFor(connection, next(n), expected);
    times.push(told.ms);
    onTold(told, n);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: requests / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99), count: requests };
};

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const closeAll = (connections: readonly Connection[]): void => {
  for (const connection of connections) connection.close();
};
