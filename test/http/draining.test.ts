// Open connections of a server that drains: each last answer says so, and no request is reset.
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { uuidIds } from '../../src/ids.ts';
import { listen, type Listener } from '../../src/http/connection/listener.ts';

const GRACE_MS = 5_000;
/** Longer than any of these tests: the moment does not end by itself. */
const LONG_MS = 60_000;
const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const EXPECTING = 'POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n';

/** One connection to a server whose answers the test gives. */
class Kept {
  readonly #listener: Listener;
  readonly #socket: Socket;
  readonly #requests: EventEmitter;
  #received = '';
  readonly closed: Promise<unknown>;

  private constructor(listener: Listener, requests: EventEmitter) {
    this.#listener = listener;
    this.#requests = requests;
    this.#socket = connect(listener.port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString()));
    this.closed = once(this.#socket, 'close');
  }

  static async open(idleDrainMs: number): Promise<Kept> {
    const settings = { host: '127.0.0.1', port: 0, requestTimeoutMs: 30_000, keepAliveTimeoutMs: 30_000 };
    const requests = new EventEmitter();
    const handler = (request: unknown, response: unknown) => requests.emit('request', response, request);
    return new Kept(await listen(handler, { ...settings, connectionsMax: 10, idleDrainMs }, uuidIds), requests);
  }

  /** Sends a request. Gives the answer that the server owes. */
  async ask(bytes = GET): Promise<ServerResponse> {
    const [response] = (await this.#asked(bytes)) as [ServerResponse];
    return response;
  }

  /** The same for one that waits to be asked for its body, which the server then does. */
  async askAndRead(): Promise<ServerResponse> {
    const [response, request] = (await this.#asked(EXPECTING)) as [ServerResponse, NodeJS.ReadableStream];
    request.resume();
    await this.received('100 Continue');
    return response;
  }

  async #asked(bytes: string): Promise<unknown[]> {
    const asked = once(this.#requests, 'request');
    this.send(bytes);
    return asked;
  }

  send(bytes: string): void {
    this.#socket.write(bytes);
  }

  async received(text: string): Promise<string> {
    while (!this.#received.includes(text)) await once(this.#socket, 'data');
    return this.#received;
  }

  /** The `Connection` header of each answer, in their order. */
  get connections(): (string | undefined)[] {
    const heads = this.#received.split('HTTP/1.1 ').filter((head) => head.startsWith('200'));
    return heads.map((head) => /^connection: (\S+)/im.exec(head)?.[1]);
  }

  drain(): Promise<void> {
    return this.#listener.close(GRACE_MS);
  }
}

describe('a connection to a server that drains', () => {
  it('is kept for a moment while idle, and its next answer is the last', async () => {
    const kept = await Kept.open(LONG_MS);
    (await kept.ask()).end('first');
    await kept.received('first');
    const drained = kept.drain();
    (await kept.ask()).end('second');
    await kept.closed;
    expect(kept.connections).to.deep.equal(['keep-alive', 'close']);
    await drained;
  });

  it('ends with the answer that it waited for when the drain began', async () => {
    const kept = await Kept.open(LONG_MS);
    const response = await kept.ask();
    const drained = kept.drain();
    response.end('first');
    await kept.closed;
    expect(kept.connections).to.deep.equal(['close']);
    await drained;
  });

  it('ends with the last of the answers that it waits for', async () => {
    const kept = await Kept.open(LONG_MS);
    const first = await kept.ask();
    const second = await kept.ask();
    const drained = kept.drain();
    const third = await kept.ask();
    for (const response of [second, first, third]) response.end('answer');
    await kept.closed;
    expect(kept.connections).to.deep.equal(['keep-alive', 'keep-alive', 'close']);
    await drained;
  });

  it('ends with the answer to a request that waited to send its body', async () => {
    const kept = await Kept.open(LONG_MS);
    const first = await kept.askAndRead();
    const drained = kept.drain();
    const second = await kept.ask(`{}${GET}`);
    for (const response of [first, second]) response.end('answer');
    await kept.closed;
    expect(kept.connections).to.deep.equal(['keep-alive', 'close']);
    await drained;
  });

  it('does not carry out requests after an answer with `Connection: close`', async () => {
    const kept = await Kept.open(LONG_MS);
    const response = await kept.ask();
    const drained = kept.drain();
    response.write('first');
    await kept.received('first');
    let isAsked = false;
    void kept.ask().then(() => (isAsked = true));
    response.end();
    await kept.closed;
    expect(isAsked).to.equal(false);
    await drained;
  });

  it('is closed once it was idle for a moment', async () => {
    const kept = await Kept.open(20);
    (await kept.ask()).end('first');
    await kept.received('first');
    await Promise.all([kept.drain(), kept.closed]);
    expect(kept.connections).to.deep.equal(['keep-alive']);
  });
});
