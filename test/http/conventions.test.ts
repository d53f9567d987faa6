// What holds for every route: bodies, ids, errors, request ids, methods, health. Contract sections 1 to 3 and the answers
// that the reference gets wrong.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('the conventions', () => {
  let world: World;
  before(async () => {
    world = await World.create({ COORDINATOR_BODY_LIMIT_BYTES: '20000' });
  });
  after(() => world.destroy());

  const post = (body: string, headers: Record<string, string> = {}) =>
    world.call('POST', AGENTS, body, { headers: { 'content-type': 'application/json', ...headers } });
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const withMetadata = (json: string) => `{"application_id":"app-a","metadata":${json}}`;

  describe('a body', () => {
    const refusals: readonly [string, string, Record<string, string>, number, string][] = [
      ['is not JSON', '{"a":', {}, 400, 'invalid_json'],
      ['is not UTF-8 JSON but a string', '"x"', {}, 400, 'invalid_body'],
      ['is a list', '[]', {}, 400, 'invalid_body'],
      ['is null', 'null', {}, 400, 'invalid_body'],
      ['has another type', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
      [
        'has another charset',
        '{}',
        { 'content-type': 'application/json; charset=latin1' },
        415,
        'unsupported_media_type',
      ],
      ['is compressed', '{}', { 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
      ['is too large', `{"a":"${'x'.repeat(20_000)}"}`, {}, 413, 'payload_too_large'],
      ['nests 9,000 levels', withMetadata(`{"a":${nested(9_000)}}`), {}, 400, 'invalid_body'],
      ['nests one level too many', withMetadata(`{"a":${nested(64)}}`), {}, 400, 'invalid_body'],
      ['has an empty parent_id', '{"application_id":"app-a","parent_id":""}', {}, 400, 'invalid_body'],
      ['has a NUL in a name', '{"application_id":"app-a","subject_session_id":"a\\u0000"}', {}, 400, 'invalid_body'],
      [
        'has a lone surrogate in a name',
        '{"application_id":"app-a","subject_session_id":"a\\ud800"}',
        {},
        400,
        'invalid_body',
      ],
      ['has a name of 256 characters', `{"application_id":"${'x'.repeat(256)}"}`, {}, 400, 'invalid_body'],
      [
        'has 33 labels',
        `{"application_id":"app-a","labels":${JSON.stringify(Array(33).fill('x'))}}`,
        {},
        400,
        'invalid_body',
      ],
      ['has a label of white space', '{"application_id":"app-a","labels":["  "]}', {}, 400, 'invalid_body'],
      [
        'has a label of 65 characters',
        `{"application_id":"app-a","labels":["${'x'.repeat(65)}"]}`,
        {},
        400,
        'invalid_body',
      ],
      ['has ttl_seconds 0', '{"application_id":"app-a","ttl_seconds":0}', {}, 400, 'invalid_body'],
      ['has ttl_seconds 86401', '{"application_id":"app-a","ttl_seconds":86401}', {}, 400, 'invalid_body'],
      ['has ttl_seconds 1.5', '{"application_id":"app-a","ttl_seconds":1.5}', {}, 400, 'invalid_body'],
      [
        'gives a service a TTL of a day and a second',
        '{"application_id":"app-a","lifecycle":"service","ttl_seconds":86401}',
        {},
        400,
        'invalid_body',
      ],
      ['has metadata that is a list', '{"application_id":"app-a","metadata":[]}', {}, 400, 'invalid_body'],
    ];
    for (const [what, body, headers, status, code] of refusals) {
      it(`is refused when it ${what}`, async () => {
        const answer = await post(body, headers);
        expect([answer.status, answer.body['error']]).to.deep.equal([status, code]);
        expect(answer.body).to.include.keys('error_description', 'requestId');
      });
    }

    it('without a content type is refused, and one that is empty counts as {}', async () => {
      const token = await world.token();
      const head = `POST ${AGENTS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${token}\r\n`;
      expect(await world.raw(`${head}content-length: 2\r\n\r\n{}`)).to.contain('unsupported_media_type');
      const empty = await world.raw(`${head}content-type: application/json\r\ncontent-length: 0\r\n\r\n`);
      expect(empty).to.contain('"path":["application_id"],"message":"is required"');
    });

    it('names every field that does not fit', async () => {
      const { body } = await post('{"lifecycle":"x","labels":[1],"ttl_seconds":"9"}');
      const { issues } = body['details'] as { issues: { path: string[]; message: string }[] };
      expect(issues.map(({ path }) => path.join('.')).toSorted()).to.deep.equal([
        'application_id',
        'labels.0',
        'lifecycle',
        'ttl_seconds',
      ]);
      for (const { message } of issues) expect(message).to.be.a('string').and.not.equal('');
    });

    it('and a query are told what would fit, where it is a matter of form', async () => {
      const told = async (method: string, path: string, sent?: object) => {
        const { body } = await world.call(method, path, sent);
        return (body['details'] as { issues: { message: string }[] }).issues.map(({ message }) => message);
      };
      const letters = 'must be 1 to 128 letters, digits, or _ . - :';
      expect(await told('POST', '/v1/end', { zone_id: 'z 1', agent_session_id: 'x' })).to.deep.equal([letters]);
      expect(await told('GET', `${AGENTS}?limit=ten`)).to.contain('must be decimal digits');
      const [nul] = await told('POST', AGENTS, { application_id: 'a\0' });
      expect(nul).to.equal('must have no control characters and no lone surrogates');
    });

    it('may hold anything in metadata, 64 levels deep, and gives it back', async () => {
      const metadata = `{"a":${nested(63)},"__proto__":{"x":1},"constructor":{"prototype":null},"n":"\\u0000","s":"\\ud800"}`;
      const answer = await post(withMetadata(metadata));
      expect(answer.status).to.equal(201);
      const { text } = await world.call('GET', `${AGENTS}/${String(answer.body['agent_session_id'])}`);
      expect(text).to.contain('"__proto__":{"x":1},"constructor":{"prototype":null},"n":"\\u0000","s":"\\ud800"');
      expect(({} as { x?: number }).x).to.equal(undefined);
    });

    it('may be as large as the limit, and grow when it is written anew', async () => {
      const numbers = withMetadata(`{"n":[${Array(3_900).fill('1e20').join(',')}]}`);
      expect((await post(numbers)).status).to.equal(201);
    });

    it('may have unknown fields, a byte order mark, and a charset', async () => {
      const answer = await post('\ufeff{"application_id":"app-a","whatever":1}', {
        'content-type': 'application/json; charset=UTF-8',
      });
      expect(answer.status).to.equal(201);
    });

    it('on PATCH and on DELETE of a session has to be JSON', async () => {
      const id = await world.session();
      for (const [method, path] of [
        ['PATCH', `${AGENTS}/${id}/suspend`],
        ['DELETE', `${AGENTS}/${id}`],
      ] as const)
        expect((await world.call(method, path, '{nope')).body['error']).to.equal('invalid_json');
      const answer = await world.call('DELETE', `${AGENTS}/${id}`, { reason: 'done' });
      expect([answer.status, answer.headers.get('coordinator-ignored')]).to.deep.equal([204, 'reason']);
    });

    it('on DELETE of a directory row is ignored', async () => {
      const options = { token: OPERATOR_TOKEN };
      const path = '/zones/z1/applications/app-z';
      await world.call('PUT', path, { registration_method: 'managed' }, options);
      expect((await world.call('DELETE', path, '{nope', options)).status).to.be.below(300);
    });
  });

  describe('a path', () => {
    for (const id of ['a%20b', '%00', 'a%2Fb', '%zz', 'x'.repeat(129), 'ä']) {
      it(`with the id ${id.slice(0, 12)} is refused`, async () => {
        const { status, body } = await world.call('GET', `${AGENTS}/${id}`);
        expect([status, body['error']]).to.deep.equal([400, 'invalid_params']);
      });
    }

    it('with an id of 128 characters is understood', async () => {
      const { status, body } = await world.call('GET', `${AGENTS}/${'x'.repeat(128)}`);
      expect([status, body['error']]).to.deep.equal([404, 'agent_not_found']);
    });

    it('that leads nowhere is 404, and with another method 405 with Allow', async () => {
      const nowhere = await world.call('GET', '/nowhere');
      expect([nowhere.status, nowhere.body['error']]).to.deep.equal([404, 'not_found']);
      const other = await world.call('PUT', AGENTS);
      expect([other.status, other.body['error'], other.headers.get('allow')]).to.deep.equal([
        405,
        'method_not_allowed',
        'GET, HEAD, POST',
      ]);
    });

    it('takes HEAD wherever it takes GET', async () => {
      const { status, text } = await world.call('HEAD', AGENTS);
      expect([status, text]).to.deep.equal([200, '']);
    });
  });

  describe('a reason', () => {
    for (const reason of ['', 'x'.repeat(257), '%00']) {
      it(`of ${reason.length} characters "${reason.slice(0, 5)}" is refused`, async () => {
        const { body } = await world.call('DELETE', `${AGENTS}/x?reason=${reason}`);
        expect(body['error']).to.equal('invalid_query');
      });
    }
  });

  describe('a request id', () => {
    it('of the caller is echoed where it is one, on errors too', async () => {
      const good = await world.call('GET', '/nowhere', undefined, { headers: { 'x-request-id': 'abc:1.2_3-4' } });
      expect([good.headers.get('x-request-id'), good.body['requestId']]).to.deep.equal(['abc:1.2_3-4', 'abc:1.2_3-4']);
      const bad = await world.call('GET', '/health', undefined, { headers: { 'x-request-id': 'a b' } });
      expect(bad.headers.get('x-request-id')).to.match(/^[0-9a-f-]{36}$/);
    });

    it('has no trace beside it where `traceparent` is none, and has that of a later version', async () => {
      const trace = '0af7651916cd43dd8448eb211c80319c';
      const heard = async (traceparent: string) => {
        const id = await world.session({}, { headers: { traceparent } });
        const { body } = await world.call('GET', `${AGENTS}/${id}/history`);
        return (body['items'] as { by: { trace_id: unknown } }[])[0]?.by.trace_id;
      };
      const ours = `${trace}-b7ad6b7169203331-01`;
      for (const known of [`00-${ours}`, `01-${ours}`, `cc-${ours}-what-comes`])
        expect(await heard(known)).to.equal(trace);
      for (const none of [
        `00-${ours}-what-comes`,
        `00-${ours}-`,
        `00-${ours}.`,
        `ff-${ours}`,
        `00-${ours.toUpperCase()}`,
      ])
        expect(await heard(none), none).to.equal(null);
    });

    it('and a trace id go into the journal', async () => {
      const trace = '0af7651916cd43dd8448eb211c80319c';
      const id = await world.session(
        {},
        { headers: { 'x-request-id': 'r-9', traceparent: `00-${trace}-b7ad6b7169203331-01` } },
      );
      const { body } = await world.call('GET', `${AGENTS}/${id}/history`);
      expect((body['items'] as { by: object }[])[0]?.by).to.include({ request_id: 'r-9', trace_id: trace });
    });
  });

  describe('a caller', () => {
    const codeOf = async (token: string | null, path = AGENTS) => {
      const { status, body } = await world.call('GET', path, undefined, { token });
      return [status, body['error']];
    };

    it('has to say who it is, before anything is validated', async () => {
      expect(await codeOf(null)).to.deep.equal([401, 'missing_token']);
      expect(await codeOf('nonsense')).to.deep.equal([401, 'invalid_token']);
      expect(await codeOf(null, `${AGENTS}?limit=x`)).to.deep.equal([401, 'missing_token']);
    });

    it('has to be of the zone, also where the path is ill-formed only behind it', async () => {
      expect(await codeOf(await world.token({ zone: 'z2' }))).to.deep.equal([403, 'zone_mismatch']);
    });

    it('may be the operator, in any zone', async () => {
      expect(
        (await world.call('GET', '/zones/never-used/agents', undefined, { token: OPERATOR_TOKEN })).body,
      ).to.deep.equal({ items: [], next_cursor: null });
    });
  });

  it('answer bytes that are no request in the same shape', async () => {
    const garbage = await world.raw('nonsense\r\n\r\n');
    expect(garbage)
      .to.match(/^HTTP\/1.1 400 /)
      .and.to.contain('"error":"invalid_request"');
    const headers = await world.raw(`GET /health HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(headers)
      .to.match(/^HTTP\/1.1 431 /)
      .and.to.contain('"error":"headers_too_large"');
  });

  it('answer probes without a token', async () => {
    expect((await world.call('GET', '/health', undefined, { token: null })).body).to.deep.equal({ ok: true });
    const { status, body } = await world.call('GET', '/ready', undefined, { token: null });
    expect([status, body['ok'], body['zones_faulted']]).to.deep.equal([200, true, []]);
  });

  it('serve the own issuer’s public keys, without anything private', async () => {
    await world.token();
    const { body } = await world.call('GET', '/.well-known/jwks.json?zone_id=z1', undefined, { token: null });
    const [key] = body['keys'] as Record<string, unknown>[];
    expect(key).to.include({ kty: 'EC', crv: 'P-256' }).and.not.to.have.property('d');
  });
});
