// An idempotency key, from the header `Idempotency-Key` or from a body: sent once, 1 to 255 bytes, no control characters, no
// outer white space.
import type { IncomingMessage } from 'node:http';
import { refuse, type Refusal } from '../refusals.ts';

const KEY_BYTES_MAX = 255;

// Node hands header bytes over as Latin-1, a character a byte.
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Null when there is none. */
export const readIdempotencyKey = (request: IncomingMessage): string | null | Refusal => {
  if (request.headers['idempotency-key'] === undefined) return null;
  const [key, ...others] = request.headersDistinct['idempotency-key'] ?? [];
  return key !== undefined && others.length === 0 && isKey(key) ? key : refuse('idempotency_key_invalid');
};

/** The key of a body whose schema asks for one. */
export const idempotencyKeyIn = (body: unknown): string | Refusal => {
  const { idempotency_key: key } = body as { readonly idempotency_key: string };
  return isKey(key, Buffer.byteLength(key)) ? key : refuse('idempotency_key_invalid');
};

const isKey = (key: string, bytes = key.length): boolean =>
  bytes > 0 && bytes <= KEY_BYTES_MAX && key.trim() === key && !CONTROL.test(key);
