// Reads a request body as one JSON object, or returns the refusal that says why it is not one. `koa-body` reads the text;
// size, encoding, depth and numbers are checked before anything parses, so later code need not check them. `JSON.parse`
// makes `__proto__` an ordinary own member.
import { parse as parseContentType } from 'content-type';
import { HttpMethodEnum, koaBody } from 'koa-body';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { BODY_DEPTH_MAX } from '../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { RequestContext } from '../context.ts';
import { isJsonObject } from '../json-object.ts';
import { numbersOutOfRange } from './numbers.ts';
import { shapeOf } from './shape.ts';

export type BodyOutcome = { readonly body: Readonly<Record<string, unknown>> } | { readonly refusal: Refusal };

/** An absent or empty body counts as `{}`. Rejects when the connection breaks off. */
export type ReadBody = (context: RequestContext) => Promise<BodyOutcome>;

export const createBodyReader = (limitBytes: number): ReadBody => {
  const readText = koaBody({ ...TEXT_MODE, textLimit: limitBytes });
  const tooLarge = refuse('payload_too_large', { details: { limit_bytes: limitBytes } });
  return async (context) => {
    const { req } = context;
    if (!hasBody(req) || (isUntyped(req) && (await isEmpty(req)))) return { body: {} };
    if (!isJson(req)) return { refusal: refuse('unsupported_media_type') };
    // Refused before it is read, and before `co-body` truncates the number to 32 bits.
    if (Number(req.headers['content-length'] ?? 0) > limitBytes) return { refusal: tooLarge };
    const bytes = await bytesOf(context, readText);
    if (bytes === null) return { refusal: tooLarge };
    return bytes.length === 0 ? { body: {} } : parse(bytes);
  };
};

// In text mode nothing is parsed, and `binary` (latin1) keeps every byte, so that bad UTF-8 is refused here and not
// replaced there. A body that is not identity-encoded is refused before, so nothing is inflated. By default only bodies
// of POST, PUT and PATCH are read; here the routes decide.
const TEXT_MODE = {
  text: true,
  textTypes: ['application/json'],
  encoding: 'binary',
  json: false,
  urlencoded: false,
  multipart: false,
  parsedMethods: [HttpMethodEnum.POST, HttpMethodEnum.PUT, HttpMethodEnum.PATCH, HttpMethodEnum.DELETE],
};

const readNothingElse = (): Promise<void> => Promise.resolve();

/** Returns null if the body is larger than the limit; the rest is then left unread. */
const bytesOf = async (context: RequestContext, readText: ReturnType<typeof koaBody>): Promise<Buffer | null> => {
  try {
    await readText(context, readNothingElse);
  } catch (error) {
    if ((error as { readonly type?: unknown }).type === 'entity.too.large') return null;
    throw error;
  }
  const { request } = context;
  const text: unknown = request.body;
  // The context lives as long as the answer, so the text must not be kept in it after parsing.
  request.body = null;
  return Buffer.from(typeof text === 'string' ? text : '', 'latin1');
};

// RFC 9112, section 6.3: a request has a body when it says how it is delimited.
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const isUntyped = ({ headers }: IncomingMessage): boolean =>
  headers['content-type'] === undefined && headers['transfer-encoding'] !== undefined;

/**
 * Waits for the first bytes of content that does not declare its length. If there are any, the content is discarded.
 */
const isEmpty = async (req: IncomingMessage): Promise<boolean> => {
  if (!req.readableEnded && req.readableLength === 0) await firstBytesOrEnd(req);
  const isOver = req.readableLength === 0;
  // The server discards unread content by itself only if nothing has waited for it.
  if (!isOver) req.resume();
  return isOver;
};

const firstBytesOrEnd = async (req: IncomingMessage): Promise<void> => {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(req, 'readable', { signal }), once(req, 'end', { signal })]).finally(() => either.abort());
};

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

const utf8 = new TextDecoder('utf-8', { fatal: true });

const parse = (bytes: Buffer): BodyOutcome => {
  try {
    const text = utf8.decode(bytes);
    const { nestsTooDeep, hasLongNumber } = shapeOf(text, BODY_DEPTH_MAX);
    if (nestsTooDeep) return notTaken('nests too deep');
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return notTaken('must be an object');
    const issues = hasLongNumber ? numbersOutOfRange(text) : [];
    return issues.length === 0 ? { body: value } : { refusal: refuse('number_out_of_range', { details: { issues } }) };
  } catch {
    return { refusal: refuse('invalid_json') };
  }
};

const notTaken = (message: string): BodyOutcome => ({
  refusal: refuse('invalid_body', { details: { issues: [{ path: [], message }] } }),
});
