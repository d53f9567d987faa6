// What Node's parser does not take never becomes a request, but its sender is answered in the shape of every other refusal.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Ids } from '../ids.ts';
import { refusals, type RefusalCode } from '../refusals.ts';
import { refusalBody } from './context.ts';

const codes: Readonly<Record<string, RefusalCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers on the bare socket and closes it. */
export const answerMalformed =
  (ids: Ids) =>
  (cause: NodeJS.ErrnoException, socket: Socket): void => {
    if (!socket.writable || cause.code === 'ECONNRESET' || isAnswering(socket)) return void socket.destroy();
    const code = codes[cause.code ?? ''] ?? 'invalid_request';
    const requestId = ids.random();
    const body = JSON.stringify(refusalBody({ code }, requestId));
    const { status } = refusals[code];
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nx-request-id: ${requestId}\r\nConnection: close\r\n` +
        `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  };

// Garbage behind a request that is being carried out: what would be written now would be taken for that request's answer.
// Node keeps the response under way on the socket; its own default handler looks at the same field.
const isAnswering = (socket: Socket): boolean =>
  (socket as Socket & { _httpMessage?: object | null })._httpMessage instanceof Object;
