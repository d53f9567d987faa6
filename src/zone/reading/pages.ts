// Merges one page of a list, newest first, from memory and the archive. Both are read in descending order from the cursor, only
// as far as the page needs. A page ends at its limit of rows, of bytes, or of examined rows, whichever comes first; it then
// has a cursor.
import { LIST_SCAN_MAX } from '../../limits.ts';
import type { Page } from '../commands.ts';
import { PageRoom } from './page-room.ts';

interface Row {
  readonly record: { readonly id: string };
}

/** The rows of memory and of the archive, in descending order of id. */
export interface Descents<R extends Row> {
  readonly memory: Iterable<R>;
  readonly archive: AsyncIterable<R>;
}

/** Selects the rows of a page. */
export interface Choice<R extends Row> {
  readonly keeps: (row: R) => boolean;
  /** Returns the bytes of a row, including its body. */
  readonly bytesOf: (row: R) => number;
  readonly limit: number;
}

export const pageFrom = async <R extends Row>(
  { memory, archive }: Descents<R>,
  choice: Choice<R>,
): Promise<Page<R>> => {
  const fromMemory = descend(memory, choice);
  return merge(fromMemory, await descendAsync(archive, choice, fromMemory.downTo), choice);
};

/** What stands for a place that holds nothing of the kind. */
export async function* nothing(): AsyncGenerator<never> {}

/** Rows kept, and down to which id everything was looked at; null when there is nothing further. */
interface Descent<R extends Row> {
  readonly rows: readonly R[];
  readonly downTo: string | null;
}

/** The rows of one source that a page may need. */
class Descending<R extends Row> {
  readonly #choice: Choice<R>;
  readonly #room = new PageRoom();
  readonly #rows: R[] = [];
  #looked = 0;
  #last: string | null = null;

  constructor(choice: Choice<R>) {
    this.#choice = choice;
  }

  /** Examines the next row; returns false if the page needs no further rows. */
  look(row: R): boolean {
    const { keeps, bytesOf, limit } = this.#choice;
    const isKept = keeps(row);
    if (isKept && !this.#room.takes(bytesOf(row))) return false;
    if (isKept) this.#rows.push(row);
    this.#looked += 1;
    this.#last = row.record.id;
    // One additional row shows that there is a next page.
    return this.#rows.length <= limit && this.#looked < LIST_SCAN_MAX;
  }

  ended(): Descent<R> {
    return { rows: this.#rows, downTo: null };
  }

  stopped(): Descent<R> {
    return { rows: this.#rows, downTo: this.#last };
  }
}

const descend = <R extends Row>(source: Iterable<R>, choice: Choice<R>): Descent<R> => {
  const descending = new Descending(choice);
  for (const row of source) if (!descending.look(row)) return descending.stopped();
  return descending.ended();
};

/** The same over the archive, only as far down as memory has been looked at. */
const descendAsync = async <R extends Row>(
  source: AsyncIterable<R>,
  choice: Choice<R>,
  downTo: string | null,
): Promise<Descent<R>> => {
  const descending = new Descending(choice);
  for await (const row of source) {
    if (downTo !== null && row.record.id < downTo) return { ...descending.ended(), downTo };
    if (!descending.look(row)) return descending.stopped();
  }
  return descending.ended();
};

/** Returns the rows of both sources in descending order of id, each id once. */
const inOrder = <R extends Row>(a: readonly R[], b: readonly R[]): readonly R[] => {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  const byId = new Map([...b, ...a].map((row) => [row.record.id, row]));
  return [...byId.values()].toSorted((x, y) => (x.record.id < y.record.id ? 1 : -1));
};

/** Merges both sources into one page. A row that was archived meanwhile is in both; the one from memory is used. */
const merge = <R extends Row>(a: Descent<R>, b: Descent<R>, { bytesOf, limit }: Choice<R>): Page<R> => {
  const downTo = [a.downTo, b.downTo].reduce(
    (low, each) => (low === null || (each !== null && each > low) ? each : low),
    null,
  );
  const rows = inOrder(a.rows, b.rows).filter(({ record }) => downTo === null || record.id >= downTo);
  // Rows of one source are already bounded in bytes by `Descending`.
  const isOneSource = a.rows.length === 0 || b.rows.length === 0;
  const room = new PageRoom();
  const tooMany = rows.findIndex((row, index) => index === limit || !(isOneSource || room.takes(bytesOf(row))));
  if (tooMany === -1) return { items: rows, nextCursor: downTo };
  const items = rows.slice(0, tooMany);
  return { items, nextCursor: items.at(-1)?.record.id ?? null };
};
