// Connections while the server drains. From the beginning of a drain the last answer on each connection says
// `Connection: close`, so that a client that keeps its connections opens the next one elsewhere and loses no request.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export class Draining {
  /** The last answer that each connection owes: answers go out in the order of the requests. */
  readonly #last = new Map<Socket, ServerResponse>();
  /** Whether an answer would keep its connection open if nothing drained. */
  readonly #keeps = new WeakMap<ServerResponse, boolean>();
  /** Connections whose last answer is out. */
  readonly #ended = new WeakSet<Socket>();
  #isOn = false;

  start(): void {
    this.#isOn = true;
    for (const [socket, response] of this.#last) this.settle(socket, response);
  }

  /**
   * To be called for every request. Returns false where an answer before it has ended the connection: the request must not be
   * carried out (RFC 9112, section 9.6), and its client sends it again over another connection.
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

  // What has arrived before the connection is closed is still read.
  #closed(socket: Socket, response: ServerResponse): void {
    if (!response.shouldKeepAlive) this.#ended.add(socket);
    if (this.#last.get(socket) === response) this.#last.delete(socket);
  }

  /** Decides again whether an answer keeps its connection open. */
  settle(socket: Socket, response: ServerResponse): void {
    const isLastOfAll = this.#isOn && this.#last.get(socket) === response;
    if (!response.headersSent) response.shouldKeepAlive = !isLastOfAll && (this.#keeps.get(response) ?? false);
  }

  /** Whether an answer is complete, and its client has yet to take it in. */
  get isFlushing(): boolean {
    return [...this.#last.values()].some(({ writableEnded, writableFinished }) => writableEnded && !writableFinished);
  }
}
