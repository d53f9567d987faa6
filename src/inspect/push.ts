// Sends what happens to an inspector that was started elsewhere. It connects again when it was cut off, after a while that grows
// with each failure, and shows everything afresh each time; while it is not connected it watches nothing.
import { WebSocket } from 'ws';
import type { Logger } from 'pino';
import type { AlarmClock, Instant } from '../clock.ts';
import {
  INSPECTOR_CONNECT_MS_MAX,
  INSPECTOR_MESSAGE_BYTES_MAX,
  INSPECTOR_RETRY_MS,
  INSPECTOR_RETRY_MS_MAX,
} from '../limits.ts';
import type { Hub } from './hub.ts';
import { SocketSink } from './socket-sink.ts';
import type { Viewer } from './viewer.ts';

export interface PushSettings {
  readonly url: string;
  /** Null for every zone in memory. */
  readonly zones: readonly string[] | null;
}

const CLIENT = {
  handshakeTimeout: INSPECTOR_CONNECT_MS_MAX,
  maxPayload: INSPECTOR_MESSAGE_BYTES_MAX,
  perMessageDeflate: false,
} as const;

export class Push {
  readonly #settings: PushSettings;
  readonly #hub: Hub;
  readonly #clock: AlarmClock;
  readonly #log: Logger;
  #socket: WebSocket | null = null;
  #isStopped = false;
  #waitMs = INSPECTOR_RETRY_MS;
  #cancelRetry: () => void = () => {};

  constructor(settings: PushSettings, parts: { readonly hub: Hub; readonly clock: AlarmClock; readonly log: Logger }) {
    this.#settings = settings;
    this.#hub = parts.hub;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  start(): void {
    const { url } = this.#settings;
    const socket = new WebSocket(url, CLIENT);
    let viewer: Viewer | null = null;
    let openedAt: Instant | null = null;
    this.#socket = socket;
    socket.once('open', () => {
      openedAt = this.#clock.now();
      viewer = this.#show(socket);
      this.#log.info({ url }, 'an inspector elsewhere is shown the actors');
    });
    socket.on('error', (error) => {
      if (!this.#isStopped) this.#log.warn({ url, err: error }, 'an inspector elsewhere cannot be reached');
    });
    socket.once('close', () => {
      viewer?.end();
      this.#again(openedAt);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelRetry();
    this.#socket?.terminate();
  }

  #show(socket: WebSocket): Viewer | null {
    const sink = new SocketSink(socket);
    if (this.#hub.isFull) {
      sink.close();
      return null;
    }
    const { zones } = this.#settings;
    return this.#hub.watch({ zones, session: null, events: false, show: [], dialect: 'stately' }, sink);
  }

  // One that takes connections and drops them is no better than one that takes none.
  #again(openedAt: Instant | null): void {
    if (this.#isStopped) return;
    const now = this.#clock.now();
    if (openedAt !== null && now - openedAt >= INSPECTOR_RETRY_MS_MAX) this.#waitMs = INSPECTOR_RETRY_MS;
    this.#cancelRetry = this.#clock.at(now + this.#waitMs, () => this.start());
    this.#waitMs = Math.min(this.#waitMs * 2, INSPECTOR_RETRY_MS_MAX);
  }
}
