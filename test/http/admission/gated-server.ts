// A real server whose requests pass the gate to a handler of the test: each request is answered when the test says so.
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Caller } from '../../../src/authority/caller.ts';
import type { Refusal } from '../../../src/refusals.ts';
import { Gate } from '../../../src/http/admission/gate.ts';
import { Turns } from '../../../src/http/admission/turns.ts';
import { Upgradable } from '../../../src/http/connection/upgradable.ts';
import { HandClock } from '../../world/clock.ts';

/** A request that the handler has, and the way to answer it. */
export interface Handled {
  readonly path: string;
  readonly answer: () => void;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Bearers `app-…` are proven ones of that application, `operator` is the operator's, and any other is unproven. */
const recall = (authorization: string | undefined): Caller | null => {
  const token = authorization?.slice('Bearer '.length) ?? '';
  if (token === 'operator') return { kind: 'operator' };
  if (!token.startsWith('app-')) return null;
  const none = { subjectSessionId: null, agentSessionId: null, delegationEdgeId: null, issuedAt: null };
  return { kind: 'bearer', zone: 'z1', applicationId: token, subject: 's', scopes: new Set(), ...none };
};

/** The path, or as many bytes as its query says. */
const bodyOf = (url: string): Buffer => {
  const bytes = Number(new URL(url, 'http://x').searchParams.get('bytes') ?? 0);
  return bytes > 0 ? Buffer.alloc(bytes, 'x') : Buffer.from(url);
};

export class GatedServer {
  readonly clock = new HandClock();
  readonly turns = new Turns();
  readonly gate: Gate;
  /** Requests that are being handled, in the order in which they came. */
  readonly handled: Handled[] = [];
  /** The most that were handled at a time. */
  most = 0;
  total = 0;
  #atOnce = false;
  readonly #server;

  constructor() {
    this.gate = new Gate(
      { authenticator: { recall }, trustProxy: false, clock: this.clock, turns: this.turns },
      this.#handle,
    );
    this.#server = createServer({ IncomingMessage: Upgradable }, this.gate.admit);
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on every request is answered at once. */
  answerAll(): void {
    this.#atOnce = true;
    while (this.handled.length > 0) this.handled[0]?.answer();
  }

  /** Sends a request on a connection of its own. */
  ask(method: string, path: string, token = ''): Promise<Answer> {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      const options = { port: this.#port, host: '127.0.0.1', method, path, headers, agent: false };
      const sent = httpRequest(options, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
      });
      sent.on('error', reject).end();
    });
  }

  /** Opens a connection and writes bytes to it. `answers` gives all that came back once the server has closed. */
  pipeline(bytes: string): { readonly answers: Promise<string>; readonly close: () => void } {
    const socket = connect(this.#port, '127.0.0.1');
    socket.write(bytes);
    return { answers: text(socket), close: () => socket.end() };
  }

  /** The same on a connection whose answers are not read. */
  ignore(bytes: string): Socket {
    const socket = connect(this.#port, '127.0.0.1');
    socket.pause();
    socket.write(bytes);
    return socket;
  }

  /** Waits until a condition holds; a turn of the event loop at a time. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  readonly #handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { admission } = request as Upgradable;
    const refusal = admission?.refusal ?? (await this.#proven(request));
    if (refusal) {
      response.writeHead(503).end(JSON.stringify(refusal));
      return;
    }
    this.total += 1;
    await this.#answered(request.url ?? '');
    const body = bodyOf(request.url ?? '');
    response.setHeader('content-length', body.length);
    response.end(body);
  };

  /** A request whose query says what its bearer proves waits for its issuer first, as the path `issuer`. */
  async #proven(request: IncomingMessage): Promise<Refusal | null> {
    const caller = recall(`Bearer ${new URL(request.url ?? '', 'http://x').searchParams.get('proves') ?? ''}`);
    if (caller === null) return null;
    await this.#answered('issuer');
    return (await (request as Upgradable).admission?.proven(caller)) ?? null;
  }

  #answered(path: string): Promise<void> {
    if (this.#atOnce) return Promise.resolve();
    return new Promise((resolve) => {
      const handled = {
        path,
        answer: () => {
          this.handled.splice(this.handled.indexOf(handled), 1);
          resolve();
        },
      };
      this.handled.push(handled);
      this.most = Math.max(this.most, this.handled.length);
    });
  }
}
