// The two kinds of metric whose values are read at the time of a request for the metrics.
import { Counter, Gauge, type Registry } from 'prom-client';

/** What the names of all metrics of the coordinator begin with. */
export const PREFIX = 'coordinator_';

export class Instruments {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** A number that rises and falls. */
  gauge(name: string, help: string, value: () => number): void {
    this.#registry.registerMetric(
      new Gauge({
        name: `${PREFIX}${name}`,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  }

  /** A number that only grows: the value is the total since the start. */
  counter(name: string, help: string, value: () => number): void {
    this.#registry.registerMetric(
      new Counter({
        name: `${PREFIX}${name}`,
        help,
        registers: [],
        collect() {
          this.reset();
          this.inc(value());
        },
      }),
    );
  }
}
