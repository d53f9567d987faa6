// Live invocations by status, over the zones in memory. Zones update the counts with each change, so the cost of a
// scrape does not depend on the number of invocations.
import { Gauge, type Registry } from 'prom-client';
import type { ZoneFigures } from '../zone/figures.ts';
import type { Zones } from '../zone/zones.ts';
import { PREFIX } from './instruments.ts';

type Counts = ZoneFigures['invocations'];

/** Returns the sums over zones; every status is present. */
export const countInvocations = (figures: Iterable<ZoneFigures>): Counts => {
  const sum = { pending: 0, running: 0, cancel_requested: 0, failed: 0 } satisfies Counts;
  for (const { invocations } of figures) for (const status of statusesOf(sum)) sum[status] += invocations[status];
  return sum;
};

export const observeInvocations = (registry: Registry, zones: Zones): void => {
  registry.registerMetric(
    new Gauge({
      name: `${PREFIX}invocations`,
      help: 'Live invocations in memory by status; those that failed wait for another attempt.',
      labelNames: ['status'],
      registers: [],
      collect() {
        const counts = countInvocations(zones.figures());
        for (const status of statusesOf(counts)) this.set({ status }, counts[status]);
      },
    }),
  );
};

const statusesOf = (counts: Counts) => Object.keys(counts) as (keyof Counts)[];
