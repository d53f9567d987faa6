// Bytes that are no request, or no whole one, or several: what a plain socket can be made to send.
import type { Random } from '../process/parts/random.ts';

export interface Garbage {
  readonly what: string;
  readonly bytes: Buffer;
  /** How many answers there can be at most. */
  readonly answersMax: number;
  /** The only status that a first answer may have; any below 500 where nothing is said. */
  readonly status?: number;
}

/** A request that is good, to stand before, within and behind garbage. */
export interface Good {
  readonly bytes: Buffer;
  /** Lines of its headers that authenticate it. */
  readonly bearer: string;
}

const HEALTH = 'GET /health HTTP/1.1\r\nhost: x\r\n';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n';
const post = (headers: string, body: string): string => `POST /v1/verify HTTP/1.1\r\nhost: x\r\n${headers}\r\n${body}`;
const json = (headers: string, body: string): string => post(`content-type: application/json\r\n${headers}`, body);

const refused = (what: string, text: string): Garbage => ({
  what,
  bytes: Buffer.from(text, 'latin1'),
  answersMax: 1,
  status: 400,
});
const any = (what: string, text: string, answersMax = 1): Garbage => ({
  what,
  bytes: Buffer.from(text, 'latin1'),
  answersMax,
});

/** Each is what it is; a server that took one for a request, or for two, would be wrong. */
const FIXED: readonly Garbage[] = [
  refused('a request line of one word', 'GET\r\n\r\n'),
  any('HTTP/0.9', 'GET /health\r\n\r\n'),
  refused('a version that is none', 'GET /health HTTP/9.9\r\nhost: x\r\n\r\n'),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('a greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.repeat(20)),
  refused('NUL in the path', 'GET /hea\0lth HTTP/1.1\r\nhost: x\r\n\r\n'),
  refused('NUL in a header', `${HEALTH}x-a: b\0c\r\n\r\n`),
  refused('a space before the colon', `${HEALTH}x-a : b\r\n\r\n`),
  refused('a header without a name', `${HEALTH}: b\r\n\r\n`),
  refused('a method with a NUL', 'GE\0T /health HTTP/1.1\r\nhost: x\r\n\r\n'),
  refused('two lengths', json('content-length: 2\r\ncontent-length: 3\r\n', `{}${SMUGGLED}`)),
  refused('a length and chunks', json('content-length: 2\r\ntransfer-encoding: chunked\r\n', `0\r\n\r\n${SMUGGLED}`)),
  refused('chunks and a length', json('transfer-encoding: chunked\r\ncontent-length: 5\r\n', `0\r\n\r\n${SMUGGLED}`)),
  refused('a length with a sign', json('content-length: +2\r\n', '{}')),
  refused('a negative length', json('content-length: -2\r\n', '{}')),
  refused('a length in hexadecimal', json('content-length: 0x2\r\n', '{}')),
  refused('a length beyond all numbers', json(`content-length: ${'9'.repeat(40)}\r\n`, '{}')),
  refused('two lengths in one', json('content-length: 2, 2\r\n', `{}${SMUGGLED}`)),
  refused('chunks that are not last', json('transfer-encoding: chunked, identity\r\n', `0\r\n\r\n${SMUGGLED}`)),
  refused('an encoding by a tab', json('transfer-encoding:\x0bchunked\r\n', `0\r\n\r\n${SMUGGLED}`)),
  refused('a chunk of no size', json('transfer-encoding: chunked\r\n', '\r\n{}\r\n0\r\n\r\n')),
  refused('a chunk of a negative size', json('transfer-encoding: chunked\r\n', '-2\r\n{}\r\n0\r\n\r\n')),
  refused('a chunk beyond all numbers', json('transfer-encoding: chunked\r\n', `${'f'.repeat(17)}\r\n{}`)),
  refused('a chunk longer than it says', json('transfer-encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n')),
  refused('a chunk that ends by a line feed', json('transfer-encoding: chunked\r\n', '2\n{}\n0\n\n')),
  any('extensions of chunks without end', json('transfer-encoding: chunked\r\n', `2;${'a=b;'.repeat(20_000)}\r\n{}`)),
  any(
    'trailers without end',
    json('transfer-encoding: chunked\r\n', `2\r\n{}\r\n0\r\n${'x-t: y\r\n'.repeat(9_000)}\r\n`),
  ),
  any('a header that is too long', `${HEALTH}x-a: ${'b'.repeat(100_000)}\r\n\r\n`),
  any('too many headers', `${HEALTH}${'a: b\r\n'.repeat(30_000)}\r\n`),
  any('as many headers as there is room for', `${HEALTH}${'a: b\r\n'.repeat(2_000)}\r\n`),
  any('a path that is too long', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`),
  any('headers folded as they once were', `${HEALTH}x-a: b\r\n c\r\n\r\n`),
  any('lines that end by a line feed', 'GET /health HTTP/1.1\nhost: x\n\n'),
  any('no host', 'GET /health HTTP/1.1\r\n\r\n'),
  any('two hosts', `${HEALTH}host: y\r\n\r\n`),
  any('an absolute address', 'GET http://other.example/health HTTP/1.1\r\nhost: x\r\n\r\n'),
  any('an address of nothing', 'GET // HTTP/1.1\r\nhost: x\r\n\r\n'),
  any('an address that is none', 'GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n'),
  any('an asterisk', 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n'),
  any('a tunnel', 'CONNECT other.example:443 HTTP/1.1\r\nhost: x\r\n\r\n'),
  any('another protocol', `${HEALTH}connection: upgrade\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n`),
  any('a body that never comes', json('content-length: 1000\r\n', '{"token":')),
  any('a chunk that never ends', json('transfer-encoding: chunked\r\n', 'fff\r\n{"token":')),
  any('a body nobody was asked for', json('expect: 100-continue\r\ncontent-length: 1000\r\n', '{')),
  any('headers that never end', `${HEALTH}x-a: `),
  any('nothing but line ends', '\r\n'.repeat(2_000)),
  any('nothing', ''),
  any('HTTP/1.0 that is kept alive', 'GET /health HTTP/1.0\r\nconnection: keep-alive\r\n\r\n'.repeat(3), 3),
  any('many at once', `${HEALTH}\r\n`.repeat(100), 100),
];

/** A good request with a few bytes of it put wrong, out, or in twice. */
const damaged = ({ bytes }: Good, random: Random): Garbage => {
  const copy = Buffer.from(bytes);
  for (let flips = random.between(1, 5); flips > 0; flips -= 1) copy[random.below(copy.length)] = random.below(256);
  const [from, to] = [random.below(copy.length), random.below(copy.length)];
  const pieces = [[copy], [copy.subarray(0, to)], [copy.subarray(0, to), copy.subarray(from)]];
  return { what: 'a damaged request', bytes: Buffer.concat(random.of(pieces) ?? []), answersMax: 3 };
};

/** Good requests and garbage in a row on one connection. */
const pipelined = (good: Good, random: Random): Garbage => {
  const count = random.between(1, 4);
  const front = Array.from({ length: count }, () => good.bytes);
  const { bytes, answersMax } = random.of(FIXED) ?? any('nothing', '');
  return {
    what: 'garbage behind good requests',
    bytes: Buffer.concat([...front, bytes, good.bytes]),
    answersMax: count + answersMax + 1,
  };
};

const noise = (random: Random): Garbage => ({
  what: 'noise',
  bytes: Buffer.from(Array.from({ length: random.between(1, 400) }, () => random.below(256))),
  answersMax: 1,
});

/** A body whose bytes are sent and which is not what it says it is. */
const misframed = ({ bearer }: Good, random: Random): Garbage => {
  const body = '{"application_id":"app-a"}';
  const length = Math.max(0, body.length + random.between(-5, 5));
  const head = `POST /zones/z1/agents HTTP/1.1\r\nhost: x\r\n${bearer}\r\ncontent-type: application/json\r\n`;
  return any('a body of another length', `${head}content-length: ${length}\r\n\r\n${body}`, 2);
};

export const garbage = (good: Good, random: Random): Garbage => {
  const kind = random.below(10);
  if (kind < 5) return random.of(FIXED) ?? noise(random);
  if (kind < 6) return noise(random);
  if (kind < 7) return misframed(good, random);
  return kind < 9 ? damaged(good, random) : pipelined(good, random);
};
