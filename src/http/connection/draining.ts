// Connections while the server drains. From the beginning of a drain the last answer on each connection has the header
// `Connection: close`, so that a client with kept connections reconnects elsewhere and loses no request.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The state of an open connection that has carried a request. */
interface Connection {
  /** The last pending answer. Answers are sent in the order of the requests. */
  last: Pending | null;
  /** Whether its last answer was sent. */
  isEnded: boolean;
}

/** An answer that is not sent yet. */
export interface Pending {
  readonly connection: Connection;
  readonly response: ServerResponse;
  /** Whether the connection may stay open after it when there is no drain. */
  readonly canKeepAlive: boolean;
}

export class Draining {
  // One entry per connection, not per request. A map with frequent additions and deletions replaces its table often, and old
  // tables keep the answers in them alive until a full collection.
  readonly #connections = new Map<Socket, Connection>();
  #isOn = false;

  start(): void {
    this.#isOn = true;
    for (const { last } of this.#connections.values()) if (last) this.settle(last);
  }

  /**
   * Must be called for every request. Returns null if the connection is closed or an earlier answer has ended it. The
   * request must then not be carried out (RFC 9112, section 9.6); the client repeats it over another connection.
   */
  began(socket: Socket, response: ServerResponse): Pending | null {
    if (socket.destroyed) return null;
    const connection = this.#connections.get(socket) ?? this.#opened(socket);
    const { last: before, isEnded } = connection;
    if (isEnded || (this.#isOn && before?.response.headersSent && !before.response.shouldKeepAlive)) return null;
    const pending = { connection, response, canKeepAlive: response.shouldKeepAlive };
    connection.last = pending;
    response.once('close', () => closed(pending));
    if (before) this.settle(before);
    this.settle(pending);
    return pending;
  }

  /** Decides again whether an answer keeps its connection open. */
  settle(pending: Pending): void {
    const { connection, response, canKeepAlive } = pending;
    const isLastOfAll = this.#isOn && connection.last === pending;
    if (!response.headersSent) response.shouldKeepAlive = !isLastOfAll && canKeepAlive;
  }

  /** Whether a complete answer is not yet read by its client. */
  get isFlushing(): boolean {
    return [...this.#connections.values()].some(({ last }) => last !== null && isFlushing(last));
  }

  #opened(socket: Socket): Connection {
    const connection = { last: null, isEnded: false };
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    return connection;
  }
}

// Node still parses bytes that arrived before the connection closes.
const closed = (pending: Pending): void => {
  const { connection, response } = pending;
  if (!response.shouldKeepAlive) connection.isEnded = true;
  if (connection.last === pending) connection.last = null;
};

const isFlushing = ({ response }: Pending): boolean => response.writableEnded && !response.writableFinished;
