// Generates ids. Only the entry point calls this; below it an id is an argument.
import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { Clock } from './clock.ts';

export interface Ids {
  /** A UUIDv7 (RFC 9562, section 5.7), monotonic within this process, so that the newest sorts last. */
  next(): string;
  /** A random UUID for what is never sorted, such as a request. */
  random(): string;
}

/** Ids with the time of the host's wall clock, for command-line tools and tests. */
export const uuidIds: Ids = { next: () => v7(), random: () => randomUUID() };

/** Ids with the time of `clock`: a step of the wall clock must not change the order of lists by id. */
export const createIds = (clock: Clock): Ids => {
  let msecs = 0;
  let seq = 0;
  const next = () => {
    const now = clock.now();
    // Within one millisecond the counter of RFC 9562, section 6.2, method 1; it has 32 bits and never wraps in one.
    seq = now > msecs ? 0 : seq + 1;
    msecs = Math.max(now, msecs);
    return v7({ msecs, seq });
  };
  return { next, random: () => randomUUID() };
};
