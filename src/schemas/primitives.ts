// The kinds of value that bodies and query strings are made of, each with its bounds. Schemas are the one source of
// validation, of types and, later, of OpenAPI.
import { Type, type Static, type TSchema } from 'typebox';
import { FREE_FORM_DEPTH_MAX, LIST_LIMIT_MAX } from '../limits.ts';

// No control characters and no lone surrogates; patterns run with the `u` flag, lengths count code points.
const PRINTABLE = '^[^\\p{Cc}\\p{Cs}]+$';
const NAME_LENGTH_MAX = 255;
const REASON_LENGTH_MAX = 256;

/** A text of 1 to `lengthMax` printable characters. */
export const printable = (lengthMax: number) => Type.String({ minLength: 1, maxLength: lengthMax, pattern: PRINTABLE });

/** A name or id in a body. */
export const Name = printable(NAME_LENGTH_MAX);

export const Reason = printable(REASON_LENGTH_MAX);

/** A data object of the caller's own, kept as it is. `nestsAtMost` counts levels of objects and arrays, itself included. */
export const FreeForm = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  nestsAtMost: FREE_FORM_DEPTH_MAX,
});

/** Any JSON value of the caller's own. */
export const AnyJson = Type.Unsafe<unknown>({
  type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
  nestsAtMost: FREE_FORM_DEPTH_MAX,
});

export const FreeFormOrNull = Type.Unsafe<Readonly<Record<string, unknown>> | null>({
  type: ['object', 'null'],
  nestsAtMost: FREE_FORM_DEPTH_MAX,
});

/** The same, or null for "not given". */
export const orNull = <Schema extends TSchema & { type: string }>(schema: Schema) =>
  Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type, 'null'] });

export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: words });

/** A path id: what ids of this service, and zones, look like. */
export const PATH_ID = /^[A-Za-z0-9_.\-:]{1,128}$/;

export const DIGITS = '^[0-9]{1,4}$';

/** Printable, and no white space. */
export const UNSPACED = '^[^\\p{Cc}\\p{Cs}\\p{Z}]+$';

/** A whole number in a query string: decimal digits only. The bounds are checked on the number. */
const QueryLimit = Type.Unsafe<string>({
  type: 'string',
  pattern: DIGITS,
  wholeNumber: [1, LIST_LIMIT_MAX],
});

export const QueryFlag = oneOf(['true', 'false']);

export const QueryText = printable(NAME_LENGTH_MAX);

/** An instant: ISO-8601 UTC with `T`, `Z` and 0 to 9 fractional digits. */
export const InstantText = Type.Unsafe<string>({ type: 'string', maxLength: 30, instant: true });

export const InstantOrNull = Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 30, instant: true });

/** What every list takes. */
export const page = { limit: Type.Optional(QueryLimit), cursor: Type.Optional(QueryText) };

export const PageQuery = Type.Object(page);

/** The same for an answer of several lists: a cursor is the number of a list and a place in it, which may be a long name. */
export const WalkQuery = Type.Object({
  limit: page.limit,
  cursor: Type.Optional(printable(NAME_LENGTH_MAX + 2)),
});
