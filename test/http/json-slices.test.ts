// JSON in slices: the same bytes as JSON in one piece, and other work between the slices.
import { expect } from 'chai';
import fc from 'fast-check';
import { jsonInSlices, type Pace } from '../../src/http/json-slices.ts';
import { Turns } from '../../src/http/admission/turns.ts';

const seed = Number(process.env['SEED'] ?? 11);
const row = fc.oneof(fc.jsonValue(), fc.constant(undefined));
const body = fc.oneof(
  fc.array(row),
  fc.dictionary(fc.string(), fc.oneof(row, fc.array(row), fc.array(fc.string({ unit: 'binary' })))),
);

describe('JSON in slices', () => {
  it('is JSON in one piece, wherever it is cut', async () => {
    const cuts: Pace[] = [
      { hasRoom: () => true, slice: () => Promise.resolve() },
      { hasRoom: () => false, slice: () => Promise.resolve() },
    ];
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        for (const pace of cuts) {
          expect((await jsonInSlices(value, pace)).toString(), `seed ${seed}`).to.equal(JSON.stringify(value));
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it('of long rows behind short ones is cut at each long row', async () => {
    const short = Array.from({ length: 64 }, (_, id) => ({ id }));
    const long = Array.from({ length: 7 }, (_, id) => ({ id, text: 'x'.repeat(1_000_000) }));
    let slices = 0;
    const pace = { hasRoom: () => false, slice: () => Promise.resolve(void (slices += 1)) };
    const body = { items: [...short, ...long] };
    expect((await jsonInSlices(body, pace)).toString()).to.equal(JSON.stringify(body));
    expect(slices).to.be.at.least(long.length);
  });

  it('of many rows lets other work run in between', async () => {
    const rows = Array.from({ length: 500 }, (_, id) => ({ id, text: 'x'.repeat(16_000) }));
    const turns = new Turns();
    let others = 0;
    let isOver = false;
    const work = () => {
      others += 1;
      if (!isOver) setImmediate(work);
    };
    setImmediate(work);
    let slices = 0;
    const pace = { hasRoom: turns.hasRoom, slice: () => ((slices += 1), turns.slice()) };
    const json = await jsonInSlices({ items: rows, next_cursor: null }, pace);
    isOver = true;
    expect(json.length).to.be.greaterThan(8_000_000);
    expect(slices).to.be.greaterThan(2);
    expect(others).to.be.greaterThan(2);
  });
});
