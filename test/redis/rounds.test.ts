// Who gets a turn: so many at a time, each once and then behind the others, a zone never twice at a time, and whoever failed
// after a rest that grows.
import { expect } from 'chai';
import { SINK_RETRY_MS, SINK_RETRY_MS_MAX, SINK_WAITING_MAX, SINK_ZONES_AT_ONCE } from '../../src/limits.ts';
import { Rounds, type TurnEnd } from '../../src/sink/rounds.ts';
import { until } from '../process/parts/server.ts';
import { HandClock } from '../world/clock.ts';

describe('turns of zones', () => {
  const clock = new HandClock();
  /** Turns that have begun, in order, and how to end those that go on. */
  let begun: string[];
  let idle: string[];
  let ends: Map<string, (end: TurnEnd) => void>;
  let rounds: Rounds;

  beforeEach(() => {
    [begun, idle, ends] = [[], [], new Map()];
    rounds = new Rounds({
      clock,
      turn: (zone) => {
        expect(ends.has(zone), `two turns of ${zone} at once`).to.equal(false);
        begun.push(zone);
        return new Promise((resolve) => ends.set(zone, resolve));
      },
      onIdle: (zone) => idle.push(zone),
    });
    rounds.open();
  });

  const end = (zone: string, how: TurnEnd): void => {
    const resolve = ends.get(zone);
    ends.delete(zone);
    resolve?.(how);
  };

  const begin = (count: number) =>
    until(
      () => Promise.resolve(begun.length),
      (length) => length === count,
    );

  const called = (count: number): string[] => {
    const zones = Array.from({ length: count }, (_, index) => `z${index}`);
    for (const zone of zones) rounds.call(zone);
    return zones;
  };

  it('are taken by so many at a time, in the order in which they were called', async () => {
    const zones = called(SINK_ZONES_AT_ONCE + 2);
    await begin(SINK_ZONES_AT_ONCE);
    end('z3', 'done');
    await begin(SINK_ZONES_AT_ONCE + 1);
    end('z0', 'done');
    await begin(SINK_ZONES_AT_ONCE + 2);
    expect(begun).to.deep.equal(zones);
  });

  it('come again behind all the others for whoever has more to tell', async () => {
    called(SINK_ZONES_AT_ONCE + 1);
    await begin(SINK_ZONES_AT_ONCE);
    end('z0', 'more');
    await begin(SINK_ZONES_AT_ONCE + 1);
    expect(begun.at(-1)).to.equal(`z${SINK_ZONES_AT_ONCE}`);
    end('z1', 'done');
    await begin(SINK_ZONES_AT_ONCE + 2);
    expect(begun.at(-1)).to.equal('z0');
    expect(idle).to.deep.equal(['z1']);
  });

  it('come once more for whoever was called during its own', async () => {
    called(1);
    await begin(1);
    for (let n = 0; n < 5; n += 1) rounds.call('z0');
    end('z0', 'done');
    await begin(2);
    expect(idle).to.deep.equal([]);
    end('z0', 'done');
    await rounds.quiet();
    expect([begun, idle]).to.deep.equal([['z0', 'z0'], ['z0']]);
  });

  it('come after a rest for whoever failed, a longer one each time until it succeeds', async () => {
    called(1);
    let rest = SINK_RETRY_MS;
    for (let failures = 1; failures <= 10; failures += 1) {
      await begin(failures);
      end('z0', 'failed');
      await rounds.quiet();
      rounds.call('z0');
      clock.advance(rest - 1);
      await rounds.quiet();
      expect(begun).to.have.length(failures);
      clock.advance(1);
      rest = Math.min(rest * 2, SINK_RETRY_MS_MAX);
    }
    await begin(11);
    end('z0', 'done');
    await rounds.quiet();
    rounds.call('z0');
    await begin(12);
    end('z0', 'failed');
    await rounds.quiet();
    clock.advance(SINK_RETRY_MS);
    await begin(13);
  });

  it('have room for no more than may wait', async () => {
    const zones = called(SINK_WAITING_MAX + SINK_ZONES_AT_ONCE);
    await begin(SINK_ZONES_AT_ONCE);
    let hasRoom = false;
    const room = rounds.room().then(() => (hasRoom = true));
    await begin(SINK_ZONES_AT_ONCE);
    expect(hasRoom).to.equal(false);
    end(zones[0] ?? '', 'done');
    await room;
  });

  it('are forgotten with what waits and rests when they are closed', async () => {
    called(SINK_ZONES_AT_ONCE + 1);
    await begin(SINK_ZONES_AT_ONCE);
    end('z0', 'failed');
    rounds.close();
    for (const zone of [...ends.keys()]) end(zone, 'more');
    rounds.call('z0');
    clock.advance(SINK_RETRY_MS_MAX);
    await rounds.quiet();
    await rounds.room();
    expect(begun).to.have.length(SINK_ZONES_AT_ONCE);
  });
});
