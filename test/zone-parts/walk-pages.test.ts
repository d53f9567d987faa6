// Pages of an answer of several lists: together they are the whole answer, for every page size and although rows end meanwhile.
import { expect } from 'chai';
import fc from 'fast-check';
import { PAGE_BYTES_MAX } from '../../src/limits.ts';
import { cutLists } from '../../src/zone/reading/walk-pages.ts';
import { seed } from '../world/seed.ts';

type Lists = readonly (readonly { readonly place: string; readonly bytes: number }[])[];

const listsOf = (lists: readonly (readonly string[])[]): Lists =>
  lists.map((places) => [...new Set(places)].toSorted().map((place) => ({ place, bytes: 10 })));

/** Every row of all pages, list by list. */
const readAll = (lists: Lists, limit: number | null): { rows: string[][]; pages: number } => {
  const rows: string[][] = lists.map(() => []);
  let pages = 0;
  let cursor: string | null = null;
  do {
    const cut = cutLists(lists, { limit, cursor });
    for (const [list, [from, to]] of cut.ranges.entries())
      rows[list]?.push(...(lists[list] ?? []).slice(from, to).map(({ place }) => place));
    cursor = cut.nextCursor;
    pages += 1;
  } while (cursor !== null);
  return { rows, pages };
};

describe('pages of several lists', () => {
  it('give every row once, in order', () => {
    const names = fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 8 });
    const property = fc.property(fc.array(names, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (given, limit) => {
      const lists = listsOf(given);
      const { rows } = readAll(lists, limit);
      expect(rows).to.deep.equal(lists.map((list) => list.map(({ place }) => place)));
    });
    fc.assert(property, { seed: seed('walk pages') });
  });

  it('are one page where everything fits', () => {
    expect(readAll(listsOf([['a', 'b'], [], ['c']]), null).pages).to.equal(1);
  });

  it('end by bytes, and have one row at least', () => {
    const lists = [['a', 'b', 'c'].map((place) => ({ place, bytes: PAGE_BYTES_MAX + 1 }))];
    expect(readAll(lists, null)).to.deep.equal({ rows: [['a', 'b', 'c']], pages: 3 });
  });

  it('go on after the place of a row that has ended', () => {
    const { nextCursor } = cutLists(listsOf([['a', 'b', 'c'], ['d']]), { limit: 2, cursor: null });
    const { ranges } = cutLists(listsOf([['a', 'c'], ['d']]), { limit: null, cursor: nextCursor });
    expect(ranges).to.deep.equal([
      [1, 2],
      [0, 1],
    ]);
  });
});
