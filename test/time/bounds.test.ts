// The bounds of what is remembered of time: gaps of the process, and zones that are ahead of it.
import { expect } from 'chai';
import { Gaps } from '../../src/time/gaps.ts';
import { ZoneTimes } from '../../src/time/zone-time.ts';
import { HandClock } from '../world/clock.ts';

const HOUR_MS = 3_600_000;

describe('the gaps that are kept', () => {
  const MAX = 10;

  const many = (count: number): Gaps => {
    const gaps = new Gaps(MAX);
    for (let n = 1; n <= count; n += 1) gaps.add({ endedAt: n * 1_000, ms: n, isStep: false, elapsedMs: n * 1_000 });
    return gaps;
  };

  it('are all of them up to the bound', () => {
    const gaps = many(MAX);
    expect(gaps.since(0)).to.have.length(MAX);
    expect(gaps.countAt(3_000)).to.equal(3);
  });

  it('are the latest beyond it, and the number of all of them is still known', () => {
    const gaps = many(MAX + 1);
    expect(gaps.count).to.equal(MAX + 1);
    const kept = gaps.since(0);
    expect(kept).to.have.length.within(MAX / 2, MAX);
    expect(kept.at(-1)?.ms).to.equal(MAX + 1);
    expect(gaps.since(MAX)).to.have.length(1);
    expect(gaps.countAt(0), 'dropped gaps count as ended').to.equal(MAX + 1 - kept.length);
  });
});

describe('the zones that are known to be ahead', () => {
  it('are the latest of them beyond the bound; of another only its last entry tells', () => {
    const clock = new HandClock();
    const times = new ZoneTimes(clock, 2);
    const now = clock.now();
    for (const zone of ['z1', 'z2', 'z3']) times.of(zone, now + HOUR_MS);
    clock.advance(HOUR_MS / 2);
    const leadOf = (zone: string, lastAt: number) => times.of(zone, lastAt).now() - clock.now();
    expect(leadOf('z3', now + HOUR_MS), 'ran on while it slept').to.equal(HOUR_MS);
    expect(leadOf('z2', 0)).to.equal(HOUR_MS);
    expect(leadOf('z1', now + HOUR_MS), 'begins at its last entry again').to.equal(HOUR_MS / 2);
  });
});
