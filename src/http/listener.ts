// The TCP side of the door: listening, time limits, and letting go without cutting anybody off.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Ids } from '../ids.ts';
import { answerMalformed } from './malformed.ts';

export interface ListenerSettings {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
}

export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, lets what is in flight finish, and cuts off what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** How often connections that have become idle are looked for while closing. */
const IDLE_CHECK_MS = 20;

/** Rejects with a sentence for the operator when the address cannot be had. */
export const listen = async (
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  settings: ListenerSettings,
  ids: Ids,
): Promise<Listener> => {
  const { host, port, requestTimeoutMs, keepAliveTimeoutMs } = settings;
  const server = createServer({ requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs });
  server.on('request', (request, response) => void handler(request, response));
  server.on('clientError', answerMalformed(ids));
  server.keepAliveTimeout = keepAliveTimeoutMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new Error(unavailable(settings, cause), { cause })));
    server.listen(port, host, resolve);
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    close: (graceMs) =>
      new Promise((resolve) => {
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(cut);
          resolve();
        });
      }),
  };
};

const unavailable = ({ host, port }: ListenerSettings, cause: NodeJS.ErrnoException): string => {
  if (cause.code === 'EADDRINUSE')
    return `Port ${port} of ${host} is taken by another process. Stop that process, or set PORT to another port.`;
  return `HOST ${host} with PORT ${port} cannot be listened on: ${cause.message}.`;
};
