// From the schemas that validate to those of the document. A schema with a title is told once, among the components, and
// referred to everywhere else; the keywords of our own become what any reader of JSON Schema 2020-12 understands.
import { strict as assert } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';

export type Json = Readonly<Record<string, unknown>>;

/** Our keywords, and what they say in the common language. */
const translations: Readonly<Record<string, (value: never) => Json>> = {
  instant: () => ({ format: 'date-time', description: 'UTC, with Z and 0 to 9 fractional digits.' }),
  webEndpoint: () => ({ format: 'uri', description: 'An http or https address without user name and password.' }),
  nestsAtMost: (levels: number) => ({ description: `Nests at most ${levels} levels.` }),
  trimmedLength: ([least, most]: readonly [number, number]) => ({
    description: `${least} to ${most} characters, outer white space not counted.`,
  }),
  wholeNumber: ([minimum, maximum]: readonly [number, number]) => ({ type: 'integer', minimum, maximum }),
};

/** Where in a schema further schemas stand: one, a list, or one per name. */
const ONE = new Set(['items', 'contentSchema', 'if', 'then', 'else', 'not', 'additionalProperties']);
const LIST = new Set(['anyOf', 'allOf', 'oneOf']);
const NAMED = new Set(['properties', 'patternProperties']);

export class Schemas {
  readonly #components = new Map<string, Json>();

  /** The schema as it stands in the document: a reference where it has a title. */
  of(schema: object): Json {
    const { title } = schema as { readonly title?: string };
    const told = this.#told(schema as Json);
    if (title === undefined) return told;
    const known = this.#components.get(title);
    assert(known === undefined || isDeepStrictEqual(known, told), `two schemas are called ${title}`);
    this.#components.set(title, told);
    return { $ref: `#/components/schemas/${title}` };
  }

  /** All that have been referred to, by name. */
  components(): Json {
    return Object.fromEntries([...this.#components].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  #told(schema: Json): Json {
    const members = Object.entries(schema).map(([keyword, value]) => {
      const translate = Object.hasOwn(translations, keyword) ? translations[keyword] : undefined;
      return translate ? translate(value as never) : { [keyword]: this.#member(keyword, value) };
    });
    const told: Json = Object.assign({}, ...members);
    // A number in a query string is text to us and a number to everybody else.
    if (!Object.hasOwn(schema, 'wholeNumber')) return told;
    const { pattern: _digits, ...number } = told;
    return number;
  }

  #member(keyword: string, value: unknown): unknown {
    if (ONE.has(keyword) && typeof value === 'object' && value !== null) return this.of(value);
    if (LIST.has(keyword)) return (value as readonly object[]).map((each) => this.of(each));
    if (!NAMED.has(keyword)) return value;
    return Object.fromEntries(Object.entries(value as Json).map(([name, each]) => [name, this.of(each as object)]));
  }
}
