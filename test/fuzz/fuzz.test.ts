// Ten thousand generated requests, valid, mutated and hostile, against a process of its own; `npm run fuzz` sends more. And that
// whoever judges the answers notices what is wrong with one.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { seed } from '../world/seed.ts';
import { World, type Answered } from '../world/world.ts';
import { Fuzz, type Report } from './fuzz.ts';
import { wrongAnswers, wrongWith } from './judge.ts';
import { Wire } from './wire.ts';

const REQUESTS = 10_000;
/** What a heap may grow by while code is compiled; a stream that is kept for ever weighs as much within minutes. */
const GROWTH_BYTES_MAX = 6 * 1024 * 1024;

describe('a coordinator that is sent anything', function () {
  this.timeout(240_000);
  let report: Report;
  before(async () => {
    report = await Fuzz.run(REQUESTS, seed('the requests'));
  });

  it('answers everything as the document says, fails at nothing, and has stored what folds to the same', () => {
    expect(report.failures).to.deep.equal([]);
    expect(report.requests).to.be.at.least(REQUESTS);
  });

  it('took a valid request of every operation', () => {
    expect(report.untaken).to.deep.equal([]);
    expect(report.statuses).to.include.all.keys(
      '200',
      '201',
      '204',
      '400',
      '401',
      '403',
      '404',
      '405',
      '409',
      '413',
      '431',
    );
    expect(report.entries).to.be.greaterThan(REQUESTS / 20);
  });

  it('is no larger for it', () => {
    const [, early = 0, ...later] = report.heap;
    expect(later.length).to.be.greaterThan(1);
    expect(Number(later.at(-1)) - early).to.be.lessThan(GROWTH_BYTES_MAX);
  });
});

describe('the judge of the answers', () => {
  let answer: Answered;
  before(async () => {
    const world = await World.create();
    answer = await world.call('GET', '/zones/z1/agents');
    await world.destroy();
  });

  it('takes what is documented', () => {
    expect(wrongWith('GET', '/zones/z1/agents', answer)).to.equal(null);
  });

  const astray: Readonly<Record<string, (given: Answered) => Answered | null>> = {
    'none at all': () => null,
    'an error of the server': (given) => ({ ...given, status: 503 }),
    'a status that is not documented': (given) => ({ ...given, status: 201 }),
    'a field too many': (given) => ({ ...given, text: '{"items":[],"next_cursor":null,"more":1}' }),
    'one without a name': (given) => ({ ...given, headers: new Headers() }),
    'half a refusal': (given) => ({ ...given, status: 404, body: { error: 'not_found' } }),
    'half a problem': ({ headers, ...given }) => {
      const problem = new Headers([...headers, ['content-type', 'application/problem+json']]);
      problem.set('content-type', 'application/problem+json');
      return { ...given, headers: problem, body: { status: 404 } };
    },
  };
  for (const [what, alter] of Object.entries(astray)) {
    it(`does not take ${what}`, () => {
      expect(wrongWith('GET', '/zones/z1/agents', alter(answer))).to.be.a('string');
    });
  }

  it('does not take more answers than there were requests, or another than garbage has to have', () => {
    const garbage = { what: 'x', bytes: Buffer.alloc(0), answersMax: 1, status: 400 };
    expect(wrongAnswers(garbage, [{ ...answer, status: 400 }])).to.equal(null);
    for (const answers of [[], [answer], [{ ...answer, status: 400 }, answer]]) {
      expect(wrongAnswers(garbage, answers)).to.be.a('string');
    }
  });

  for (const bytes of [
    'nonsense\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx-a : b\r\n\r\n',
    'HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n{',
  ]) {
    it(`does not take ${JSON.stringify(bytes)} for HTTP`, async () => {
      const server = createServer((socket) => socket.end(bytes)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const wire = await Wire.open(`http://127.0.0.1:${port}`);
      const outcome = await wire.ask(Buffer.from('x'), false).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(Error);
      server.close();
    });
  }
});
