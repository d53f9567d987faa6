// Connections while the server drains. From the beginning of a drain the last answer on each connection has the header
// `Connection: close`, so that a client with kept connections reconnects elsewhere and loses no request.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Draining {
  /** The last pending answer of each connection. Answers are sent in the order of the requests. */
  readonly #last = new Map<Socket, ServerResponse>();
  /** Whether an answer would keep its connection open without a drain. */
  readonly #keeps = new WeakMap<ServerResponse, boolean>();
  /** Connections whose last answer was sent. */
  readonly #ended = new WeakSet<Socket>();
  #isOn = false;

  start(): void {
    this.#isOn = true;
    for (const [socket, response] of this.#last) this.settle(socket, response);
  }

  /**
   * Must be called for every request. Returns false if an earlier answer has ended the connection: the request must not be
   * carried out (RFC 9112, section 9.6), and the client repeats it over another connection.
   */
  began(socket: Socket, response: ServerResponse): boolean {
    const before = this.#last.get(socket);
    if (this.#ended.has(socket) || (this.#isOn && before?.headersSent && !before.shouldKeepAlive)) return false;
    this.#last.set(socket, response);
    this.#keeps.set(response, response.shouldKeepAlive);
    response.once('close', () => this.#closed(socket, response));
    if (before) this.settle(socket, before);
    this.settle(socket, response);
    return true;
  }

  // Node still parses bytes that arrived before the connection closes.
  #closed(socket: Socket, response: ServerResponse): void {
    if (!response.shouldKeepAlive) this.#ended.add(socket);
    if (this.#last.get(socket) === response) this.#last.delete(socket);
  }

  /** Decides again whether an answer keeps its connection open. */
  settle(socket: Socket, response: ServerResponse): void {
    const isLastOfAll = this.#isOn && this.#last.get(socket) === response;
    if (!response.headersSent) response.shouldKeepAlive = !isLastOfAll && (this.#keeps.get(response) ?? false);
  }

  /** Whether a complete answer is not yet read by its client. */
  get isFlushing(): boolean {
    return [...this.#last.values()].some(({ writableEnded, writableFinished }) => writableEnded && !writableFinished);
  }
}
