// From bytes to one JSON object, or the refusal that says why not. Size and depth are looked at before anything parses, so
// that nothing behind this has to fear either. `JSON.parse` makes `__proto__` an ordinary member of its own.
import { parse as parseContentType } from 'content-type';
import type { IncomingMessage } from 'node:http';
import rawBody from 'raw-body';
import { BODY_DEPTH_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';

export type BodyOutcome = { readonly body: Readonly<Record<string, unknown>> } | { readonly refusal: Refusal };

/** An absent or empty body counts as `{}`. Rejects when the connection breaks off. */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<BodyOutcome> => {
  if (!hasBody(request)) return { body: {} };
  if (!isJson(request)) return { refusal: refuse('unsupported_media_type') };
  const bytes = await readBytes(request, limitBytes);
  if (bytes === null) return { refusal: refuse('payload_too_large', { details: { limit_bytes: limitBytes } }) };
  return bytes.length === 0 ? { body: {} } : parse(bytes);
};

// RFC 9112, section 6.3: a request has a body when it says how it is delimited.
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isJson = ({ headers }: IncomingMessage): boolean => {
  const encoding = headers['content-encoding'] ?? 'identity';
  const type = headers['content-type'];
  if (encoding !== 'identity' || type === undefined) return false;
  return type === 'application/json' || isUtf8Json(type);
};

const isUtf8Json = (header: string): boolean => {
  const { type, parameters } = parseContentType(header);
  return type === 'application/json' && (parameters['charset'] ?? 'utf-8').toLowerCase() === 'utf-8';
};

/** Null when there are more than the limit; the rest is then left unread. */
const readBytes = async (request: IncomingMessage, limit: number): Promise<Buffer | null> => {
  try {
    return await rawBody(request, { limit, length: request.headers['content-length'] ?? null });
  } catch (error) {
    if ((error as Partial<rawBody.RawBodyError>).type === 'entity.too.large') return null;
    throw error;
  }
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

const parse = (bytes: Buffer): BodyOutcome => {
  try {
    const text = utf8.decode(bytes);
    if (nestsDeeper(text, BODY_DEPTH_MAX)) return notTaken('nests too deep');
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { body: value } : notTaken('must be an object');
  } catch {
    return { refusal: refuse('invalid_json') };
  }
};

const notTaken = (message: string): BodyOutcome => ({
  refusal: refuse('invalid_body', { details: { issues: [{ path: [], message }] } }),
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counts brackets outside strings; whether the text is JSON at all is not its question. */
const nestsDeeper = (text: string, most: number): boolean => {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') inString = !inString;
    else if (inString) index += character === '\\' ? 1 : 0;
    else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > most) return true;
    } else if (character === '}' || character === ']') depth -= 1;
  }
  return false;
};
