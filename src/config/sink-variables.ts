// The rows of the configuration that say whether what happens is told to Redis Streams, and how.
import { matching, wholeNumber, type Parser } from './parsers.ts';
import type { Variable } from './variable.ts';

export interface SinkConfig {
  /** Null: nothing goes to Redis. */
  readonly redisUrl: string | null;
  /** Hex; null: messages are not signed. */
  readonly streamsHmacKey: string | null;
  readonly streamsMaxLen: number;
}

/** Options of the client in a query would change what the sink relies on, so none are taken. */
const redisUrl: Parser<string> = {
  allowed: 'a redis or rediss URL without query or fragment, such as redis://user:password@host:6379/0',
  parse(text) {
    if (/[\s?#]/.test(text) || !URL.canParse(text)) return undefined;
    const { protocol, hostname, pathname, username, password } = new URL(text);
    const isRedis = /^rediss?:$/.test(protocol) && hostname !== '' && /^(?:\/\d{0,3})?$/.test(pathname);
    return isRedis && isEncoded(username) && isEncoded(password) ? text : undefined;
  },
};

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const hmacKey = matching(/^(?:[0-9A-Fa-f]{2}){32,512}$/, 'a key of 32 to 512 bytes in hex');

export const sinkVariables: { readonly [Field in keyof SinkConfig]: Variable<SinkConfig[Field]> } = {
  redisUrl: {
    name: 'REDIS_URL',
    parser: redisUrl,
    fallback: null,
    meaning: 'The Redis whose streams are told what happens in every zone. Unset: none is.',
    unit: null,
    secret: true,
  },
  streamsHmacKey: {
    name: 'STREAMS_HMAC_KEY',
    parser: hmacKey,
    fallback: null,
    meaning: 'The key that signs each message in a stream (HMAC-SHA256, field `_sig`). Unset: none is signed.',
    unit: null,
    secret: true,
  },
  streamsMaxLen: {
    name: 'STREAMS_MAXLEN',
    parser: wholeNumber(1, 1_000_000_000),
    fallback: 100_000,
    meaning: 'About how many messages a stream keeps; the oldest go first.',
    unit: 'messages',
  },
};
