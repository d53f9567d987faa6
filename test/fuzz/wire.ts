// A connection that sends whatever bytes it is given and takes apart what comes back as RFC 9112 says, so that an answer which
// is none shows.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Answered } from '../world/world.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e]*)$/;

/** The other side said what no HTTP server says. */
class NoHttp extends Error {}

export class Wire {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  /** Whether the bodies that are still to come belong to answers to HEAD. */
  #bodiless = false;
  #isOver = false;
  /** A stream has begun: all that comes is its content, up to the end of the connection. */
  #isStreaming = false;
  readonly answers: Answered[] = [];
  #problem: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.#isOver = true));
  }

  static async open(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  get isOver(): boolean {
    return this.#isOver || !this.#socket.writable;
  }

  /** The last answer of those that come to one request; null where the connection ends without it. */
  async ask(bytes: Buffer, isHead: boolean): Promise<Answered | null> {
    this.#bodiless = isHead;
    this.answers.length = 0;
    this.#socket.write(bytes);
    while (this.answers.length === 0 && !this.#isOver) await this.#change();
    this.#check();
    const [answer = null] = this.answers;
    if (answer?.headers.get('connection') === 'close' || isStream(answer)) this.destroy();
    return answer;
  }

  send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Waits for the first answer, or for nothing to come for `ms`. */
  async settled(ms: number): Promise<void> {
    const quiet = AbortSignal.timeout(ms);
    while (this.answers.length === 0 && !this.#isOver && !quiet.aborted) await this.#change(quiet);
    this.#check();
  }

  /** Sends no more, and takes what comes until the other side has closed too. */
  async ended(ms: number): Promise<readonly Answered[]> {
    this.#socket.end();
    const patience = AbortSignal.timeout(ms);
    while (!this.#isOver && !patience.aborted) await this.#change(patience);
    if (!this.#isOver) throw new NoHttp(`the connection was still open after ${ms} ms`);
    this.#check();
    if (this.#received.length > 0 && !isCut(this.#received)) throw new NoHttp('half an answer');
    return this.answers;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #check(): void {
    if (this.#problem) throw this.#problem;
  }

  async #change(signal?: AbortSignal): Promise<void> {
    const either = new AbortController();
    const signals = { signal: signal ? AbortSignal.any([either.signal, signal]) : either.signal };
    const changes = ['data', 'close', 'end'].map((event) => once(this.#socket, event, signals));
    await Promise.race(changes).catch(() => undefined);
    for (const each of changes) each.catch(() => undefined);
    either.abort();
    if (this.#socket.readableEnded) this.#socket.destroy();
    if (this.#socket.destroyed) this.#isOver = true;
  }

  #take(chunk: Buffer): void {
    if (this.#isStreaming) return;
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    try {
      for (let answer = this.#next(); answer; answer = this.#next())
        if (answer.status >= 200) this.answers.push(answer);
    } catch (error) {
      this.#problem = error as Error;
      this.#socket.destroy();
    }
  }

  #endFraming(): void {
    this.#isStreaming = true;
    this.#received = Buffer.alloc(0);
  }

  #next(): Answered | null {
    const end = this.#received.indexOf(HEAD_END);
    if (end === -1) return null;
    const { status, headers } = headOf(this.#received.toString('latin1', 0, end));
    const from = end + HEAD_END.length;
    const length = this.#bodiless || isStream({ headers }) ? 0 : lengthOf(status, headers);
    if (this.#received.length < from + length) return null;
    const text = this.#received.toString('utf8', from, from + length);
    this.#received = this.#received.subarray(from + length);
    if (isStream({ headers })) this.#endFraming();
    return { status, headers, text, body: bodyOf(headers, text) };
  }
}

const isStream = (answer: Pick<Answered, 'headers'> | null): boolean =>
  answer?.headers.get('content-type') === 'text/event-stream';

const headOf = (head: string): { status: number; headers: Headers } => {
  const [first = '', ...lines] = head.split('\r\n');
  const [, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new NoHttp(`the status line is ${JSON.stringify(first.slice(0, 200))}`);
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined) throw new NoHttp(`a header is ${JSON.stringify(line)}`);
    headers.append(name, value ?? '');
  }
  return { status: Number(status), headers };
};

/** RFC 9112, section 6.3. What has no length here is a stream. */
const lengthOf = (status: number, headers: Headers): number => {
  if (status < 200 || status === 204 || status === 304) return 0;
  const length = headers.get('content-length');
  if (length === null || !/^\d+$/.test(length)) throw new NoHttp(`${status} with the length ${length}`);
  return Number(length);
};

const bodyOf = (headers: Headers, text: string): Answered['body'] => {
  if (!headers.get('content-type')?.includes('json') || text === '') return {};
  return JSON.parse(text) as Answered['body'];
};

// An answer may be cut off by the end of its connection, which whoever asked has closed; it must have begun as one.
const isCut = (rest: Buffer): boolean => 'HTTP/1.1 '.startsWith(rest.toString('latin1', 0, 9));
