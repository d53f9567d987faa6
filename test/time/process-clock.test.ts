// The clock of the process on simulated clocks of a host: the steps that it follows or disputes, and the gaps it reports.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { BEAT_MS, CLOCK_BELIEVE_MS, CLOCK_STEP_MS_MAX, DEAF_GRACE_MS, DEAF_MS } from '../../src/time/limits.ts';
import { ProcessClock, type ClockEvent } from '../../src/time/process-clock.ts';
import { HandHost } from '../world/host.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const STEADY = 600 * SECOND;

const started = () => {
  const host = new HandHost();
  const events: ClockEvent[] = [];
  const clock = new ProcessClock(host, { steadyMs: STEADY, onEvent: (event) => events.push(event) });
  return { host, clock, events, start: clock.now(), types: () => events.map(({ type }) => type) };
};

describe('the clock of the process', () => {
  it('starts at the wall clock and runs with the monotonic clock', () => {
    const { host, clock, start } = started();
    expect(start).to.equal(host.wall());
    host.run(12_345);
    expect(clock.now()).to.equal(start + 12_345);
    expect(clock.read().elapsedMs).to.equal(12_345);
    expect(clock.dispute()).to.equal(null);
  });

  it('returns one instant even if time passes between two reads of the host clocks', () => {
    const host = new HandHost();
    const monotonic = () => {
      host.run(1);
      return host.monotonic();
    };
    const passing = { wall: () => host.wall(), monotonic, after: () => () => {} };
    const { now, wallAt, latest } = new ProcessClock(passing, { steadyMs: STEADY, onEvent: () => {} }).read();
    expect([wallAt, latest]).to.deep.equal([now, now]);
  });

  it('never follows a wall clock that is set back, and reads instants of callers by it after a minute', () => {
    const { host, clock, start, types } = started();
    host.setWall(-HOUR);
    host.run(CLOCK_BELIEVE_MS - SECOND);
    expect(clock.read().latest).to.equal(clock.now());
    expect(clock.dispute()?.aheadMs).to.equal(-HOUR);
    host.run(9 * CLOCK_BELIEVE_MS + SECOND);
    expect(clock.now()).to.equal(start + 10 * CLOCK_BELIEVE_MS);
    expect([clock.read().latest, clock.read().wallAt]).to.deep.equal([host.wall(), host.wall()]);
    expect(clock.dispute()).to.equal(null);
    expect(types()).to.deep.equal(['disputed', 'believed']);
    expect(clock.figures.disputes).to.equal(1);
    expect(clock.gaps.totalMs).to.equal(0);
  });

  it('moves on only by what a later step forward is beyond process time', () => {
    const { host, clock, start } = started();
    host.setWall(-HOUR);
    host.run(2 * CLOCK_BELIEVE_MS);
    host.setWall(3 * HOUR);
    host.run(2 * CLOCK_BELIEVE_MS);
    expect(clock.now()).to.equal(start + 4 * CLOCK_BELIEVE_MS + 2 * HOUR);
    expect([clock.read().latest, clock.read().wallAt]).to.deep.equal([host.wall(), host.wall()]);
    expect(clock.gaps.totalMs).to.equal(2 * HOUR);
  });

  it('ends authority by a wall clock that is ahead at once, and ends the dispute when that clock returns', () => {
    const { host, clock, start, types } = started();
    host.setWall(365 * DAY);
    expect(clock.read().latest).to.equal(start + 365 * DAY);
    host.run(4 * SECOND);
    expect(clock.now()).to.equal(start + 4 * SECOND);
    expect(clock.dispute()).to.include({ aheadMs: 365 * DAY });
    host.setWall(-365 * DAY);
    expect(clock.read().latest).to.equal(clock.now());
    host.run(2 * SECOND);
    expect(clock.now()).to.equal(start + 6 * SECOND);
    expect(clock.dispute()).to.equal(null);
    expect(types()).to.deep.equal(['disputed', 'agreed']);
    expect(clock.gaps.totalMs).to.equal(0);
  });

  it('follows a forward step once the wall clock has agreed with itself for a minute, and counts it as a gap', () => {
    const { host, clock, start, types } = started();
    host.sleep(8 * HOUR);
    host.run(CLOCK_BELIEVE_MS);
    expect(clock.now()).to.equal(start + CLOCK_BELIEVE_MS);
    host.run(3 * SECOND);
    expect(clock.now()).to.equal(host.wall());
    expect(clock.gaps.totalMs).to.equal(8 * HOUR);
    expect(clock.read().elapsedMs).to.equal(CLOCK_BELIEVE_MS + 3 * SECOND);
    expect(types()).to.deep.equal(['disputed', 'believed']);
  });

  it('does not follow a wall clock that keeps stepping', () => {
    const { host, clock, start } = started();
    for (let steps = 0; steps < 20; steps += 1) {
      host.setWall(HOUR);
      host.run(CLOCK_BELIEVE_MS / 2);
    }
    expect(clock.now()).to.equal(start + 10 * CLOCK_BELIEVE_MS);
    expect(clock.figures).to.include({ disputes: 1, believedMs: 0 });
  });

  it('adds small steps up: several of them are one large step', () => {
    const { host, clock } = started();
    host.setWall(CLOCK_STEP_MS_MAX - SECOND);
    host.run(2 * SECOND);
    expect(clock.dispute()).to.equal(null);
    host.setWall(CLOCK_STEP_MS_MAX - SECOND);
    host.run(2 * SECOND);
    expect(clock.dispute()).to.not.equal(null);
  });

  it('follows a drift of months without a dispute, never backwards, and never faster than NTP would', () => {
    for (const driftMsPerHour of [720, -720]) {
      const { host, clock, types } = started();
      let last = clock.now();
      for (let hours = 0; hours < 24; hours += 1) {
        host.run(HOUR);
        host.setWall(driftMsPerHour);
        const now = clock.now();
        expect(now - last).to.be.within(HOUR - 1_801, HOUR + 1_801);
        last = now;
      }
      expect(Math.abs(clock.now() - host.wall())).to.be.below(SECOND);
      expect(types()).to.deep.equal([]);
    }
  });

  it('is steady only after it has agreed for long enough, and starts again after a step', () => {
    const { host, clock } = started();
    const isSteady = () => clock.read().steadyAt <= clock.now();
    host.run(STEADY - SECOND);
    expect(isSteady()).to.equal(false);
    host.run(SECOND);
    expect(isSteady()).to.equal(true);
    host.setWall(-HOUR);
    host.run(2 * SECOND);
    expect(isSteady()).to.equal(false);
    host.setWall(HOUR);
    host.run(STEADY - SECOND);
    expect(isSteady()).to.equal(false);
    host.run(3 * SECOND);
    expect(isSteady()).to.equal(true);
  });

  it('notices a gap at the first reading, before any timer', () => {
    const { host, clock, start, events } = started();
    host.run(10 * SECOND);
    host.stop(7 * SECOND);
    expect(clock.now()).to.equal(start + 17 * SECOND);
    expect(clock.gaps.totalMs).to.be.within(7 * SECOND, 7 * SECOND + BEAT_MS + DEAF_GRACE_MS);
    expect(clock.gaps.countAt(start + 10 * SECOND)).to.equal(0);
    expect(clock.gaps.countAt(clock.now())).to.equal(1);
    host.run(5 * SECOND);
    expect(events).to.have.length(1);
    expect(clock.figures).to.include({ gaps: 1 });
  });

  it('ignores gaps shorter than a second', () => {
    const { host, clock } = started();
    for (let stops = 0; stops < 10; stops += 1) {
      host.run(SECOND);
      host.stop(DEAF_MS - BEAT_MS);
      clock.now();
    }
    expect(clock.gaps.totalMs).to.equal(0);
  });

  it('rings at its instant, also after a stop and after a step that it follows', () => {
    const { host, clock, start } = started();
    const rings: number[] = [];
    clock.at(start + 90 * SECOND, () => rings.push(clock.now()));
    clock.at(start + 20 * HOUR, () => rings.push(clock.now()));
    clock.at(start + 10 * SECOND, () => rings.push(0))();
    host.setWall(-HOUR);
    host.run(80 * SECOND);
    host.stop(5 * SECOND);
    host.run(10 * SECOND);
    expect(rings).to.deep.equal([start + 90 * SECOND]);
    host.setWall(HOUR);
    host.sleep(24 * HOUR);
    host.run(CLOCK_BELIEVE_MS + 5 * SECOND);
    expect(rings).to.have.length(2);
    clock.stop();
  });

  it('never runs backwards and never ends authority later than process time does, whatever the host does', () => {
    const move = fc.oneof(
      fc.record({ run: fc.integer({ min: 0, max: 90_000 }) }),
      fc.record({ wall: fc.integer({ min: -DAY, max: DAY }) }),
      fc.record({ wall: fc.integer({ min: -4_000, max: 4_000 }) }),
      fc.record({ stop: fc.integer({ min: 0, max: 20_000 }) }),
      fc.record({ sleep: fc.integer({ min: 0, max: DAY }) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const { host, clock, start } = started();
        let last = start;
        for (const each of moves) {
          if ('run' in each) host.run(each.run);
          else if ('wall' in each) host.setWall(each.wall);
          else if ('stop' in each) host.stop(each.stop);
          else host.sleep(each.sleep);
          const now = clock.now();
          expect(now).to.be.at.least(last);
          expect(clock.read().wallAt).to.be.at.most(now);
          expect(clock.read().latest).to.be.at.least(clock.read().wallAt);
          last = now;
        }
        const { believedMs } = clock.figures;
        // Apart from followed steps, it differs from the monotonic clock by at most the slew.
        expect(Math.abs(last - start - believedMs - clock.read().elapsedMs)).to.be.at.most(
          1 + clock.read().elapsedMs / 2_000,
        );
      }),
    );
  });
});
