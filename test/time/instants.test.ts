// The text of instants equals that of `Date`, for any days in any order.
import { expect } from 'chai';
import fc from 'fast-check';
import { isoInstant, parseInstant } from '../../src/clock.ts';
import { seed } from '../world/seed.ts';

const DATE_MS_MAX = 8_640_000_000_000_000;

describe('an instant as text', () => {
  it('equals the text of Date', () => {
    const anyDay = fc.integer({ min: -DATE_MS_MAX, max: DATE_MS_MAX });
    const oneDay = fc.integer({ min: Date.UTC(2026, 10, 27), max: Date.UTC(2026, 10, 28) });
    fc.assert(
      fc.property(fc.oneof(oneDay, anyDay), (at) => {
        expect(isoInstant(at)).to.equal(new Date(at).toISOString());
      }),
      { numRuns: 10_000, seed: seed('instants') },
    );
  });

  it('is read back as the same instant', () => {
    const at = Date.UTC(2026, 1, 28, 23, 59, 59, 999);
    expect(parseInstant(isoInstant(at))).to.equal(at);
    expect(parseInstant(isoInstant(at + 1))).to.equal(at + 1);
  });

  it('is not made of an invalid number', () => {
    for (const at of [Number.NaN, Infinity]) expect(() => isoInstant(at)).to.throw(RangeError);
  });
});
