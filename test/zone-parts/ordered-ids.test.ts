// Ids in order, against a plain sorted set.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { OrderedIds } from '../../src/zone/actors/ordered-ids.ts';

const id = fc.integer({ min: 0, max: 40 }).map((number) => `id-${String(number).padStart(2, '0')}`);
const change = fc.record({ id, adds: fc.boolean() });

const descending = (ids: Iterable<string>) => [...ids].toSorted().toReversed();

describe('ordered ids', () => {
  it('are what a sorted set is, after any additions and deletions', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), id, (changes, before) => {
        const ids = new OrderedIds();
        const model = new Set<string>();
        for (const { id: each, adds } of changes) {
          if (adds) ids.add(each);
          else ids.delete(each);
          if (adds) model.add(each);
          else model.delete(each);
        }
        expect([...ids.descending()]).to.deep.equal(descending(model));
        expect([...ids.descending(before)]).to.deep.equal(descending([...model].filter((each) => each < before)));
      }),
    );
  });

  it('stay right when the gaps of many deletions are closed', () => {
    const ids = new OrderedIds();
    const all = Array.from({ length: 300 }, (_, n) => `id-${String(n).padStart(3, '0')}`);
    for (const each of all) ids.add(each);
    for (const each of all.slice(10)) ids.delete(each);
    for (const each of all.slice(290)) ids.add(each);
    expect([...ids.descending()]).to.deep.equal(descending([...all.slice(0, 10), ...all.slice(290)]));
  });
});
