// The alarm of the process, on a clock moved by hand, against a plain map of who is due when.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Alarm } from '../../src/zone/due/alarm.ts';
import { HandClock } from '../world/clock.ts';

type Ring = readonly [zone: string, at: number];

const zones = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(
  fc.record({ zone: zones, inMs: fc.option(fc.integer({ min: 0, max: 20 })) }),
  fc.record({ passMs: fc.integer({ min: 0, max: 10 }) }),
);

const byZone = (rings: readonly Ring[]) => rings.toSorted(([a], [b]) => a.localeCompare(b));

describe('the alarm', () => {
  it('rings for every zone at the instant that was last set for it, and once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new HandClock(0);
        const rings: Ring[] = [];
        const alarm = new Alarm(clock, (zone) => rings.push([zone, clock.now()]));
        const due = new Map<string, number>();
        for (const each of steps) {
          if ('passMs' in each) {
            const expected = [...due].filter(([, at]) => at <= clock.now() + each.passMs);
            for (const [zone] of expected) due.delete(zone);
            rings.length = 0;
            clock.advance(each.passMs);
            expect(byZone(rings)).to.deep.equal(byZone(expected));
          } else {
            const at = each.inMs === null ? null : clock.now() + each.inMs;
            alarm.set(each.zone, at);
            if (at === null) due.delete(each.zone);
            else due.set(each.zone, at);
          }
        }
      }),
    );
  });

  it('lets a zone set its next instant while it rings', () => {
    const clock = new HandClock(0);
    const rings: number[] = [];
    const alarm: Alarm = new Alarm(clock, (zone) => {
      rings.push(clock.now());
      if (rings.length < 3) alarm.set(zone, clock.now() + 10);
    });
    alarm.set('a', 5);
    clock.advance(100);
    expect(rings).to.deep.equal([5, 15, 25]);
  });

  it('rings at once for what has passed', () => {
    const clock = new HandClock(100);
    const rings: string[] = [];
    new Alarm(clock, (zone) => rings.push(zone)).set('a', 5);
    clock.advance(0);
    expect(rings).to.deep.equal(['a']);
  });

  it('does not ring once it is stopped', () => {
    const clock = new HandClock(0);
    const rings: string[] = [];
    const alarm = new Alarm(clock, (zone) => rings.push(zone));
    alarm.set('a', 5);
    alarm.stop();
    clock.advance(10);
    expect(rings).to.deep.equal([]);
  });
});
