// Bytes of answers that are being built or are unread: bounded over all connections and for each caller. Unread answers of a
// caller delay its own large reads, not those of others.
import { expect } from 'chai';
import {
  ANSWER_BYTES_MAX,
  LARGE_ANSWER_BYTES,
  LARGE_ANSWERS_BYTES_MAX,
  WAIT_CHECK_MS,
  WAIT_MS_MAX,
} from '../../../src/http/admission/limits.ts';
import { AnswerBytes } from '../../../src/http/admission/answer-bytes.ts';
import { GatedServer } from './gated-server.ts';

const OF_ONE = LARGE_ANSWERS_BYTES_MAX / 2 / LARGE_ANSWER_BYTES;
const LIST = '/zones/z1/agents';
const asked = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`;

describe('large answers', () => {
  let server: GatedServer;
  beforeEach(async () => {
    server = new GatedServer();
    await server.listen();
  });
  afterEach(() => server.close());

  it('are built a few at a time for one caller, and count with their maximum size', async () => {
    const answers = Array.from({ length: OF_ONE + 2 }, () => server.ask('GET', LIST, 'app-a'));
    await server.until(() => server.gate.waiting === 2);
    expect(server.handled).to.have.length(OF_ONE);
    expect(server.gate.answerBytes).to.equal(OF_ONE * LARGE_ANSWER_BYTES);
    server.answerAll();
    await Promise.all(answers);
    await server.until(() => server.gate.answerBytes === 0);
    expect(server.most).to.equal(OF_ONE);
  });

  it('that are unread delay the next large read of their caller, which is refused in the end, and no other request', async () => {
    server.answerAll();
    const ignored = Array.from({ length: OF_ONE }, () =>
      server.ignore(asked(`${LIST}?bytes=${LARGE_ANSWER_BYTES}`, 'app-a')),
    );
    await server.until(() => server.total === OF_ONE);
    const held = server.ask('GET', LIST, 'app-a');
    await server.until(() => server.gate.waiting === 1);
    expect((await server.ask('GET', `${LIST}/x`, 'app-a')).status, 'one thing').to.equal(200);
    expect((await server.ask('PATCH', `${LIST}/x/suspend`, 'app-a')).status, 'a stop').to.equal(200);
    expect((await server.ask('GET', LIST, 'app-b')).status, 'another caller').to.equal(200);
    expect((await server.ask('GET', LIST, 'operator')).status, 'the operator').to.equal(200);
    server.clock.advance(WAIT_MS_MAX + WAIT_CHECK_MS);
    const { status, body } = await held;
    const details = { retryable: true, limit: 'answer_bytes', wait_ms_max: WAIT_MS_MAX };
    expect([status, JSON.parse(body).details]).to.deep.equal([503, details]);
    for (const socket of ignored) socket.destroy();
    await server.until(() => server.gate.answerBytes === 0);
    expect((await server.ask('GET', LIST, 'app-a')).status, 'after they have gone').to.equal(200);
  });

  it('of pipelined requests are forgotten with their connection', async () => {
    server.answerAll();
    const ignored = server.ignore(asked(`${LIST}?bytes=${LARGE_ANSWER_BYTES}`, 'app-a').repeat(20));
    await server.until(() => server.total === OF_ONE);
    expect(server.gate.answerBytes).to.equal(OF_ONE * LARGE_ANSWER_BYTES);
    ignored.destroy();
    await server.until(() => server.gate.answerBytes === 0);
  });

  it('count only once their bearer is proven, for its application, and wait then', async () => {
    const count = OF_ONE + 2;
    const unproven = Array.from({ length: count }, () => server.ask('GET', `${LIST}?proves=app-a`, 'unproven'));
    await server.until(() => server.handled.length === count);
    expect([server.gate.answerBytes, server.gate.waiting]).to.deep.equal([0, 0]);
    for (const { answer } of [...server.handled]) answer();
    await server.until(() => server.gate.waiting === 2);
    expect([server.gate.answerBytes, server.total]).to.deep.equal([OF_ONE * LARGE_ANSWER_BYTES, OF_ONE]);
    server.answerAll();
    expect((await Promise.all(unproven)).map(({ status }) => status)).to.deep.equal(Array(count).fill(200));
    await server.until(() => server.gate.answerBytes === 0 && server.gate.inFlight === 0);
  });

  it('of a bearer that is proven are refused where they then wait for too long', async () => {
    server.answerAll();
    const ignored = Array.from({ length: OF_ONE }, () =>
      server.ignore(asked(`${LIST}?bytes=${LARGE_ANSWER_BYTES}`, 'app-a')),
    );
    await server.until(() => server.total === OF_ONE);
    const late = server.ask('GET', `${LIST}?proves=app-a`, 'unproven');
    await server.until(() => server.gate.waiting === 1);
    server.clock.advance(WAIT_MS_MAX + WAIT_CHECK_MS);
    const { status, body } = await late;
    expect([status, JSON.parse(body).details.limit]).to.deep.equal([503, 'answer_bytes']);
    for (const socket of ignored) socket.destroy();
  });

  it('leave room for small ones up to a limit of their own', () => {
    const bytes = new AnswerBytes();
    bytes.add('a', LARGE_ANSWERS_BYTES_MAX / 2);
    expect([bytes.hasRoom('a', true), bytes.hasRoom('a', false), bytes.hasRoom('b', true)]).to.deep.equal([
      false,
      true,
      true,
    ]);
    bytes.add('a', (ANSWER_BYTES_MAX - LARGE_ANSWERS_BYTES_MAX) / 2 + 1);
    expect([bytes.hasRoom('a', false), bytes.hasRoom('b', false)]).to.deep.equal([false, true]);
    bytes.add('b', ANSWER_BYTES_MAX / 2);
    expect(bytes.hasRoom('c', false)).to.equal(false);
  });
});
