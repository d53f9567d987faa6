// A viewer behind a WebSocket, whichever side opened it: a message of text for each message.
import { WebSocket } from 'ws';
import { INSPECTOR_SOCKET_BYTES_MAX } from '../limits.ts';
import type { Message } from './messages.ts';
import type { Sink } from './viewer.ts';

/** The process stops, or whoever was served is let go (RFC 6455, section 7.4.1). */
const GOING_AWAY = 1001;

export class SocketSink implements Sink {
  readonly #socket: WebSocket;
  #written: Promise<void> = Promise.resolve();
  /** The last beat has not been answered. */
  #isSilent = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('pong', () => {
      this.#isSilent = false;
    });
  }

  write(messages: readonly Message[]): boolean {
    // Messages go out in their order: the last is out when all are. One that cannot go out any more counts as well.
    for (const { text } of messages.slice(0, -1)) this.#socket.send(text, () => {});
    const last = messages.at(-1);
    if (last) this.#written = new Promise((resolve) => this.#socket.send(last.text, () => resolve()));
    return this.#socket.bufferedAmount <= INSPECTOR_SOCKET_BYTES_MAX;
  }

  drained(): Promise<void> {
    return this.#written;
  }

  beat(): void {
    if (this.#isSilent) return this.cut();
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#isSilent = true;
    this.#socket.ping();
  }

  close(): void {
    this.#socket.close(GOING_AWAY);
  }

  cut(): void {
    this.#socket.terminate();
  }
}
