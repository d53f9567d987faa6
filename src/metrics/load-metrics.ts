// Metrics of request admission. The lag of the event loop is among the default metrics
// (`nodejs_eventloop_lag_p99_seconds` and similar).
import type { Instruments } from './instruments.ts';

export interface LoadFigures {
  /** Requests that wait to be admitted. */
  readonly waiting: number;
  readonly inFlight: number;
  /** Bytes of answers that are being built or are unread. */
  readonly answerBytes: number;
  /** Requests refused as `overloaded` since the start. */
  readonly refused: number;
}

export const observeLoad = (instruments: Instruments, load: LoadFigures): void => {
  instruments.gauge('requests_waiting', 'Requests that wait to be admitted.', () => load.waiting);
  instruments.gauge(
    'requests_in_flight',
    'Requests that were admitted and are being carried out.',
    () => load.inFlight,
  );
  instruments.gauge(
    'answers_outstanding_bytes',
    'Bytes of answers that are being built or are unread.',
    () => load.answerBytes,
  );
  instruments.counter('requests_overloaded_total', 'Requests refused as overloaded.', () => load.refused);
};
