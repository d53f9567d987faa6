// Writes the JSON of an answer in slices: a long list is written row by row, and other work runs in between. The bytes are
// the same as those of `JSON.stringify`.
import { SLICE_MS } from '../limits.ts';

/** Divides work over turns of the event loop. */
export interface Pace {
  /** Returns whether this turn has done less work than a turn may do. */
  readonly hasRoom: () => boolean;
  /** Resolves in a turn that has room for a slice. */
  readonly slice: () => Promise<void>;
}

/** Elements up to which an array is written at once. */
const SHORT_ARRAY = 16;

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
const hasLongArray = (body: object): boolean =>
  Array.isArray(body) || Object.values(body).some((value) => Array.isArray(value) && isLong(value));

const isLong = (values: readonly unknown[]): boolean => values.length > SHORT_ARRAY || typeof values[0] === 'object';

/** Yields the text of an answer in pieces, each at most one row long. */
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
  yield '[';
  for (const [index, row] of rows.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(row) ?? 'null'}`;
  yield ']';
}
