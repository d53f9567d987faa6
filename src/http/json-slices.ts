// Writes the JSON of an answer in slices: a long list is written a few rows at a time, and other work runs in between.
// The bytes are the same as those of `JSON.stringify`.
import { SLICE_MS } from './limits.ts';

/** Divides work over turns of the event loop. */
export interface Pace {
  /** Returns whether this turn has done less work than a turn may do. */
  readonly hasRoom: () => boolean;
  /** Resolves in a turn that has room for a slice. */
  readonly slice: () => Promise<void>;
}

/** Arrays up to this length are written at once. */
const SHORT_ARRAY_MAX = 16;

/** Rows are joined up to this length. A slice can end only between two pieces. */
const PIECE_CHARACTERS = 16_384;

/** Returns the text if one slice is enough, else its bytes. */
export const jsonInSlices = async (body: object, pace: Pace): Promise<string | Buffer> => {
  // Most answers are about one actor: cutting these into pieces would cost more than writing them.
  if (!hasLongArray(body)) return JSON.stringify(body);
  const slices: Buffer[] = [];
  let text = '';
  let startedAt = performance.now();
  for (const piece of piecesOf(body)) {
    text += piece;
    if (performance.now() - startedAt < SLICE_MS && pace.hasRoom()) continue;
    slices.push(Buffer.from(text));
    text = '';
    await pace.slice();
    startedAt = performance.now();
  }
  return slices.length === 0 ? text : Buffer.concat([...slices, Buffer.from(text)]);
};

/** Whether a body is a list, or has a list of rows or an array of many names. */
const hasLongArray = (body: object): boolean => {
  if (Array.isArray(body)) return true;
  for (const name in body) if (isLongArray((body as Readonly<Record<string, unknown>>)[name])) return true;
  return false;
};

const isLongArray = (value: unknown): boolean =>
  Array.isArray(value) && (value.length > SHORT_ARRAY_MAX || typeof value[0] === 'object');

/** Yields the text of an answer in pieces of one row or several short rows. */
function* piecesOf(body: object): Generator<string> {
  if (Array.isArray(body)) return yield* rowsOf(body);
  let separator = '{';
  for (const [name, value] of Object.entries(body)) {
    if (value === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    if (Array.isArray(value)) yield* rowsOf(value);
    else yield JSON.stringify(value);
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}

function* rowsOf(rows: readonly unknown[]): Generator<string> {
  let piece = '[';
  let separator = '';
  for (const row of rows) {
    piece += `${separator}${JSON.stringify(row) ?? 'null'}`;
    separator = ',';
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}
