// Answers that are the same bytes for everybody: made once, named by what is in them (RFC 9110, section 8.8.3), and not sent
// again to whoever has them.
import { createHash } from 'node:crypto';
import type { RequestContext } from './context.ts';

export interface StoredAnswer {
  readonly type: string;
  readonly bytes: Buffer;
  /** The first 32 hex digits of the SHA-256 of the bytes. */
  readonly hash: string;
}

const HASH_LENGTH = 32;

export const storedAnswer = (type: string, content: string | Buffer): StoredAnswer => {
  const bytes = Buffer.from(content);
  return { type, bytes, hash: createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH) };
};

/** `immutable`: whether the address names these very bytes, so that nobody need ask again. */
export const sendStored = (context: RequestContext, { type, bytes, hash }: StoredAnswer, immutable = false): void => {
  context.set('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  context.set('X-Content-Type-Options', 'nosniff');
  context.etag = hash;
  context.status = 200;
  if (context.fresh) {
    context.status = 304;
    return;
  }
  context.type = type;
  context.body = bytes;
};
