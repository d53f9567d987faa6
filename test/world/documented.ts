// The served document as a test reads it: every operation in it, and whether an answer is one that the document tells of.
// Answers are held to it closely: a field that is not documented counts as a mistake here, though a client must ignore it.
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import type { Answered, World } from './world.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface DocumentedOperation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` for what differs. */
  readonly path: string;
  readonly fits: RegExp;
  readonly told: Told;
}

interface Told {
  readonly operationId: string;
  readonly security: readonly Json[];
  readonly parameters: readonly Json[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example: Json; readonly schema: Json }>>;
  };
  readonly responses: Readonly<Record<string, { readonly headers: Json; readonly content?: Json }>>;
}

const JSON_TYPE = 'application/json';
const HEADERS = [
  ...['x-request-id', 'coordinator-seq', 'etag', 'idempotency-replayed', 'retry-after', 'www-authenticate'],
  ...['coordinator-ignored', 'preference-applied'],
];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export class Documented {
  readonly document: Json;
  readonly operations: readonly DocumentedOperation[];
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: true });

  constructor(document: Json) {
    this.document = document;
    const paths = Object.entries(document['paths'] as Readonly<Record<string, Readonly<Record<string, Told>>>>);
    this.operations = paths.flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, told]) => {
        const fits = new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
        return { id: told.operationId, method: method.toUpperCase(), path, fits, told };
      }),
    );
    this.#ajv.addFormat('date-time', INSTANT);
    this.#ajv.addFormat('uri', true);
    this.#ajv.addSchema(closed(document), 'document');
  }

  static async of(world: World): Promise<Documented> {
    return new Documented((await world.call('GET', '/openapi.json', undefined, { token: null })).body);
  }

  /** The operation that a request asks for. What stands there by name goes before what only fits. */
  find(method: string, path: string): DocumentedOperation | undefined {
    const [asked = ''] = path.split('?');
    const fitting = this.operations.filter((each) => each.method === method && each.fits.test(asked));
    return fitting.toSorted((a, b) => namesIn(a) - namesIn(b))[0];
  }

  /** The schema itself where one is referred to. */
  resolved(schema: Json): Json {
    const { $ref } = schema as { readonly $ref?: string };
    const { schemas } = this.document['components'] as { readonly schemas: Readonly<Record<string, Json>> };
    return $ref === undefined ? schema : (schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  }

  /** What is wrong with an answer, by the document; nothing where it is as told. */
  problems({ path, method, told }: DocumentedOperation, answered: Answered): readonly string[] {
    const { status, headers, text } = answered;
    const response = told.responses[status];
    if (!response) return [`${status} is not documented`];
    const known = Object.keys(response.headers).map((name) => name.toLowerCase());
    const strangers = HEADERS.filter((name) => headers.has(name) && !known.includes(name));
    const problems = strangers.map((name) => `the header ${name} is not documented`);
    if (!headers.has('x-request-id')) problems.push('it has no x-request-id');
    if (!response.content) return text === '' ? problems : [...problems, 'it has content'];
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    if (!(type in response.content)) return [...problems, `its type is ${type}`];
    const place = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema'];
    return [...problems, ...this.invalid(place, type === JSON_TYPE ? JSON.parse(text) : text)];
  }

  /** What keeps a value from fitting the schema at a place of the document. */
  invalid(place: readonly (string | number)[], value: unknown): readonly string[] {
    const pointer = place.map(pointed).join('/');
    const validate = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `document#/${pointer}` });
    this.#validators.set(pointer, validate);
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  }
}

const namesIn = ({ path }: DocumentedOperation): number => path.split('{').length;

// RFC 6901, sections 3 and 6.
const pointed = (token: string | number): string =>
  encodeURIComponent(String(token).replaceAll('~', '~0').replaceAll('/', '~1'));

/** The same with every object closed that says which members it has, and nothing of others. */
const closed = (value: unknown): Json => {
  const copy = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(copy);
    if (typeof each !== 'object' || each === null) return each;
    const members = Object.fromEntries(Object.entries(each).map(([name, member]) => [name, copy(member)]));
    const isClosed = members['type'] === 'object' && 'properties' in members && members['title'] !== 'OpenApi';
    return isClosed && !('additionalProperties' in members) ? { ...members, additionalProperties: false } : members;
  };
  return copy(value) as Json;
};

let ours: Documented | null = null;
const served = (): Documented => (ours ??= new Documented(openApiDocument(true)));

/** Throws where an answer is none that the document tells of; looks at no others than those of documented operations. */
export const holdToDocument = (method: string, path: string, answered: Answered): void => {
  if (answered.headers.get('content-type')?.startsWith('application/problem+json')) return;
  const operation = served().find(method, path);
  const problems = operation ? served().problems(operation, answered) : [];
  if (problems.length > 0) throw new Error(`${method} ${path}: ${problems.join('; ')}: ${answered.text}`);
};

/** The same for an event of a stream. */
export const holdEventToDocument = (event: {
  readonly id: string;
  readonly event: string;
  readonly data: Json;
}): void => {
  const problems = served().invalid(['components', 'schemas', 'ZoneEvent'], event);
  if (problems.length > 0) throw new Error(`the event ${JSON.stringify(event)}: ${problems.join('; ')}`);
};
