// The document itself: that it is OpenAPI 3.1, tells of every route and of nothing else, and that its examples are examples of
// what it says. Whether the server answers as told is the conformance test's to see.
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { routes } from '../../src/http/routes/routes.ts';
import { refusals } from '../../src/refusals.ts';
import { Documented, type Json } from '../world/documented.ts';
import { World } from '../world/world.ts';
import { openApiShape } from './openapi-shape.ts';

/** Answered before a request has a route, or where it has none. */
const WITHOUT_ROUTE = [
  'invalid_request',
  'headers_too_large',
  'not_found',
  'method_not_allowed',
  // Streams are told of beside the calls.
  'inspector_viewer_limit_exceeded',
  'upgrade_required',
];

/** Served beside the rows. */
const OTHERS = [
  'GET /zones/{zoneId}/events',
  'GET /health',
  'GET /ready',
  'GET /.well-known/jwks.json',
  'GET /openapi.json',
  'POST /v1/verify',
  'GET /metrics',
  'GET /stats',
  'POST /inspector/tickets',
  'GET /inspector/zones',
  'GET /inspector/path',
];

/** Every value in the document, with the names that lead to it. */
function* walk(value: unknown, way: readonly string[] = []): Generator<readonly [readonly string[], unknown]> {
  yield [way, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) yield* walk(member, [...way, name]);
}

const isRequest = (name: string) => !['headers', 'examples', 'example'].includes(name);

describe('the document of the API', () => {
  let world: World;
  let documented: Documented;
  before(async () => {
    world = await World.create();
    documented = await Documented.of(world);
  });
  after(() => world.destroy());

  const at = (pointer: string): unknown =>
    pointer
      .split('/')
      .slice(1)
      .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((value, name) => (value as Json | undefined)?.[name], documented.document);
  const templates = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');

  it('has the shape of OpenAPI 3.1', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
    const fits = ajv.compile(openApiShape);
    fits(documented.document);
    expect(fits.errors ?? []).to.deep.equal([]);
    const { openapi, info } = documented.document as { openapi: string; info: { version: string } };
    expect(openapi).to.match(/^3\.1\.\d+$/);
    expect(info.version).to.equal(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });

  it('holds schemas of JSON Schema 2020-12 only', () => {
    const ajv = new Ajv2020({ strict: false });
    const schemas = [...walk(documented.document)].filter(([way]) => {
      const isNamed = way.length === 3 && way[0] === 'components' && way[1] === 'schemas';
      return isNamed || (way.at(-1) === 'schema' && way.every(isRequest));
    });
    expect(schemas.length).to.be.greaterThan(400);
    const bad = schemas.filter(([, schema]) => ajv.validateSchema(schema as Json) !== true);
    expect(bad.map(([way]) => way.join('/'))).to.deep.equal([]);
  });

  it('uses none of the keywords that only this project knows', () => {
    const ours = ['instant', 'webEndpoint', 'nestsAtMost', 'trimmedLength', 'wholeNumber', '~kind', '~optional'];
    const used = [...walk(documented.document)].filter(([way]) => ours.includes(way.at(-1) ?? ''));
    expect(used.map(([way]) => way.join('/'))).to.deep.equal([]);
  });

  it('refers to nothing that is not there', () => {
    const references = [...walk(documented.document)].filter(([way]) => way.at(-1) === '$ref');
    expect(references.length).to.be.greaterThan(500);
    const lost = references.filter(([, pointer]) => at(String(pointer)) === undefined);
    expect(lost).to.deep.equal([]);
  });

  it('names every operation once', () => {
    const ids = documented.operations.map(({ id }) => id);
    expect(ids).to.have.length(new Set(ids).size);
    for (const id of ids) expect(id).to.match(/^[a-z][A-Za-z]+$/);
  });

  it('declares what differs in a path, all of it and nothing else', () => {
    for (const { path, told } of documented.operations) {
      const declared = told.parameters.filter((each) => each['in'] === 'path').map(({ name }) => name);
      expect(declared, path).to.deep.equal(Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name));
    }
  });

  it('tells of every route and of nothing else', () => {
    const served = [...routes.map(({ method, path }) => `${method} ${templates(path)}`), ...OTHERS];
    const told = documented.operations.map(({ method, path }) => `${method} ${path}`);
    expect(told.toSorted()).to.deep.equal(served.toSorted());
  });

  it('tells of the methods that the server takes on each path', async () => {
    for (const path of new Set(documented.operations.map((each) => each.path))) {
      const answer = await world.call('OPTIONS', path.replaceAll(/\{\w+\}/g, 'x'), undefined, { token: null });
      const taken = (answer.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD');
      const told = documented.operations.filter((each) => each.path === path).map(({ method }) => method);
      expect(taken, path).to.deep.equal(told.toSorted());
    }
  });

  it('leaves out the keys where somebody else issues the tokens', async () => {
    const other = await World.create({ ISSUER_URL: 'https://issuer.example', STS_URL: 'https://sts.example' });
    try {
      const { operations } = await Documented.of(other);
      const ids = operations.map(({ id }) => id);
      expect(ids).to.include('getHealth');
      expect(ids).to.not.include('getKeys');
    } finally {
      await other.destroy();
    }
  });

  it('knows every refusal', () => {
    const examples = Object.keys(at('/components/examples') as Json);
    expect([...examples, ...WITHOUT_ROUTE].toSorted()).to.deep.equal(Object.keys(refusals).toSorted());
  });

  it('gives an example of every body and of every answer, and each is one', () => {
    let examples = 0;
    const check = (place: readonly string[], value: unknown) => {
      examples += 1;
      expect(documented.invalid(place, value), place.join('/')).to.deep.equal([]);
    };
    for (const { path, method, told } of documented.operations) {
      const way = ['paths', path, method.toLowerCase()];
      for (const [type, { example }] of Object.entries(told.requestBody?.content ?? {})) {
        check([...way, 'requestBody', 'content', type, 'schema'], example);
      }
      for (const [status, { content = {} }] of Object.entries(told.responses)) {
        for (const [type, { examples: given }] of Object.entries(content as Record<string, { examples: Json }>)) {
          expect(given, `${path} ${status}`).to.not.deep.equal({});
          for (const each of Object.values(given) as { $ref?: string; value?: unknown }[]) {
            const { value } = each.$ref === undefined ? each : (at(each.$ref.slice(1)) as { value: unknown });
            check([...way, 'responses', status, 'content', type, 'schema'], value);
          }
        }
      }
    }
    expect(examples).to.be.greaterThan(700);
  });

  it('is served once and then known', async () => {
    const { headers } = await world.call('GET', '/openapi.json', undefined, { token: null });
    const known = `GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\nif-none-match: ${headers.get('etag')}\r\n\r\n`;
    expect(await world.raw(known)).to.match(/^HTTP\/1\.1 304 /);
  });

  it('shows in a test what it does not tell of', async () => {
    const operation = documented.find('GET', '/health');
    const answer = await world.call('GET', '/health', undefined, { token: null });
    if (!operation) throw new Error('not found');
    expect(documented.problems(operation, answer)).to.deep.equal([]);
    const astray = [
      { ...answer, status: 201 },
      { ...answer, text: '{"ok":false}' },
      { ...answer, text: '{"ok":true,"more":1}' },
      { ...answer, text: '{}' },
      { ...answer, headers: new Headers() },
      { ...answer, headers: new Headers({ 'x-request-id': 'x', 'retry-after': '1' }) },
    ];
    for (const each of astray) expect(documented.problems(operation, each)).to.not.deep.equal([]);
  });
});
