// What Node's parser does not take never becomes a request, and what does not arrive in time never becomes a whole one. Their
// senders are answered all the same, in the shape of every other refusal, where HTTP leaves room for an answer: not where
// one has begun, and only behind those that are owed already.
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Ids } from '../../ids.ts';
import { LINGER_MS } from './limits.ts';
import { refusals, type RefusalCode } from '../../refusals.ts';
import { refusalBody } from '../context.ts';

const codes: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export class Malformed {
  readonly #ids: Ids;
  /** The last exchange that began on a connection; answers go out in the order of the requests. */
  readonly #exchanges = new WeakMap<Socket, Exchange>();
  readonly #answered = new WeakSet<Socket>();

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** To be told of every request whose headers were taken. */
  began(request: IncomingMessage, response: ServerResponse): void {
    this.#exchanges.set(request.socket, { request, response });
  }

  /** Answers on the bare socket and closes it. Bytes that come in afterwards are the same failure once more. */
  failed(cause: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#answered.has(socket)) return;
    this.#answered.add(socket);
    const exchange = this.#exchanges.get(socket);
    const answer = () => this.#answer(cause.code ?? '', socket);
    if (cause.code === 'ECONNRESET' || (exchange && isMidway(exchange))) socket.destroy();
    else if (exchange && isOwed(exchange)) exchange.response.once('finish', answer);
    else answer();
  }

  /** Answers what Node took for a request and HTTP does not, in its turn. Whatever comes behind it is in doubt. */
  refuse(response: ServerResponse): void {
    const { status, headers, body } = this.#refusal('invalid_request');
    response.writeHead(status, headers).end(body);
  }

  #refusal(code: RefusalCode) {
    const requestId = this.#ids.random();
    const body = JSON.stringify(refusalBody({ code }, requestId));
    const headers = {
      'x-request-id': requestId,
      Connection: 'close',
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    };
    return { status: refusals[code].status, headers, body };
  }

  #answer(cause: string, socket: Socket): void {
    if (!socket.writable) return void socket.destroy();
    const code = codes[cause] ?? 'invalid_request';
    const { status, headers, body } = this.#refusal(code);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    // A connection that is closed with bytes unread is reset, which takes the answer back. Who was late sends too little
    // for that; and what came in late must not be carried out.
    const isLate = code === 'request_timeout';
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () =>
      isLate ? socket.destroy() : linger(socket),
    );
  }
}

const linger = (socket: Socket): void => {
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cut));
};

// A body that is still to come although the answer is out; an answer that is being streamed; or a body that is late behind
// requests whose answers are still owed. More bytes would be taken for a part of something else.
const isMidway = ({ request, response }: Exchange): boolean =>
  request.complete ? response.headersSent && !response.writableEnded : response.headersSent || response.socket === null;

/** Garbage behind a request that is being carried out. */
const isOwed = ({ request, response }: Exchange): boolean => request.complete && !response.writableFinished;
