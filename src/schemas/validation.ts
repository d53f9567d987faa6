// Turns a schema into a check that either gives the typed value or says what is wrong with it, field by field. Values are
// never changed, and unknown fields are let through for the caller of the check to ignore.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { parseInstant } from '../clock.ts';
import { EVENT_ID } from './events.ts';
import { DIGITS, PATH_ID, UNSPACED } from './primitives.ts';

export interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

export type Checked<T> = { readonly value: T } | { readonly issues: readonly Issue[] };
export type Check<Schema extends TSchema> = (value: unknown) => Checked<Static<Schema>>;

const ISSUES_MAX = 20;

/** Strings are trimmed before they are measured: `[least, most]` characters. */
const trimmedLength = ([least, most]: [number, number], text: string): boolean => {
  const length = Array.from(text.trim()).length;
  return length >= least && length <= most;
};

/** Counted without recursion: the depth is what is not known yet. */
const nestsAtMost = (levels: number, root: object): boolean => {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > levels) return false;
    level = level.flatMap((each) => Object.values(each).filter((value) => typeof value === 'object' && value !== null));
  }
  return true;
};

const withinNumber = ([least, most]: [number, number], text: string): boolean =>
  Number(text) >= least && Number(text) <= most;

/** RFC 3986 addresses that a browser or agent would call over http(s); user information in them would be a secret. */
const isWebEndpoint = (_: true, text: string): boolean => {
  // The URL parser takes what no RFC does: no slashes, or backslashes in their place.
  if (!/^https?:\/\/[^\\]+$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
};

const isInstant = (_: true, text: string): boolean => parseInstant(text) !== null;

const createAjv = (allErrors: boolean): Ajv => {
  const ajv = new Ajv({ allErrors, strict: true, allowUnionTypes: true, ownProperties: true });
  ajv.addKeyword({ keyword: 'trimmedLength', type: 'string', validate: trimmedLength, errors: false });
  ajv.addKeyword({ keyword: 'nestsAtMost', type: ['object', 'array'], validate: nestsAtMost, errors: false });
  ajv.addKeyword({ keyword: 'wholeNumber', type: 'string', validate: withinNumber, errors: false });
  ajv.addKeyword({ keyword: 'webEndpoint', type: 'string', validate: isWebEndpoint, errors: false });
  ajv.addKeyword({ keyword: 'instant', type: 'string', validate: isInstant, errors: false });
  return ajv;
};

// The quick one stops at the first problem, so that a hostile body cannot make it collect a million of them.
const quick = createAjv(false);
const thorough = createAjv(true);

/** Bodies with more members than this are told their first problem only. */
const THOROUGH_MEMBERS_MAX = 64;

export const checkOf = <Schema extends TSchema>(schema: Schema): Check<Schema> => {
  const validate: ValidateFunction = quick.compile(schema);
  const explain: ValidateFunction = thorough.compile(schema);
  return (value) => {
    if (validate(value)) return { value: value as Static<Schema> };
    if (isSmall(value)) explain(value);
    const errors = (isSmall(value) ? explain.errors : validate.errors) ?? [];
    return {
      issues: errors.slice(0, ISSUES_MAX).map(issueOf),
    };
  };
};

const isSmall = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  const members = Object.values(value);
  return (
    members.length <= THOROUGH_MEMBERS_MAX &&
    members.every((member) => !Array.isArray(member) || member.length <= THOROUGH_MEMBERS_MAX)
  );
};

const issueOf = ({ instancePath, keyword, params, message }: ErrorObject): Issue => {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') return { path: [...path, String(params['missingProperty'])], message: 'is required' };
  return { path, message: sentences[keyword]?.(params) ?? message ?? 'does not fit' };
};

// RFC 6901, section 3.
const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

/** What fits a pattern, where that is more than being printable. */
const shapes: ReadonlyMap<string, string> = new Map([
  [PATH_ID.source, 'must be 1 to 128 letters, digits, or _ . - :'],
  [EVENT_ID.source, 'must be the id of an event, such as a Last-Event-ID would be: 12, or 12.3'],
  [DIGITS, 'must be decimal digits'],
  [UNSPACED, 'must have no white space, no control characters and no lone surrogates'],
]);

/** What ajv's own words leave unclear. */
const sentences: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => string>> = {
  pattern: ({ pattern }) => shapes.get(String(pattern)) ?? 'must have no control characters and no lone surrogates',
  type: ({ type }) => `must be ${String(type).replaceAll(',', ' or ')}`,
  additionalProperties: ({ additionalProperty }) => `${String(additionalProperty)} is not taken here`,
  enum: ({ allowedValues }) => `must be one of ${(allowedValues as string[]).join(', ')}`,
  nestsAtMost: () => 'nests too deep',
  trimmedLength: () => 'must be 1 to 64 characters, outer white space not counted',
  instant: () => 'must be an instant such as 2026-01-31T12:00:00Z, UTC, without offset or leap second',
  webEndpoint: () => 'must be an absolute http or https address without user name and password',
  wholeNumber: () => 'must be a whole number within its bounds, in decimal digits',
};
