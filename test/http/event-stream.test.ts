// One reader of a stream over a real connection, told more than the buffers of a connection hold; and when it is let go.
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Following } from '../../src/feed.ts';
import { EventStream, type EventPage } from '../../src/http/event-stream.ts';
import { listen, type Listener } from '../../src/http/connection/listener.ts';
import { uuidIds } from '../../src/ids.ts';
import { TOPICS } from '../../src/zone/messages/messages.ts';

const LARGE_BYTES = 32 * 1024 * 1024;

/** All there is to read: one entry of one large message. */
const page = (): EventPage => {
  const message = { topic: TOPICS[0], place: 0, occurrence: 'o', payload: { text: 'x'.repeat(LARGE_BYTES) } };
  return { announcements: [{ seq: 1, at: 0, messages: [message] }], upTo: 1, isLast: true };
};

describe('a reader of a stream', () => {
  let listener: Listener;
  let socket: Socket;
  let stream: EventStream;
  let response: ServerResponse;
  let ends: number;

  beforeEach(async () => {
    ends = 0;
    const following: Following = { join: () => true, delivered: () => {}, end: () => (ends += 1) };
    const settings = { host: '127.0.0.1', port: 0, requestTimeoutMs: 30_000, keepAliveTimeoutMs: 30_000 };
    const given = new EventEmitter();
    const begin = (_: unknown, answer: ServerResponse) => {
      const interest = { topics: TOPICS, applicationId: null };
      stream = new EventStream(answer, interest, () => Promise.resolve(page()));
      stream.begin(following, { seq: 0, place: null }, false);
      given.emit('answer', answer);
    };
    listener = await listen(begin, { ...settings, connectionsMax: 1, idleDrainMs: 0 }, uuidIds);
    socket = connect(listener.port, '127.0.0.1').pause();
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    [response] = (await once(given, 'answer')) as [ServerResponse];
    await nextTurn();
    expect(response.writableNeedDrain, 'more than is taken in at once').to.equal(true);
  });

  afterEach(async () => {
    socket.destroy();
    await listener.close(0);
  });

  it('is let go that takes in nothing from one time that it is told of the stream’s life to the next', async () => {
    const closed = once(response, 'close');
    stream.keepAlive();
    expect(response.destroyed).to.equal(false);
    stream.keepAlive();
    await closed;
    expect(ends).to.equal(1);
  });

  it('is kept that takes in what waits for it', async () => {
    stream.keepAlive();
    const drained = once(response, 'drain');
    socket.resume();
    await drained;
    stream.keepAlive();
    stream.keepAlive();
    expect([response.destroyed, ends]).to.deep.equal([false, 0]);
  });
});
