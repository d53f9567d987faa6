// What is kept of the latest announcements: without gaps, within its bound, and gone once it was told.
import { expect } from 'chai';
import { FEED_PAGE_ENTRIES, SINK_FRESH_MESSAGES_MAX } from '../../src/limits.ts';
import { Fresh } from '../../src/sink/fresh.ts';

describe('the latest announcements', () => {
  let fresh: Fresh;
  let made: number;
  beforeEach(() => {
    [fresh, made] = [new Fresh(), 0];
  });

  const keep = (zone: string, ...seqs: number[]): void => {
    for (const seq of seqs)
      fresh.keep(zone, seq, () => {
        made += 1;
        return { seq, at: 0, messages: [] };
      });
  };

  const seqsAfter = (zone: string, after: number): number[] => fresh.page(zone, after).map(({ seq }) => seq);

  it('are given from the entry after the one named, zone by zone', () => {
    keep('a', 5, 6, 7);
    keep('b', 1);
    expect(seqsAfter('a', 5)).to.deep.equal([6, 7]);
    expect(seqsAfter('b', 0)).to.deep.equal([1]);
    expect(seqsAfter('c', 0)).to.deep.equal([]);
  });

  it('are not given where something before them is missing', () => {
    keep('a', 5, 6);
    expect(seqsAfter('a', 3)).to.deep.equal([]);
    expect(seqsAfter('a', 4)).to.deep.equal([5, 6]);
  });

  it('have no gap: what comes behind one is not kept until all before it is gone', () => {
    keep('a', 5, 7, 8);
    expect(made).to.equal(1);
    fresh.told('a', 7);
    keep('a', 9);
    expect(seqsAfter('a', 8)).to.deep.equal([9]);
  });

  it('are given a page at a time', () => {
    const seqs = Array.from({ length: FEED_PAGE_ENTRIES + 5 }, (_, index) => index + 1);
    keep('a', ...seqs);
    expect(seqsAfter('a', 0)).to.deep.equal(seqs.slice(0, FEED_PAGE_ENTRIES));
    expect(seqsAfter('a', FEED_PAGE_ENTRIES)).to.deep.equal(seqs.slice(FEED_PAGE_ENTRIES));
  });

  for (const [how, free] of [
    ['told', () => fresh.told('a', SINK_FRESH_MESSAGES_MAX)],
    ['dropped', () => fresh.drop('a')],
    ['cleared', () => fresh.clear()],
  ] as const) {
    it(`are as many as may be, and make room when they are ${how}`, () => {
      keep('a', ...Array.from({ length: SINK_FRESH_MESSAGES_MAX + 10 }, (_, index) => index + 1));
      keep('b', 1);
      expect(made).to.equal(SINK_FRESH_MESSAGES_MAX);
      free();
      keep('b', 1);
      expect(seqsAfter('b', 0)).to.deep.equal([1]);
      expect(seqsAfter('a', 0)).to.deep.equal([]);
    });
  }
});
