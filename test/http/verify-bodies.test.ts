// Invalid requests to `/v1/verify`: each is refused with `valid: false`.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { issue, verify } from './issuing.ts';

describe('/v1/verify refuses a body', () => {
  let world: World;
  before(async () => {
    world = await World.create({ COORDINATOR_BODY_LIMIT_BYTES: '45000' });
  });
  after(() => world.destroy());

  const bodies: readonly [string, string, Record<string, string>, number, string][] = [
    ['that is not JSON', '{"token":', {}, 400, 'invalid_json'],
    ['that is a list', '["x"]', {}, 400, 'invalid_body'],
    ['that is a string', '"x"', {}, 400, 'invalid_body'],
    ['with a token that is a number', '{"token":7}', {}, 400, 'invalid_body'],
    ['with a token that is a list', '{"token":["x"]}', {}, 400, 'invalid_body'],
    ['with an authorization that is an object', '{"authorization":{}}', {}, 400, 'invalid_body'],
    ['with a zone that is a number', '{"token":"x","zone_id":1}', {}, 400, 'invalid_body'],
    ['with a flag that is a string', '{"token":"x","require_agent":"true"}', {}, 400, 'invalid_body'],
    ['with a scope that is a list', '{"token":"x","required_scope":["a"]}', {}, 400, 'invalid_body'],
    ['of another type', '{"token":"x"}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['that is too large', `{"token":"${'x'.repeat(50_000)}"}`, {}, 413, 'payload_too_large'],
    ['that nests too deep', `{"token":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, {}, 400, 'invalid_body'],
  ];
  for (const [what, body, headers, status, code] of bodies) {
    it(what, async () => {
      const answer = await world.call('POST', '/v1/verify', body, { token: null, headers });
      expect(refusalOf(answer)).to.deep.equal([status, code]);
      expect(answer.body).to.include.keys('requestId', 'error_description').and.to.include({ valid: false });
    });
  }

  for (const [name, value] of [
    ['require_agnet', true],
    ['requireAgent', true],
    ['Token', 'x'],
    ['__proto__', { require_agent: true }],
    ['constructor', null],
    ['toString', 1],
    ['x'.repeat(1_000), 1],
  ] as const) {
    it(`with the unknown member ${name.slice(0, 20)}, though the token is good`, async () => {
      const token = await issue(world);
      const body = `{"token":${JSON.stringify(token)},${JSON.stringify(name)}:${JSON.stringify(value)}}`;
      const answer = await world.call('POST', '/v1/verify', body, { token: null });
      const issues = [{ path: [name.slice(0, 64)], message: 'is not a member of this body' }];
      expect([answer.status, answer.body]).to.deep.equal([
        400,
        { valid: false, error: 'invalid_request', details: { issues } },
      ]);
    });
  }

  it('with many unknown members, and names a few of them', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`member-${index}`, 1]));
    const answer = await verify(world, many);
    expect(answer.body).to.include({ valid: false, error: 'invalid_request' });
    expect(answer.body).to.have.nested.property('details.issues').that.has.length(20);
  });

  it('of which there are too many a minute, and says for how long', async () => {
    const limited = await World.create({ VERIFY_RATE_LIMIT_PER_MIN: '1' });
    try {
      await verify(limited, { token: 'x' });
      const answer = await verify(limited, { token: 'x' });
      expect(refusalOf(answer)).to.deep.equal([429, 'rate_limited']);
      expect(answer.body).to.include({ valid: false });
      expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60);
    } finally {
      await limited.destroy();
    }
  });

  it('as a problem too, with the reason', async () => {
    const headers = { accept: 'application/problem+json' };
    const answer = await world.call('POST', '/V1/verify', '{', { token: null, headers });
    expect(answer.body).to.include({ status: 400, error: 'invalid_json', valid: false });
  });

  it('and every method but POST', async () => {
    const answer = await world.call('GET', '/v1/verify', undefined, { token: null });
    expect([...refusalOf(answer), answer.headers.get('allow')]).to.deep.equal([405, 'method_not_allowed', 'POST']);
  });
});

describe('/v1/verify', () => {
  it('answers rate_limited as a problem document', async () => {
    const limited = await World.create({ VERIFY_RATE_LIMIT_PER_MIN: '1' });
    const headers = { accept: 'application/problem+json' };
    try {
      await verify(limited, { token: 'x' });
      const answer = await limited.call('POST', '/v1/verify', { token: 'x' }, { token: null, headers });
      expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
      expect([answer.status, answer.body['status']]).to.deep.equal([429, 429]);
      expect(answer.body).to.include({ error: 'rate_limited', valid: false });
      expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60);
    } finally {
      await limited.destroy();
    }
  });
});
