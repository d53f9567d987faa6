// Requests made from the document: for each operation one that it should take, naming what is known to be there.
import type { DocumentedOperation, Json } from '../world/documented.ts';
import type { Kind } from './known.ts';
import type { Tokens } from './steward.ts';
import { resolved, valueOf, type Setting } from './values.ts';

/** One request as it goes out: everything is a part that can be altered alone. */
export interface FuzzRequest {
  readonly operation: DocumentedOperation;
  readonly method: string;
  /** As it is sent, without the query string. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: readonly (readonly [string, string])[];
  /** Sent as JSON; undefined for none. */
  readonly body: unknown;
  /** In place of the body's JSON. */
  readonly bytes?: Buffer;
}

const OPTIONAL_PERCENT = 30;

export const validRequest = (operation: DocumentedOperation, setting: Setting, tokens: Tokens): FuzzRequest => {
  const { random } = setting;
  const { told } = operation;
  const own = headersOf(operation, setting);
  const bearer = bearerFor(operation, setting, tokens);
  return {
    operation,
    method: operation.method,
    path: pathOf(operation, setting),
    query: queryOf(operation, setting),
    headers: [...(bearer === null ? [] : [['authorization', `Bearer ${bearer}`] as const]), ...own],
    body: told.requestBody && random.below(100) < 98 ? bodyOf(operation, setting) : undefined,
  };
};

const bearerFor = ({ told }: DocumentedOperation, { random }: Setting, tokens: Tokens): string | null => {
  const opens = (scheme: string) => told.security.some((each) => scheme in each);
  if (told.security.length === 0) return null;
  if (!opens('bearer') || (opens('operator') && random.below(10) === 0)) return tokens.operator;
  return random.below(10) === 0 ? tokens.plain : tokens.admin;
};

/** What an id in a path names, by the part of the path before it. */
const idAfter = (before: string, { known, random }: Setting): string => {
  if (before === 'invocations') return known.one('invocation', random);
  if (before === 'delegations') return known.one('edge', random);
  if (['agents', 'inbound', 'outbound'].includes(before)) return known.one('session', random);
  return `dir-${random.between(1, 4)}`;
};

/** What only makes sense of some, by the end of the path. */
const ONLY_OF: Readonly<Record<string, Kind>> = {
  heartbeat: 'worker',
  lease: 'worker',
  resume: 'held',
  complete: 'running',
};

const pathOf = ({ path }: DocumentedOperation, setting: Setting): string => {
  if (path.includes('{sessionId}')) {
    const { edge, session } = setting.known.held(setting.random);
    return path.replace('{zoneId}', setting.zone).replace('{sessionId}', session).replace('{id}', edge);
  }
  const kind = ONLY_OF[path.split('/').at(-1) ?? ''];
  return filled(path, setting, (before) =>
    kind === undefined ? idAfter(before, setting) : setting.known.one(kind, setting.random),
  );
};

const filled = (path: string, { zone }: Setting, id: (before: string) => string): string =>
  path.replaceAll(/([^/]+)\/\{(\w+)\}/g, (_, before: string, name: string) =>
    name === 'zoneId' ? `${before}/${zone}` : `${before}/${id(before)}`,
  );

const queryOf = ({ told }: DocumentedOperation, setting: Setting): FuzzRequest['query'] =>
  told.parameters
    .filter(
      (each) => each['in'] === 'query' && (each['required'] === true || setting.random.below(100) < OPTIONAL_PERCENT),
    )
    .map(({ name, schema }) => [String(name), encoded(valueOf(String(name), schema as Json, setting))]);

const encoded = (value: unknown): string => encodeURIComponent(String(value));

const headersOf = ({ told }: DocumentedOperation, { random }: Setting): FuzzRequest['headers'] =>
  told.parameters
    .filter((each) => each['$ref'] === '#/components/parameters/IdempotencyKey' && random.below(3) === 0)
    .map(() => ['idempotency-key', `key-${random.below(2_000)}`]);

/** The example of the document with real names in it, some of its optional fields left out and others added. */
const bodyOf = ({ told }: DocumentedOperation, setting: Setting): Json => {
  const { random } = setting;
  const { schema, example } = told.requestBody?.content['application/json'] ?? {};
  const { properties = {}, required = [] } = resolved(schema ?? {}, setting) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  const names = Object.keys(properties).filter((name) => {
    const percent = Object.hasOwn(example ?? {}, name) ? 100 - OPTIONAL_PERCENT : OPTIONAL_PERCENT / 2;
    return required.includes(name) || random.below(100) < percent;
  });
  return Object.fromEntries(names.map((name) => [name, valueOf(name, properties[name] ?? {}, setting)]));
};

/** Everything of it as bytes of HTTP/1.1. */
export const bytesOf = ({ method, path, query, headers, body, bytes }: FuzzRequest): Buffer => {
  const content = bytes ?? (body === undefined ? null : Buffer.from(JSON.stringify(body)));
  const asked = query.length === 0 ? path : `${path}?${query.map(([name, value]) => `${name}=${value}`).join('&')}`;
  const framing = content && !has(headers, 'content-length') ? [`content-length: ${content.length}`] : [];
  const type = content && !has(headers, 'content-type') ? ['content-type: application/json'] : [];
  const lines = [
    `${method} ${asked} HTTP/1.1`,
    'host: fuzz',
    ...headers.map((pair) => pair.join(': ')),
    ...type,
    ...framing,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content ?? Buffer.alloc(0)]);
};

const has = (headers: FuzzRequest['headers'], wanted: string): boolean =>
  headers.some(([name]) => name.toLowerCase() === wanted);
