// Log lines about the clocks: one for every dispute and every gap, not one for every comparison.
import type { Logger } from 'pino';
import type { ClockEvent } from './process-clock.ts';

export const logClockEvent = (log: Logger, event: ClockEvent): void => {
  switch (event.type) {
    case 'disputed':
      return log.error({ wallAheadMs: event.aheadMs }, 'the wall clock stepped; see "Clock steps" in TROUBLESHOOTING');
    case 'agreed':
      return log.info('the wall clock agrees with process time again');
    case 'believed':
      return log.warn(
        { stepMs: event.stepMs },
        'the step of the wall clock is followed; leases and deadlines are extended',
      );
    case 'deaf':
      return log.warn({ gapMs: event.gapMs }, 'the process did not run; leases and deadlines are extended');
  }
};
