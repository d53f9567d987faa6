// Pages of an answer that consists of several lists, such as the impact of revoking an edge. The lists are read one after the
// other, each in the order of its places. A page takes as many rows as fit, and its cursor is the place of the last row. If
// that row ends meanwhile, the next page still continues after its place.
import type { WalkRequest } from '../commands.ts';
import { PageRoom } from './page-room.ts';

/** One row of a list: its place in the order of the list, and its bytes. */
interface Placed {
  readonly place: string;
  readonly bytes: number;
}

/** The rows of each list in a page: from one index up to another, exclusive. */
interface Cut {
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly nextCursor: string | null;
}

const CURSOR = /^([0-9])\.(.+)$/s;

/** Each of `lists` must be in ascending order of place. */
export const cutLists = (lists: readonly (readonly Placed[])[], { limit, cursor }: WalkRequest): Cut => {
  const [, startList = '0', after = ''] = cursor === null ? [] : (CURSOR.exec(cursor) ?? []);
  const room = new PageRoom();
  const ranges: [number, number][] = lists.map(() => [0, 0]);
  let rows = 0;
  let last: string | null = null;
  for (let list = Number(startList); list < lists.length; list += 1) {
    const placed = lists[list] ?? [];
    const from = list === Number(startList) ? firstAfter(placed, after) : 0;
    ranges[list] = [from, from];
    for (const [index, { place, bytes }] of placed.entries()) {
      if (index < from) continue;
      if (rows === limit || !room.takes(bytes)) return { ranges, nextCursor: last };
      ranges[list] = [from, index + 1];
      rows += 1;
      last = `${list}.${place}`;
    }
  }
  return { ranges, nextCursor: null };
};

const firstAfter = (placed: readonly Placed[], after: string): number => {
  const index = placed.findIndex(({ place }) => place > after);
  return index === -1 ? placed.length : index;
};
