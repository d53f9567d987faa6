// One moment of a zone is made of several readings of clocks that run meanwhile.
import { expect } from 'chai';
import { ProcessClock } from '../../src/time/process-clock.ts';
import { ZoneTime } from '../../src/time/zone-time.ts';

const MOMENTS = 1_000;
const TICK_MS = 0.4;

describe('a moment of a zone', () => {
  it('takes no time that passes between its readings for a step of the clock', () => {
    let ms = 0;
    const tick = () => (ms += TICK_MS);
    const host = { wall: () => Math.floor(tick()), monotonic: tick, after: () => () => undefined };
    const time = new ZoneTime(new ProcessClock(host, { steadyMs: 0, onEvent: () => undefined }), null);
    const disputed = Array.from({ length: MOMENTS }, () => time.moment()).filter((moment) => moment.isAheadDisputed);
    expect(disputed).to.deep.equal([]);
  });
});
