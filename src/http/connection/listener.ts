// The TCP side of the door: listening, time limits, and letting go without cutting anybody off.
import { createServer, ServerResponse, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { Server as TcpServer, type AddressInfo, type Socket } from 'node:net';
import type { Ids } from '../../ids.ts';
import { HEADER_BYTES_MAX, LATE_CHECK_MS_MAX } from './limits.ts';
import { isAddressed } from './address.ts';
import { Draining, type Pending } from './draining.ts';
import { Malformed } from './malformed.ts';
import { Upgradable } from './upgradable.ts';

export interface ListenerSettings {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  /** Connections beyond are closed unanswered. */
  readonly connectionsMax: number;
  /** How long idle connections stay open once the server drains: the client may just have sent a request over each. */
  readonly idleDrainMs: number;
}

export interface Listener {
  readonly url: string;
  readonly port: number;
  /**
   * Accepts no more connections, lets requests in flight finish, and closes the remaining connections after `graceMs`. Every
   * further answer ends its connection and says so; idle connections are closed after a short delay.
   */
  close(graceMs: number): Promise<void>;
}

/** How often connections that have become idle are looked for while closing. */
const IDLE_CHECK_MS = 20;

/** Rejects with a sentence for the operator when the address cannot be had. */
export const listen = async (handler: Handler, settings: ListenerSettings, ids: Ids): Promise<Listener> => {
  const { host, port } = settings;
  const server = createServer<typeof Upgradable>({ ...limitsOf(settings), IncomingMessage: Upgradable });
  server.maxConnections = settings.connectionsMax;
  const draining = new Draining();
  takeRequests(server, handler, { ids, draining, takeInMs: settings.requestTimeoutMs });
  const upgraded = takeUpgrades(server, handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(unavailable(settings, cause), { cause })));
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    close(graceMs) {
      draining.start();
      return closed({ server, upgraded, draining }, { graceMs, idleMs: Math.min(settings.idleDrainMs, graceMs) });
    },
  };
};

interface Closing {
  readonly server: Server<typeof Upgradable>;
  readonly upgraded: ReadonlySet<Socket>;
  readonly draining: Draining;
}

const closed = (
  { server, upgraded, draining }: Closing,
  { graceMs, idleMs }: { readonly graceMs: number; readonly idleMs: number },
): Promise<void> =>
  new Promise((resolve) => {
    // For Node, a connection with an unread answer is idle: closing it would truncate the answer.
    const closeIdle = () => draining.isFlushing || server.closeIdleConnections();
    let checking: NodeJS.Timeout | undefined;
    const idle = setTimeout(() => {
      closeIdle();
      checking = setInterval(closeIdle, IDLE_CHECK_MS);
    }, idleMs);
    const cut = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
    }, graceMs);
    // The method of `node:http` would close idle connections at once.
    TcpServer.prototype.close.call(server, () => {
      clearTimeout(idle);
      clearInterval(checking);
      clearTimeout(cut);
      server.close();
      resolve();
    });
  });

// Headers have as long as the whole request. Node looks for late ones now and then, which by default is every 30 seconds.
const limitsOf = ({ requestTimeoutMs, keepAliveTimeoutMs }: ListenerSettings): ServerOptions => ({
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  keepAliveTimeout: keepAliveTimeoutMs,
  connectionsCheckingInterval: Math.min(Math.ceil(requestTimeoutMs / 4), LATE_CHECK_MS_MAX),
  maxHeaderSize: HEADER_BYTES_MAX,
  // Node would answer without a word of its own; see `address.ts`.
  requireHostHeader: false,
});

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

interface Taking {
  readonly ids: Ids;
  readonly draining: Draining;
  /** How long nothing of an answer may be taken in. */
  readonly takeInMs: number;
}

const takeRequests = (
  server: Server<typeof Upgradable>,
  handler: Handler,
  { ids, draining, takeInMs }: Taking,
): void => {
  const malformed = new Malformed(ids);
  const take = (request: IncomingMessage, response: ServerResponse, waitsToSend = false) => {
    const pending = draining.began(request.socket, response);
    if (!pending) return;
    malformed.began(request, response);
    if (waitsToSend) continueOnceRead(request, pending, draining);
    letGoOfWhoTakesNothing(response, takeInMs);
    if (isAddressed(request)) void handler(request, response);
    else malformed.refuse(response);
  };
  server.on('request', (request, response) => take(request, response));
  server.on('checkContinue', (request, response) => take(request, response, true));
  // RFC 9110, section 10.1.1: an expectation that is not known may be left unmet, and the request carried out.
  server.on('checkExpectation', (request, response) => take(request, response));
  server.on('clientError', (cause, socket) => malformed.failed(cause, socket as Socket));
};

// A whole answer waits in memory for whoever asked for it, and an idle socket is closed by Node: from when the answer is handed
// over until it is taken in. One that is still being made has no such limit, nor has the one behind it.
const letGoOfWhoTakesNothing = (response: ServerResponse, takeInMs: number): void => {
  response.once('socket', (socket: Socket) => socket.setTimeout(0));
  response.once('prefinish', () => response.socket?.setTimeout(takeInMs));
};

// A request for another protocol goes the way of every other, so that it is named, logged and refused like them; whoever
// takes it takes its socket. Gives the sockets that no longer belong to the server.
const takeUpgrades = (server: Server<typeof Upgradable>, handler: Handler): ReadonlySet<Socket> => {
  const upgraded = new Set<Socket>();
  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as Socket;
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    request.beginning = { socket, head, response };
    void handler(request, response);
  });
  return upgraded;
};

// Who asks before sending a body is asked for it when somebody reads it, which nobody does for a request that is refused
// before. Whether a body follows such an answer nobody knows, so the connection ends with it.
const continueOnceRead = (request: IncomingMessage, pending: Pending, draining: Draining): void => {
  const { response } = pending;
  response.shouldKeepAlive = false;
  request.once('resume', () => {
    if (response.headersSent) return;
    draining.settle(pending);
    response.writeContinue();
  });
};

const unavailable = ({ host, port }: ListenerSettings, cause: NodeJS.ErrnoException): string => {
  if (cause.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken by another process. Stop that process, or set PORT to another port.`;
  return `HOST ${host} with PORT ${port} cannot be listened on: ${cause.message}.`;
};
