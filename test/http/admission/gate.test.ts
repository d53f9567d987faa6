// The order in which requests are admitted, how many at a time, and which are refused. Contract section 1, row Cost.
import { expect } from 'chai';
import {
  CALLER_IN_FLIGHT_MAX,
  CALLER_WAITING_MAX,
  WAIT_CHECK_MS,
  WAIT_MS_MAX,
} from '../../../src/http/admission/limits.ts';
import { GatedServer, type Answer } from './gated-server.ts';

const ONE = '/zones/z1/agents/one';

describe('the gate', () => {
  let server: GatedServer;
  beforeEach(async () => {
    server = new GatedServer();
    await server.listen();
  });
  afterEach(() => server.close());

  /** Sends `count` requests of an application, each on its own connection; the first are in flight, the others wait. */
  const flood = async (count: number, token: string, path = ONE): Promise<Promise<Answer>[]> => {
    const before = server.gate.inFlight + server.gate.waiting;
    const answers = Array.from({ length: count }, () => server.ask('GET', path, token));
    await server.until(() => server.gate.inFlight + server.gate.waiting === before + count);
    return answers;
  };
  const refusalIn = ({ status, body }: Answer) => [status, JSON.parse(body).code, JSON.parse(body).details];

  it('admits a bounded number of requests of one caller, and the others as these end', async () => {
    const answers = await flood(CALLER_IN_FLIGHT_MAX + 20, 'app-a');
    expect([server.handled.length, server.gate.waiting]).to.deep.equal([CALLER_IN_FLIGHT_MAX, 20]);
    server.handled[0]?.answer();
    await server.until(() => server.gate.waiting === 19);
    expect(server.handled).to.have.length(CALLER_IN_FLIGHT_MAX);
    server.answerAll();
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).to.deep.equal(new Set([200]));
    expect([server.most, server.gate.inFlight, server.gate.waiting]).to.deep.equal([CALLER_IN_FLIGHT_MAX, 0, 0]);
  });

  it('admits other callers meanwhile, and counts applications of the same address separately', async () => {
    const waiting = await flood(CALLER_IN_FLIGHT_MAX + 20, 'app-a');
    for (const token of ['app-b', 'unproven']) {
      const other = server.ask('GET', '/zones/z1/other', token);
      await server.until(() => server.handled.some(({ path }) => path === '/zones/z1/other'));
      server.handled.find(({ path }) => path === '/zones/z1/other')?.answer();
      expect((await other).status).to.equal(200);
    }
    server.answerAll();
    await Promise.all(waiting);
  });

  it('admits stops, verifications, probes and the operator, although other requests wait', async () => {
    const waiting = [
      ...(await flood(CALLER_IN_FLIGHT_MAX + 20, 'app-a')),
      ...(await flood(CALLER_IN_FLIGHT_MAX + 20, 'unproven')),
    ];
    for (const [method, path, token] of [
      ['PATCH', '/zones/z1/agents/x/suspend', 'app-a'],
      ['DELETE', '/zones/z1/agents/x', 'app-a'],
      ['PATCH', '/zones/z1/delegations/x/revoke?dry_run=true', 'app-a'],
      ['POST', '/v1/end', 'unproven'],
      ['POST', '/V1/revoke-delegation', 'app-a'],
      ['POST', '/v1/verify', ''],
      ['GET', '/health', ''],
      ['GET', '/ready', ''],
      ['GET', '/zones/z1/agents?limit=500', 'operator'],
    ] as const) {
      const urgent = server.ask(method, path, token);
      await server.until(() => server.handled.some((each) => each.path === path));
      server.handled.find((each) => each.path === path)?.answer();
      expect((await urgent).status, path).to.equal(200);
    }
    server.answerAll();
    await Promise.all(waiting);
  });

  it('refuses requests beyond the queue of one caller, and names the limit', async () => {
    const waiting = await flood(CALLER_IN_FLIGHT_MAX + CALLER_WAITING_MAX, 'app-a');
    expect(refusalIn(await server.ask('GET', ONE, 'app-a'))).to.deep.equal([
      503,
      'overloaded',
      { retryable: true, limit: 'waiting_of_caller', requests_max: CALLER_WAITING_MAX },
    ]);
    expect(server.gate.refused).to.equal(1);
    const other = server.ask('GET', '/zones/z1/other', 'app-b');
    await server.until(() => server.handled.some(({ path }) => path === '/zones/z1/other'));
    server.answerAll();
    expect((await other).status, 'another caller').to.equal(200);
    await Promise.all(waiting);
  });

  it('refuses a request that has waited for too long', async () => {
    const waiting = await flood(CALLER_IN_FLIGHT_MAX, 'app-a');
    const late = server.ask('GET', ONE, 'app-a');
    await server.until(() => server.gate.waiting === 1);
    server.clock.advance(WAIT_MS_MAX - WAIT_CHECK_MS);
    expect(server.gate.waiting).to.equal(1);
    server.clock.advance(2 * WAIT_CHECK_MS);
    const details = { retryable: true, limit: 'wait', wait_ms_max: WAIT_MS_MAX };
    expect(refusalIn(await late)).to.deep.equal([503, 'overloaded', details]);
    server.answerAll();
    await Promise.all(waiting);
  });

  it('drops a waiting request whose client has left, and keeps its place for others', async () => {
    const waiting = await flood(CALLER_IN_FLIGHT_MAX, 'app-a');
    const left = server.pipeline(`GET ${ONE} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer app-a\r\n\r\n`);
    await server.until(() => server.gate.waiting === 1);
    left.close();
    await left.answers;
    const handledBefore = server.total;
    server.answerAll();
    await Promise.all(waiting);
    await server.until(() => server.gate.waiting === 0);
    expect([server.total, server.gate.inFlight]).to.deep.equal([handledBefore, 0]);
  });
});
