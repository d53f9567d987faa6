// A request that may ask for another protocol. Once anybody listens for such requests, Node hands over every one with an
// `Upgrade` header, whatever it asks for, and leaves its body unread. Here one counts as such only where a WebSocket is
// opened; elsewhere the header is ignored, which RFC 9110, section 7.8, leaves to the server.
import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Admission } from '../admission/gate.ts';

/** Where a WebSocket is opened. */
export const SOCKET_PATH = '/inspector/ws';

/** A connection that its request has been read from and that nothing has been written to. */
export interface Beginning {
  readonly socket: Socket;
  /** What came behind the request. */
  readonly head: Buffer;
  /** Writes to the socket unless that is taken away from it. */
  readonly response: ServerResponse;
}

export class Upgradable extends IncomingMessage {
  beginning: Beginning | null = null;
  /** Set when the request is admitted. */
  admission: Admission | null = null;
  // Node sets `upgrade` from the constructor on, before fields of a class are made.
  declare isUpgrade: boolean;

  get upgrade(): boolean {
    if (!this.isUpgrade || this.method === 'CONNECT') return this.isUpgrade;
    const [path] = (this.url ?? '').split('?');
    return path === SOCKET_PATH && this.method === 'GET' && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(isUpgrade: boolean) {
    this.isUpgrade = isUpgrade;
  }
}
