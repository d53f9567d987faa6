// Pipelined requests: a bounded number of one connection is carried out at a time, and the others wait. The server keeps a
// bounded number of them for each connection.
import { expect } from 'chai';
import { CONNECTION_HELD_MAX, CONNECTION_IN_FLIGHT_MAX } from '../../../src/http/admission/limits.ts';
import { GatedServer } from './gated-server.ts';

const requests = (count: number, last = '', each = ''): string =>
  Array.from(
    { length: count },
    (_, index) => `GET /${index} HTTP/1.1\r\nhost: x\r\n${each}${index === count - 1 ? last : ''}\r\n`,
  ).join('');
const CLOSE = 'connection: close\r\n';
const pathsIn = (answers: string): string[] => [...answers.matchAll(/\r\n\r\n\/(\d+)/g)].map(([, path = '']) => path);
const first = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

describe('pipelined requests of one connection', () => {
  let server: GatedServer;
  beforeEach(async () => {
    server = new GatedServer();
    await server.listen();
  });
  afterEach(() => server.close());

  it('are carried out eight at a time, and all of them in the end', async () => {
    const { answers } = server.pipeline(requests(100, CLOSE));
    await server.until(() => server.gate.waiting === 100 - CONNECTION_IN_FLIGHT_MAX);
    expect(server.handled).to.have.length(CONNECTION_IN_FLIGHT_MAX);
    server.handled[0]?.answer();
    await server.until(() => server.handled.at(-1)?.path === '/8');
    expect(server.handled).to.have.length(CONNECTION_IN_FLIGHT_MAX);
    server.answerAll();
    expect(pathsIn(await answers)).to.deep.equal(first(100));
    expect(server.most).to.equal(CONNECTION_IN_FLIGHT_MAX);
  });

  it('are read further once fewer wait, for any total number', async () => {
    server.answerAll();
    const { answers } = server.pipeline(requests(3_000, CLOSE, `authorization: Bearer ${'x'.repeat(400)}\r\n`));
    expect(pathsIn(await answers)).to.deep.equal(first(3_000));
  });

  it('end the connection beyond the bound, after the answers of all accepted requests', async () => {
    const taken = CONNECTION_IN_FLIGHT_MAX + CONNECTION_HELD_MAX;
    const { answers } = server.pipeline(requests(taken + 100));
    await server.until(() => server.gate.waiting === CONNECTION_HELD_MAX);
    server.answerAll();
    const received = await answers;
    expect(pathsIn(received)).to.deep.equal(first(taken));
    expect(received.match(/connection: close/gi)).to.have.length(1);
    expect([server.total, server.gate.waiting]).to.deep.equal([taken, 0]);
  });

  it('are forgotten with their connection', async () => {
    const { answers, close } = server.pipeline(requests(50));
    await server.until(() => server.gate.waiting === 50 - CONNECTION_IN_FLIGHT_MAX);
    close();
    server.answerAll();
    await answers;
    await server.until(() => server.gate.waiting === 0);
    expect(server.gate.inFlight).to.equal(0);
  });
});
