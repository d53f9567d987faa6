// Numbers of a request that a double cannot represent: refused with their path, at every place of a body.
import { expect } from 'chai';
import fc from 'fast-check';
import { isHeld, numbersOutOfRange } from '../../../src/http/body/numbers.ts';
import { shapeOf } from '../../../src/http/body/shape.ts';
import { World } from '../../world/world.ts';

const AGENTS = '/zones/z1/agents';
const DEPTH_MAX = 72;

const held = ['0', '-0', '1.0', '1e2', '1E+2', '9007199254740991', '-9007199254740991', '1.00000000000000000001'];
const heldLarge = [
  '1e20',
  '1.5e300',
  '1.7976931348623157e308',
  '-1e23',
  '1e-400',
  '0e999999',
  '0.1',
  '123456789012345.5',
];
const changed = [
  '9007199254740992',
  '-9007199254740993',
  '9007199254740993.0',
  '9007199254740993e0',
  '90071992547409931e-1',
];
const endless = ['1e400', '-1e309', '1.8e308', `1${'0'.repeat(400)}`, `${'9'.repeat(400)}.5`, '12345678901234567890.5'];

describe('a number in JSON text', () => {
  for (const literal of [...held, ...heldLarge]) {
    it(`${literal} is taken`, () => expect(isHeld(literal)).to.equal(true));
  }

  for (const literal of [...changed, ...endless]) {
    it(`${literal.slice(0, 30)} is found, with its path`, () => {
      const text = `{"a":"1e999","b\\n":[true,{"c":${literal}}],"d":1}`;
      expect(shapeOf(text, DEPTH_MAX).hasLongNumber).to.equal(true);
      expect(numbersOutOfRange(text).map(({ path }) => path)).to.deep.equal([['b\n', '1', 'c']]);
    });
  }

  it('is checked only if it has an exponent or more than 15 digits', () => {
    const short = '{"id":"019a-5e12-1234567890123456","n":[999999999999999,-1.5,true,false,null]}';
    expect(shapeOf(short, DEPTH_MAX)).to.deep.equal({ nestsTooDeep: false, hasLongNumber: false });
    expect(shapeOf('{"n":1e2}', DEPTH_MAX).hasLongNumber).to.equal(true);
  });

  it('is found in a bounded number of places', () => {
    expect(numbersOutOfRange(`[${Array(1000).fill('1e999').join(',')}]`)).to.have.length(20);
  });

  it('that JSON.stringify wrote is found exactly if it is not a safe integer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.maxSafeInteger(), (value, integer) => {
        expect(numbersOutOfRange(JSON.stringify({ value: scaled(value), integer }))).to.deep.equal([]);
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 80n }), fc.jsonValue(), (integer, value) => {
        const text = `{"before":${JSON.stringify(scaled(value))},"here":[0,${integer}],"after":1}`;
        expect(numbersOutOfRange(text).map(({ path }) => path)).to.deep.equal([['here', '1']]);
      }),
    );
  });
});

/** Integers beyond 2^53 - 1 that JSON.stringify writes without exponent are what the other property is about. */
const scaled = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'number' && Math.abs(each) > Number.MAX_SAFE_INTEGER && Math.abs(each) < 1e21 ? 1 : each,
  ) as unknown;

describe('a request with a number that a double cannot hold', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  const refusedAt = async (method: string, path: string, body: string) => {
    const answer = await world.call(method, path, body);
    expect([answer.status, answer.body['error']]).to.deep.equal([400, 'number_out_of_range']);
    return (answer.body['details'] as { readonly issues: readonly { readonly path: string[] }[] }).issues[0]?.path;
  };

  it('is refused in metadata, and nothing is stored', async () => {
    const body = '{"application_id":"app-a","metadata":{"rows":[1,{"id":9007199254740993}]}}';
    expect(await refusedAt('POST', AGENTS, body)).to.deep.equal(['metadata', 'rows', '1', 'id']);
    expect((await world.call('GET', AGENTS)).body['items']).to.deep.equal([]);
  });

  it('is refused in a field of its own, and in a field that is ignored', async () => {
    expect(await refusedAt('POST', AGENTS, '{"application_id":"app-a","ttl_seconds":1e400}')).to.deep.equal([
      'ttl_seconds',
    ]);
    expect(await refusedAt('POST', '/v1/begin', '{"x":-1e999}')).to.deep.equal(['x']);
  });

  it('is refused in the params of an invocation', async () => {
    const service = await world.call('POST', '/zones/z1/agent-services', {
      application_id: 'app-a',
      endpoint_url: 'https://a.example/',
    });
    const id = String(service.body['service_id'] ?? service.body['id']);
    const body = `{"service_id":"${id}","method":"run","idempotency_key":"k","params":{"n":12345678901234567890}}`;
    expect(await refusedAt('POST', '/zones/z1/invocations', body)).to.deep.equal(['params', 'n']);
  });

  it('is not searched for in text that is not JSON', async () => {
    const answer = await world.call('POST', AGENTS, '{"n":1e999');
    expect(answer.body['error']).to.equal('invalid_json');
  });

  it('does not affect the other numbers', async () => {
    const metadata = '{"a":1e20,"b":-0.5,"c":9007199254740991,"d":1.5e+300}';
    const { body } = await world.call('POST', AGENTS, `{"application_id":"app-a","metadata":${metadata}}`);
    expect(body['metadata']).to.deep.equal(JSON.parse(metadata));
  });
});
