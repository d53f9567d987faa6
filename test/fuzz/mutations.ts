// What can be wrong with a request, one thing at a time: in its body as a value and as bytes, in its path, its query string, its
// headers, its bearer, its method.
import type { Random } from '../process/parts/random.ts';
import type { Json } from '../world/documented.ts';
import type { FuzzRequest } from './requests.ts';
import { hostile } from './values.ts';

type Mutate = (request: FuzzRequest, random: Random) => FuzzRequest;

type Container = Record<string | number, unknown>;

/** Every object and list in a value, itself first. */
const containersOf = (value: unknown): Container[] => {
  const found: Container[] = [];
  const waiting = [value];
  for (let each = waiting.pop(); waiting.length > 0 || each !== undefined; each = waiting.pop()) {
    if (typeof each !== 'object' || each === null) continue;
    found.push(each as Container);
    waiting.push(...Object.values(each));
  }
  return found;
};

const altered = (body: unknown, random: Random, alter: (container: Container, name: string) => void): unknown => {
  const copy = structuredClone(body ?? {});
  const container = random.of(containersOf(copy)) ?? {};
  alter(container, random.of(Object.keys(container)) ?? 'x');
  return copy;
};

const put = (container: Container, name: string, value: unknown): void => {
  Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true });
};

const replaceValue: Mutate = (request, random) => ({
  ...request,
  body: altered(request.body, random, (container, name) => put(container, name, hostile(random))),
});

const bodyOf = ({ body }: FuzzRequest): Json => (typeof body === 'object' && body !== null ? (body as Json) : {});

const replaceDeclared: Mutate = (request, random) => {
  const fields = Object.keys(bodyOf(request));
  return { ...request, body: { ...bodyOf(request), [random.of(fields) ?? 'x']: hostile(random) } };
};

const dropField: Mutate = (request, random) => ({
  ...request,
  body: altered(request.body, random, (container, name) => Reflect.deleteProperty(container, name)),
});

const addField: Mutate = (request, random) => ({
  ...request,
  body: altered(request.body, random, (container) => put(container, random.of(NAMES) ?? '', hostile(random))),
});
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'zone_id',
  'id',
  'status',
  'extra',
  '',
  '\0',
  '$ref',
];

const replaceBody: Mutate = (request, random) => ({ ...request, body: hostile(random) });

const jsonOf = ({ body }: FuzzRequest): Buffer => Buffer.from(JSON.stringify(body ?? { x: 1 }));

const flipBytes: Mutate = (request, random) => {
  const bytes = jsonOf(request);
  for (let flips = random.between(1, 4); flips > 0; flips -= 1) bytes[random.below(bytes.length)] = random.below(256);
  return { ...request, bytes };
};

const cutBody: Mutate = (request, random) => {
  const bytes = jsonOf(request);
  return { ...request, bytes: bytes.subarray(0, random.below(bytes.length)) };
};

const strangeText: Mutate = (request, random) => ({ ...request, bytes: Buffer.from(random.of(TEXTS) ?? '', 'latin1') });
const TEXTS = [
  '',
  ' ',
  'null',
  '[]',
  '"x"',
  '1e999',
  '{"a":1e999}',
  '{"ttl_seconds":1E400}',
  '{"application_id":"a","application_id":"b"}',
  '{"__proto__":{"x":1},"constructor":{"prototype":1}}',
  "{'a':1}",
  '{"a":1,}',
  '{"a":01}',
  '{"a":NaN}',
  '{"a":"\\ud800"}',
  '{"a":"\\u0000"}',
  '{"a":"\0"}',
  '\xef\xbb\xbf{}',
  '\xff\xfe{\0}\0',
  '{"a":"\xc0\x80"}',
  '{"a":"\xed\xa0\x80"}',
  '{} {}',
  '/**/{}',
  '['.repeat(30_000),
  '{"a":'.repeat(8_000),
  `{"a":${'['.repeat(80)}${']'.repeat(80)}}`,
  `{"a":"${'\\'.repeat(20_001)}`,
  `{"a":${'9'.repeat(20_000)}}`,
  'x'.repeat(70_000),
];

const strangeId: Mutate = (request, random) => {
  const parts = request.path.split('/');
  parts[random.between(1, parts.length - 1)] = random.of(SEGMENTS) ?? '';
  return { ...request, path: parts.join('/') };
};
const SEGMENTS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%2f',
  '%00',
  '%',
  '%zz',
  '%c0%80',
  '%ed%a0%80',
  '%F0%9F%99%82',
  '__proto__',
  'constructor',
  ':zoneId',
  '*',
  '(.*)',
  'a'.repeat(128),
  'a'.repeat(129),
  'a'.repeat(8_000),
  ';x=1',
  '\xe9',
  '"',
  '<script>',
  'z1%0d%0ax-injected:1',
];

const addQuery: Mutate = (request, random) => {
  const declared = request.operation.told.parameters
    .filter((each) => each['in'] === 'query')
    .map(({ name }) => String(name));
  const name = random.of([...declared, ...declared, '__proto__', 'a[b]', 'a[]', '%', '%00', '']) ?? '';
  const strange: [string, string] = [name, random.of(QUERIES) ?? ''];
  return {
    ...request,
    query: random.below(3) === 0 ? [...request.query, strange, strange] : [...request.query, strange],
  };
};
const QUERIES = [
  '',
  '0',
  '-1',
  '501',
  '1e3',
  '00001',
  '99999999999999999999',
  'true',
  'TRUE',
  '%00',
  '%',
  '%ff',
  '+',
  'a%0d%0ab',
  'x'.repeat(300),
  'x'.repeat(9_000),
  '__proto__',
  '1.0000001',
  '999999999999999',
  'caracal.agents.lifecycle,,',
];

const strangeHeader: Mutate = (request, random) => ({
  ...request,
  headers: [...request.headers, random.of(HEADERS) ?? ['x', 'y']],
});
const HEADERS: readonly (readonly [string, string])[] = [
  ['accept', 'application/problem+json'],
  ['accept', ';;;,*/*;q=x'],
  ['accept', 'a/b;'.repeat(500)],
  ['accept-encoding', 'gzip, br'],
  ['x-request-id', 'mine'],
  ['x-request-id', 'a b'],
  ['x-request-id', 'x'.repeat(500)],
  ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  ['traceparent', 'ff-zz'],
  ['idempotency-key', ''],
  ['idempotency-key', 'x'.repeat(256)],
  ['idempotency-key', '\xe9\xe8'],
  ['idempotency-key', '__proto__'],
  ['content-type', 'text/plain'],
  ['content-type', 'application/json; charset=utf-16'],
  ['content-type', 'application/json; charset="utf-8'],
  ['content-type', 'application/json;;;'],
  ['content-type', '/'],
  ['content-type', `application/json; ${'a=b;'.repeat(2_000)}`],
  ['content-encoding', 'gzip'],
  ['expect', '100-continue'],
  ['expect', 'wonders'],
  ['if-none-match', '*'],
  ['if-none-match', '"'.repeat(1_000)],
  ['last-event-id', '0'],
  ['last-event-id', '1.1'],
  ['last-event-id', '99999999999999999'],
  ['x-forwarded-for', '1.2.3.4, unknown, ::'],
  ['forwarded', 'for="[::1'],
  ['cookie', '__proto__=1'],
  ['__proto__', 'x'],
  ['upgrade', 'websocket'],
  ['range', 'bytes=0-0,1-1'],
  ['authorization', 'Bearer second'],
  ['x'.repeat(200), 'y'],
];

const strangeBearer: Mutate = (request, random) => {
  const others = request.headers.filter(([name]) => name !== 'authorization');
  const [, given = 'Bearer x'] = request.headers.find(([name]) => name === 'authorization') ?? [];
  const flipped = `${given.slice(0, -3)}AAA`;
  const value = random.of([
    flipped,
    given.slice(0, 40),
    given.toLowerCase(),
    given.replace('Bearer', 'bEaReR'),
    ...BEARERS,
  ]);
  return { ...request, headers: value === undefined ? others : [...others, ['authorization', value]] };
};
const encodedPart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const BEARERS = [
  '',
  'Bearer',
  'Bearer ',
  'Basic YTpi',
  'Bearer a.b.c',
  `Bearer ${encodedPart({ alg: 'none' })}.${encodedPart({ zone_id: 'z1', sub: 'x', client_id: 'app-a' })}.`,
  `Bearer ${encodedPart({ alg: 'ES256', kid: '__proto__' })}.${encodedPart({ zone_id: '__proto__' })}.AAAA`,
  `Bearer ${encodedPart({ alg: 'HS256' })}.${encodedPart({ zone_id: '../../x' })}.AAAA`,
  `Bearer ${'x'.repeat(4_097)}`,
  'Bearer \xff\xfe',
];

const otherMethod: Mutate = (request, random) => ({ ...request, method: random.of(METHODS) ?? 'GET' });
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH'];

const inBody: readonly Mutate[] = [
  replaceValue,
  replaceDeclared,
  replaceDeclared,
  dropField,
  addField,
  replaceBody,
  flipBytes,
  cutBody,
  strangeText,
];
const around: readonly Mutate[] = [strangeId, addQuery, strangeHeader, strangeBearer, otherMethod];

/** The request with one to three things wrong. */
export const mutated = (request: FuzzRequest, random: Random): FuzzRequest => {
  const possible = request.body === undefined ? around : [...inBody, ...around];
  let worse = request;
  for (let times = random.of([1, 1, 1, 2, 3]) ?? 1; times > 0; times -= 1) {
    worse = (random.of(possible) ?? strangeId)(worse, random);
  }
  return worse;
};
