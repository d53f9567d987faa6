// The end of an edge or a directory row. It has two instants where zone time and the clock of callers differ: one in zone
// time and one by the clock of callers. Authority lasts until the one in zone time. While the wall clock is ahead in a dispute,
// the earlier one applies.
import type { Instant } from '../../machines/words.ts';
import type { AuthorityTime } from '../time/zone-time.ts';

/** `expiresAt` is null if there is no end. */
export interface EndInstants<At extends Instant | null = Instant | null> {
  readonly expiresAt: At;
  /** The end by the clock of callers; absent or null if it equals `expiresAt`. */
  readonly callersExpiresAt?: Instant | null;
}

/** The end of a new edge or directory row. */
export interface End extends EndInstants<Instant> {
  readonly callersExpiresAt?: Instant;
}

/** Returns whether either instant of an end has passed. */
export const hasEnded = (
  { expiresAt, callersExpiresAt = null }: EndInstants,
  { zone, callers }: AuthorityTime,
): boolean =>
  (expiresAt !== null && expiresAt <= zone) ||
  (callers !== null && callersExpiresAt !== null && callersExpiresAt <= callers);

/** Returns the end by the clock of callers, as answers show it. */
export const callersEnd = <At extends Instant | null>({ expiresAt, callersExpiresAt }: EndInstants<At>): At | Instant =>
  callersExpiresAt ?? expiresAt;

/** Returns both instants of an end, or one if they are equal. */
export const endOf = ({ expiresAt, callersExpiresAt: callers = null }: EndInstants<Instant>): End =>
  callers === null || callers === expiresAt ? { expiresAt } : { expiresAt, callersExpiresAt: callers };

/** The instants from which a new end is counted. */
interface EndBase {
  readonly now: Instant;
  readonly wallAt: Instant;
}

/** Returns the end for an instant given by a caller. It counts as a duration from now. */
export const givenEnd = ({ now, wallAt }: EndBase, given: Instant): End =>
  endOf({ expiresAt: now + (given - wallAt), callersExpiresAt: given });

/** Returns the end after a duration in milliseconds. */
export const endAfter = ({ now, wallAt }: EndBase, ms: number): End =>
  endOf({ expiresAt: now + ms, callersExpiresAt: wallAt + ms });

/**
 * Limits an end to that of a parent in zone time, if it is within the parent's by the clock of callers. The difference of
 * the clocks is not constant: process time is slewed, and a zone may be ahead only since the parent was created.
 */
export const endWithin = (end: End, parent: EndInstants<Instant>): End =>
  callersEnd(end) <= callersEnd(parent)
    ? endOf({ expiresAt: Math.min(end.expiresAt, parent.expiresAt), callersExpiresAt: callersEnd(end) })
    : end;
