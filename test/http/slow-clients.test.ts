// Clients that are slow, or send what is no HTTP: each ends in a bounded time, with an answer where HTTP has room for one, and
// the others are served meanwhile. What is measured here is Node's own time, so the limits of the configuration are short.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { uuidIds } from '../../src/ids.ts';
import { listen } from '../../src/http/connection/listener.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';
const REQUEST_TIMEOUT_MS = 400;

/** A connection of its own, and all that came back over it. */
class Wire {
  readonly #socket: Socket;
  #received = '';
  readonly #closed: Promise<unknown>;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('data', (chunk: Buffer) => (this.#received += chunk.toString()));
    this.#socket.on('error', () => undefined);
    this.#closed = once(this.#socket, 'close');
  }

  send(bytes: string): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Sends a byte now and then until the other side has had enough. */
  async trickle(bytes: string): Promise<string> {
    let sent = 0;
    const timer = setInterval(() => this.send(bytes[sent++ % bytes.length] ?? ''), 20);
    try {
      return await this.ended();
    } finally {
      clearInterval(timer);
    }
  }

  /** Everything that came back until the connection was closed. */
  async ended(): Promise<string> {
    await this.#closed;
    return this.#received;
  }

  /** What has come back once it holds `text`. */
  async received(text: string): Promise<string> {
    while (!this.#received.includes(text)) await once(this.#socket, 'data');
    return this.#received;
  }

  end(): void {
    this.#socket.destroy();
  }
}

/** Status codes of the answers, in their order. */
const statusesIn = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));

const expectRefusal = (received: string, status: number, code: string): void => {
  expect(statusesIn(received)).to.deep.equal([status]);
  expect(received).to.match(/^connection: close\r$/im);
  const [head = '', body = ''] = received.split('\r\n\r\n');
  expect(head).to.contain(`Content-Length: ${Buffer.byteLength(body)}`);
  expect(JSON.parse(body)).to.include({ error: code }).and.to.have.all.keys('error', 'error_description', 'requestId');
};

describe('a client', () => {
  let world: World;
  let post: string;
  before(async () => {
    world = await World.create({
      REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
      KEEP_ALIVE_TIMEOUT_MS: '300',
      COORDINATOR_BODY_LIMIT_BYTES: '20000',
    });
    const bearer = `authorization: Bearer ${await world.token()}`;
    post = `POST ${AGENTS} HTTP/1.1\r\nhost: x\r\n${bearer}\r\ncontent-type: application/json\r\n`;
  });
  after(() => world.destroy());

  const open = () => new Wire(world.url);

  /** Served all the while that something else goes on. */
  const whileServed = async (act: () => Promise<string>): Promise<string> => {
    const other = { isOver: false };
    const acting = act().finally(() => (other.isOver = true));
    let served = 0;
    while (!other.isOver) {
      expect((await world.call('GET', AGENTS)).status).to.equal(200);
      served += 1;
    }
    expect(served).to.be.greaterThan(0);
    return acting;
  };

  describe('that is slow', () => {
    it('with its headers is told so', async () => {
      const wire = open();
      wire.send('GET /health HTTP/1.1\r\nhost: x\r\n');
      expectRefusal(await whileServed(() => wire.trickle('x-slow: 1\r\n')), 408, 'request_timeout');
    });

    it('to send anything at all is told so', async () => {
      const wire = open();
      expectRefusal(await whileServed(() => wire.ended()), 408, 'request_timeout');
    });

    it('with its body is told so, and nothing comes of it', async () => {
      const { length } = (await world.call('GET', AGENTS)).body['items'] as unknown[];
      const wire = open();
      wire.send(`${post}content-length: 2000\r\n\r\n`);
      expectRefusal(await whileServed(() => wire.trickle('{"application_id":"app-a"}')), 408, 'request_timeout');
      expect((await world.call('GET', AGENTS)).body['items']).to.have.length(length);
    });

    it('to end a chunked body is told so', async () => {
      const wire = open();
      wire.send(`${post}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`);
      expectRefusal(await whileServed(() => wire.ended()), 408, 'request_timeout');
    });

    it('in many connections at once keeps nobody out', async () => {
      const wires = Array.from({ length: 200 }, open);
      for (const wire of wires) wire.send('GET /health HTTP/1.1\r\nhost: ');
      await whileServed(async () => {
        for (const wire of wires) expectRefusal(await wire.ended(), 408, 'request_timeout');
        return '';
      });
    });

    it('to send the body of what was refused is left without another answer', async () => {
      const wire = open();
      wire.send('POST /nowhere HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n');
      expect(statusesIn(await whileServed(() => wire.trickle('{}')))).to.deep.equal([404]);
    });

    it('to ask again is let go without a word', async () => {
      const wire = open();
      wire.send('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
      expect(statusesIn(await whileServed(() => wire.ended()))).to.deep.equal([200]);
    });
  });

  describe('that sends too much', () => {
    it('of headers is told so, even while it goes on', async () => {
      const wire = open();
      wire.send(`GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(1_000_000)}\r\n\r\n`);
      expectRefusal(await whileServed(() => wire.ended()), 431, 'headers_too_large');
    });

    it('of a body is told so before the body is read', async () => {
      const wire = open();
      wire.send(`${post}content-length: 20001\r\n\r\n`);
      expect(statusesIn(await wire.received('payload_too_large'))).to.deep.equal([413]);
      expect(statusesIn(await wire.ended()), 'and nothing more').to.deep.equal([413]);
    });

    it('of a chunked body is told so as soon as it is too much', async () => {
      const wire = open();
      wire.send(`${post}transfer-encoding: chunked\r\n\r\nffff\r\n${'x'.repeat(20_001)}`);
      expect(statusesIn(await wire.received('payload_too_large'))).to.deep.equal([413]);
      expect(statusesIn(await wire.ended())).to.deep.equal([413]);
    });
  });

  describe('that sends what is no HTTP', () => {
    for (const [what, bytes] of [
      ['words', 'nonsense\r\n\r\n'],
      ['a TLS greeting', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n'],
      ['two lengths', 'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
      [
        'a length and chunks',
        'POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
    ] as const) {
      it(`but ${what} is told so`, async () => {
        const wire = open();
        wire.send(bytes);
        expectRefusal(await wire.ended(), 400, 'invalid_request');
      });
    }

    for (const [what, head] of [
      ['no host', 'GET /health HTTP/1.1\r\n'],
      ['two hosts', 'GET /health HTTP/1.1\r\nhost: x\r\nHOST: y\r\n'],
      ['an address that is none', 'GET http://[::1 HTTP/1.1\r\nhost: x\r\n'],
      ['an address of another kind', 'GET ftp://x/health HTTP/1.1\r\nhost: x\r\n'],
    ] as const) {
      it(`but ${what} is told so, after what it asked before`, async () => {
        const wire = open();
        wire.send(`GET /health HTTP/1.1\r\nhost: x\r\n\r\n${head}\r\n`);
        const received = await wire.ended();
        expect(statusesIn(received)).to.deep.equal([200, 400]);
        expectRefusal(received.slice(received.indexOf('HTTP/1.1 400')), 400, 'invalid_request');
      });
    }

    it('but the whole address, as a proxy does, is answered as for the path', async () => {
      const wire = open();
      wire.send('GET http://other.example/zones?x HTTP/1.1\r\nhost: x\r\n\r\nGET HTTP://y/health HTTP/1.0\r\n\r\n');
      expect(statusesIn(await wire.ended())).to.deep.equal([404, 200]);
    });

    it('within a chunked body is told so', async () => {
      const wire = open();
      wire.send(`${post}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\nnot a length\r\n`);
      expectRefusal(await wire.ended(), 400, 'invalid_request');
    });

    it('behind a request gets the answer of that first', async () => {
      const wire = open();
      const body = '{"application_id":"app-a","labels":["kept"]}';
      wire.send(`${post}content-length: ${body.length}\r\n\r\n${body}nonsense\r\n\r\n`);
      const received = await whileServed(() => wire.ended());
      expect(statusesIn(received)).to.deep.equal([201, 400]);
      expect(received).to.contain('"error":"invalid_request"');
    });

    it('behind several requests gets every answer in its order', async () => {
      const wire = open();
      const health = 'GET /health HTTP/1.1\r\nhost: x\r\n\r\n';
      const create = `${post}content-length: 26\r\n\r\n{"application_id":"app-a"}`;
      wire.send(`${health}${create}GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n${create}\u0000\u0001`);
      expect(statusesIn(await wire.ended())).to.deep.equal([200, 201, 404, 201, 400]);
    });
  });

  it('that leaves in the middle of a body, before it has the answer it waits for, has met no error of ours', async () => {
    const first = `${post.replace('POST', 'GET')}\r\n`;
    await world.raw(
      `${first}POST /v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    );
    const asOperator = { token: OPERATOR_TOKEN };
    const metrics = async () => (await world.call('GET', '/metrics', undefined, asOperator)).text;
    while (!(await metrics()).includes('route="/v1/verify"'));
    expect(await metrics()).to.not.contain('status="500"');
    expect(await metrics()).to.match(/route="\/v1\/verify",method="POST",status="499"/);
  });

  describe('that asks before it sends a body', () => {
    const expecting = (length: number) => `${post}expect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`;

    it('is asked for it, and answered', async () => {
      const wire = open();
      wire.send(expecting(26));
      expect(statusesIn(await wire.received('\r\n\r\n'))).to.deep.equal([100]);
      wire.send('{"application_id":"app-a"}');
      expect(statusesIn(await wire.received('agent_session_id'))).to.deep.equal([100, 201]);
      wire.send('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      expect(statusesIn(await wire.ended()), 'the connection stays').to.deep.equal([100, 201, 200]);
    });

    it('is not asked for one that is too large, and has to connect again', async () => {
      const wire = open();
      wire.send(expecting(20_001));
      const received = await wire.ended();
      expect(statusesIn(received)).to.deep.equal([413]);
      expect(received).to.match(/^connection: close\r$/im);
    });

    it('or expects anything else is answered all the same', async () => {
      const wire = open();
      wire.send('GET /health HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n');
      expect(statusesIn(await wire.ended())).to.deep.equal([200]);
    });
  });

  it('that finds all connections taken is closed, until one is free', async () => {
    const settings = {
      host: '127.0.0.1',
      port: 0,
      requestTimeoutMs: 30_000,
      keepAliveTimeoutMs: 30_000,
      idleDrainMs: 0,
    };
    const listener = await listen((_, response) => response.end('here'), { ...settings, connectionsMax: 1 }, uuidIds);
    const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    const first = new Wire(listener.url);
    first.send(get);
    await first.received('here');
    const second = new Wire(listener.url);
    second.send(get);
    expect(await second.ended()).to.equal('');
    first.send(get.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    await first.ended();
    const third = new Wire(listener.url);
    third.send(get);
    await third.received('here');
    third.end();
    await listener.close(0);
  });
});
