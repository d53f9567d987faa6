// One page of a list, newest first, out of two places: what is in memory, and what has left it. Both are walked downwards
// from the cursor, each only as far as a page needs, and laid over each other.
import { LIST_SCAN_MAX } from '../limits.ts';
import type { Page } from './commands.ts';

interface Row {
  readonly record: { readonly id: string };
}

/** Rows of both places in falling order of id. */
export interface Descents<R extends Row> {
  readonly memory: Iterable<R>;
  readonly archive: AsyncIterable<R>;
}

export const pageFrom = async <R extends Row>(
  { memory, archive }: Descents<R>,
  keeps: (row: R) => boolean,
  limit: number,
): Promise<Page<R>> => {
  const fromMemory = descend(memory, keeps, limit);
  return merge(fromMemory, await descendAsync(archive, keeps, limit, fromMemory.downTo), limit);
};

/** What stands for a place that holds nothing of the kind. */
export async function* nothing(): AsyncGenerator<never> {}

/** Rows kept, and down to which id everything was looked at; null when there is nothing further. */
interface Descent<R extends Row> {
  readonly rows: readonly R[];
  readonly downTo: string | null;
}

// One row more than asked for tells whether a next page exists.
const isEnough = (rows: readonly unknown[], limit: number, looked: number) =>
  rows.length > limit || looked >= LIST_SCAN_MAX;

const descend = <R extends Row>(source: Iterable<R>, keeps: (row: R) => boolean, limit: number): Descent<R> => {
  const rows: R[] = [];
  let looked = 0;
  for (const row of source) {
    if (keeps(row)) rows.push(row);
    looked += 1;
    if (isEnough(rows, limit, looked)) return { rows, downTo: row.record.id };
  }
  return { rows, downTo: null };
};

/** The same over the archive, only as far down as memory has been looked at. */
const descendAsync = async <R extends Row>(
  source: AsyncIterable<R>,
  keeps: (row: R) => boolean,
  limit: number,
  downTo: string | null,
): Promise<Descent<R>> => {
  const rows: R[] = [];
  let looked = 0;
  for await (const row of source) {
    if (downTo !== null && row.record.id < downTo) return { rows, downTo };
    if (keeps(row)) rows.push(row);
    looked += 1;
    if (isEnough(rows, limit, looked)) return { rows, downTo: row.record.id };
  }
  return { rows, downTo: null };
};

/** Both descents as one page. What left memory in between is in both; what memory showed counts. */
const merge = <R extends Row>(a: Descent<R>, b: Descent<R>, limit: number): Page<R> => {
  const downTo = [a.downTo, b.downTo].reduce(
    (low, each) => (low === null || (each !== null && each > low) ? each : low),
    null,
  );
  const byId = new Map([...b.rows, ...a.rows].map((row) => [row.record.id, row]));
  const rows = [...byId.values()]
    .filter(({ record }) => downTo === null || record.id >= downTo)
    .toSorted((x, y) => (x.record.id < y.record.id ? 1 : -1));
  const items = rows.slice(0, limit);
  if (rows.length > limit) return { items, nextCursor: items.at(-1)?.record.id ?? null };
  return { items, nextCursor: downTo };
};
