// Metrics of request admission. The lag of the event loop is among the default metrics
// (`nodejs_eventloop_lag_p99_seconds` and similar).
import { Counter, Gauge, type Registry } from 'prom-client';

export interface LoadFigures {
  /** Requests that wait to be admitted. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Bytes of answers that are being built or are unread. */
  readonly answerBytes: number;
  /** Requests refused as `overloaded` since the start. */
  readonly refused: number;
}

export const observeLoad = (registry: Registry, load: LoadFigures): void => {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `coordinator_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('requests_waiting', 'Requests that wait to be admitted.', () => load.waiting);
  gauge('requests_in_flight', 'Requests that were admitted and are being carried out.', () => load.inFlight);
  gauge('answers_outstanding_bytes', 'Bytes of answers that are being built or are unread.', () => load.answerBytes);
  const count = (name: string, help: string, value: () => number) =>
    new Counter({
      name: `coordinator_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  count('requests_overloaded_total', 'Requests refused as overloaded.', () => load.refused);
};
