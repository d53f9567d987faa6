// Bounds the requests in flight of one connection. Node parses pipelined requests as they arrive, a whole read of 64 KiB at
// a time. Requests beyond the bound are held here before any other processing, and the socket is no longer read.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CONNECTION_HELD_MAX, CONNECTION_IN_FLIGHT_MAX, HELD_MAX } from './limits.ts';

/** A request of a connection. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly start: () => void;
  /** Called once a started request has been answered, or its connection has closed. */
  readonly end: () => void;
}

/** The state of one connection. */
interface Connection {
  readonly socket: Socket;
  /** An array: a set with frequent additions and deletions keeps old tables, and the exchanges in them, alive. */
  readonly inFlight: Exchange[];
  held: Exchange[];
  /** The response of the last request taken. */
  last: ServerResponse;
  /** Whether the socket is not read, because requests are held. */
  isPaused: boolean;
  /** Set when no further request is accepted: the connection ends after the last held one. */
  isEnding: boolean;
}

export class Connections {
  readonly #connections = new WeakMap<Socket, Connection>();
  /** Requests held, over all connections. */
  held = 0;

  /** Starts a request once its connection is below its limit in flight. Requests of an ended connection are dropped. */
  take(socket: Socket, exchange: Exchange): void {
    const connection = this.#connections.get(socket) ?? this.#begin(socket, exchange.response);
    if (connection.isEnding || socket.destroyed) return;
    if (connection.inFlight.length < CONNECTION_IN_FLIGHT_MAX && connection.held.length === 0) {
      this.#start(connection, exchange);
    } else if (connection.held.length < CONNECTION_HELD_MAX && this.held < HELD_MAX) {
      this.#hold(connection, exchange);
    } else this.#close(connection);
  }

  #begin(socket: Socket, last: ServerResponse): Connection {
    const connection: Connection = { socket, inFlight: [], held: [], last, isPaused: false, isEnding: false };
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.held -= connection.held.length;
      connection.held = [];
      connection.isEnding = true;
      for (const { end } of connection.inFlight.splice(0)) end();
    });
    return connection;
  }

  #start(connection: Connection, exchange: Exchange): void {
    connection.inFlight.push(exchange);
    if (connection.held.length === 0) connection.last = exchange.response;
    exchange.response.once('close', () => this.#ended(connection, exchange));
    exchange.start();
  }

  #hold(connection: Connection, held: Exchange): void {
    connection.held.push(held);
    connection.last = held.response;
    this.held += 1;
    this.#pause(connection);
  }

  #ended(connection: Connection, exchange: Exchange): void {
    const place = connection.inFlight.indexOf(exchange);
    if (place === -1) return;
    connection.inFlight.splice(place, 1);
    exchange.end();
    const next = connection.held.shift();
    if (next) {
      this.held -= 1;
      this.#start(connection, next);
    }
    const { isEnding, isPaused, socket } = connection;
    if (isEnding && connection.inFlight.length === 0) socket.destroySoon();
    // Node resumes reading by itself when a request has ended.
    else if (isEnding || connection.held.length > 0) this.#pause(connection);
    else if (isPaused) this.#resume(connection);
  }

  #pause(connection: Connection): void {
    connection.isPaused = true;
    connection.socket.pause();
  }

  #resume(connection: Connection): void {
    connection.isPaused = false;
    connection.socket.resume();
  }

  // RFC 9112, section 9.3.2: a client repeats the requests that a closed connection left unanswered. Accepted requests are
  // answered.
  #close(connection: Connection): void {
    connection.isEnding = true;
    connection.last.shouldKeepAlive = false;
    this.#pause(connection);
  }
}
