// Metrics of the clocks.
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ProcessTime } from '../time/process-time.ts';

const MS_PER_SECOND = 1000;

export const observeClock = (registry: Registry, clock: ProcessTime): void => {
  const { figures } = clock;
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `coordinator_clock_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  const count = (name: string, help: string, value: (now: typeof figures) => number) =>
    new Counter({
      name: `coordinator_clock_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value(clock.figures));
      },
    });
  gauge('disputed', '1 while the wall clock differs from process time by more than a step.', () =>
    Number(clock.dispute() !== null),
  );
  gauge(
    'wall_ahead_seconds',
    'How far the wall clock is ahead of process time in a dispute; 0 without one.',
    () => (clock.dispute()?.aheadMs ?? 0) / MS_PER_SECOND,
  );
  gauge('steady', '1 while records may be deleted because of their age.', () => {
    const { now, steadyAt } = clock.read();
    return Number(steadyAt <= now);
  });
  count('disputes_total', 'Steps of the wall clock that opened a dispute.', ({ disputes }) => disputes);
  count(
    'believed_seconds_total',
    'The total length of forward steps of the wall clock that were followed.',
    ({ believedMs }) => believedMs / MS_PER_SECOND,
  );
  count('deaf_total', 'Spans in which the event loop did not run for longer than a second.', ({ gaps }) => gaps);
  count('deaf_seconds_total', 'The total length of these spans.', ({ deafMs }) => deafMs / MS_PER_SECOND);
};
