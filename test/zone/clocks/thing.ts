// What a random test of clocks remembers of each session, edge, invocation and directory row that it made.
import { CLOCK_COMPARE_MS, CLOCK_SLEW_MS } from '../../../src/time/limits.ts';
import { RETENTION_MS } from './clock-run.ts';

/** Something that lasts for a while, and what the clocks of the test showed when it began. */
export interface Thing {
  readonly kind: 'session' | 'service' | 'edge' | 'invocation' | 'row';
  readonly id: string;
  readonly key: string;
  readonly lengthMs: number;
  readonly countedMs: number;
  readonly life: number;
  readonly believedMs: number;
  readonly monotonic: number;
  readonly pausedMs: number;
  readonly pauses: number;
  /** In the time of its zone. */
  readonly startedAt: number;
  /** When it ends by the wall clock; null for a session of a zone that was ahead of that. */
  readonly endsAt: number | null;
  heardMs: number;
  heardPauses: number;
  endedAt: number | null;
  isLost: boolean;
  mayBeGone: boolean;
  isKeyOld: boolean;
}

/** By how much process time may have been slewed in so long. */
export const slewMs = (ms: number): number => Math.ceil((ms * CLOCK_SLEW_MS) / CLOCK_COMPARE_MS) + 1;

/** What is old enough at an instant, by a steady clock, may be deleted from then on. */
export const age = (thing: Thing, now: number): void => {
  // It may have ended and be deleted within one span.
  const endedAt = thing.endedAt ?? (thing.kind === 'session' ? thing.startedAt + thing.lengthMs : now);
  thing.mayBeGone ||= now - endedAt >= RETENTION_MS;
  thing.isKeyOld ||= now - thing.startedAt >= RETENTION_MS;
};
