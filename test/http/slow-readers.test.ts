// Clients that are slow to read their answer: one that reads nothing is let go in a bounded time, and one that reads gets all of
// it. What is measured here is Node's own time, so the limit is short.
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { listen, type Listener } from '../../src/http/connection/listener.ts';
import { uuidIds } from '../../src/ids.ts';

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n';
const TAKE_IN_MS = 1_000;
/** More than the buffers of a connection hold. */
const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

describe('a client that is slow to read', () => {
  let listener: Listener;
  let socket: Socket;

  const serve = async (handler: (response: ServerResponse) => void): Promise<void> => {
    const settings = { host: '127.0.0.1', port: 0, keepAliveTimeoutMs: 30_000, connectionsMax: 10, idleDrainMs: 0 };
    listener = await listen((_, response) => handler(response), { ...settings, requestTimeoutMs: TAKE_IN_MS }, uuidIds);
    socket = connect(listener.port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
  };

  afterEach(async () => {
    socket.destroy();
    await listener.close(0);
  });

  it('is let go, and with it the answer that waits for it, as soon as it has read nothing for too long', async () => {
    const given = new EventEmitter();
    await serve((response) => {
      given.emit('answer', response);
      response.end(LARGE);
    });
    const asked = once(given, 'answer');
    socket.write(`${GET}\r\n`.repeat(3));
    const [response] = (await asked) as [ServerResponse];
    await once(response, 'close');
    socket.resume();
    await once(socket, 'close');
    expect(socket.bytesRead).to.be.below(LARGE.length);
  });

  it('gets all of its answer while it reads at all', async () => {
    await serve((response) => response.end(LARGE));
    const began = performance.now();
    socket.write(`${GET}connection: close\r\n\r\n`);
    let read = 0;
    for await (const chunk of socket) {
      read += (chunk as Buffer).length;
      await pause(5);
    }
    expect(read).to.be.above(LARGE.length);
    expect(performance.now() - began, 'longer than it may read nothing').to.be.above(TAKE_IN_MS);
  });

  it('is not cut off while the answer behind another is still being made', async () => {
    const answers = [pause(TAKE_IN_MS * 3, 'late'), 'soon'];
    await serve((response) => void Promise.resolve(answers.pop()).then((answer) => response.end(answer)));
    socket.write(`${GET}\r\n${GET}connection: close\r\n\r\n`);
    expect(await text(socket))
      .to.contain('soon')
      .and.to.contain('late');
  });
});
