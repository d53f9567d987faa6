// The clocks and timers of the host: the only file that reads them.
import type { HostClocks } from './process-clock.ts';

export const hostClocks: HostClocks = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms).unref();
    return () => clearTimeout(timer);
  },
};
