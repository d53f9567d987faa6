// JSON of an answer in slices: a list of many rows is made row by row, and other work runs in between. The bytes are those that
// `JSON.stringify` gives for the whole.
import { SLICE_MS } from '../limits.ts';

/** Divides work over turns of the event loop. */
export interface Pace {
  /** Tells whether this turn has done less work than a turn may. */
  readonly hasRoom: () => boolean;
  /** Resolves in a turn that has room for a slice. */
  readonly slice: () => Promise<void>;
}

/** Returns the text where one slice is enough, else its bytes. */
export const jsonInSlices = async (body: object, pace: Pace): Promise<string | Buffer> => {
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

/** The text of an answer, in pieces of which none is longer than a row. */
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
