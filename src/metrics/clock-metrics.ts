// Metrics of the clocks.
import type { ClockFigures, ProcessTime } from '../time/process-time.ts';
import type { Instruments } from './instruments.ts';

const MS_PER_SECOND = 1000;

export const observeClock = (instruments: Instruments, clock: ProcessTime): void => {
  const gauge = (name: string, help: string, value: () => number) => instruments.gauge(`clock_${name}`, help, value);
  const counter = (name: string, help: string, value: (figures: ClockFigures) => number) =>
    instruments.counter(`clock_${name}`, help, () => value(clock.figures));
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
  counter('disputes_total', 'Steps of the wall clock that opened a dispute.', ({ disputes }) => disputes);
  counter(
    'believed_seconds_total',
    'The total length of forward steps of the wall clock that were followed.',
    ({ believedMs }) => believedMs / MS_PER_SECOND,
  );
  counter('deaf_total', 'Spans in which the event loop did not run for longer than a second.', ({ gaps }) => gaps);
  counter('deaf_seconds_total', 'The total length of these spans.', ({ deafMs }) => deafMs / MS_PER_SECOND);
};
