// Deadlines, against a plain map that is searched for its least.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Deadlines, type Deadline } from '../../src/zone/due/deadlines.ts';

const step = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  at: fc.integer({ min: 0, max: 5 }),
  act: fc.constantFrom('set', 'cancel', 'take'),
});

const least = (model: ReadonlyMap<string, Deadline>): Deadline | undefined =>
  [...model.values()].toSorted((a, b) => a.at - b.at || a.seq - b.seq)[0];

describe('deadlines', () => {
  it('give the earliest that stands, after any settings and cancellations', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const deadlines = new Deadlines();
        const model = new Map<string, Deadline>();
        for (const [seq, { id, at, act }] of steps.entries()) {
          const target = act === 'take' ? (least(model)?.id ?? id) : id;
          if (act === 'set') deadlines.set({ id, at, seq });
          else deadlines.cancel(target);
          if (act === 'set') model.set(id, { id, at, seq });
          else model.delete(target);
          expect(deadlines.next()).to.deep.equal(least(model));
        }
      }),
    );
  });

  it('give one instant in the order in which it was set', () => {
    const deadlines = new Deadlines();
    for (const [seq, id] of ['c', 'a', 'b'].entries()) deadlines.set({ id, at: 1, seq });
    expect(taken(deadlines)).to.deep.equal(['c', 'a', 'b']);
  });

  it('stay right when the leftovers of many cancellations are dropped', () => {
    const deadlines = new Deadlines();
    for (let seq = 0; seq < 300; seq += 1) deadlines.set({ id: `id-${seq}`, at: 300 - seq, seq });
    for (let seq = 0; seq < 297; seq += 1) deadlines.cancel(`id-${seq}`);
    expect(taken(deadlines)).to.deep.equal(['id-299', 'id-298', 'id-297']);
  });
});

const taken = (deadlines: Deadlines): string[] => {
  const ids: string[] = [];
  for (let next = deadlines.next(); next; next = deadlines.next()) {
    ids.push(next.id);
    deadlines.cancel(next.id);
  }
  return ids;
};
