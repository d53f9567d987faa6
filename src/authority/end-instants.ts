// When an edge or a directory row ends. In a zone that is ahead of the clock an end has two instants: one in zone time, and one
// by the clock of callers. It ends by whichever comes first.
import type { Instant } from '../../machines/words.ts';
import type { AuthorityTime } from '../time/zone-time.ts';

/** `expiresAt` is null for what has no end. */
export interface EndInstants<At extends Instant | null = Instant | null> {
  readonly expiresAt: At;
  /** The end by the clock of callers; absent or null if it equals `expiresAt`. */
  readonly callersExpiresAt?: Instant | null;
}

export interface End extends EndInstants<Instant> {
  readonly callersExpiresAt?: Instant;
}

export const hasEnded = ({ expiresAt, callersExpiresAt = null }: EndInstants, at: AuthorityTime): boolean =>
  (expiresAt !== null && expiresAt <= at.zone) || (callersExpiresAt !== null && callersExpiresAt <= at.callers);

/** The end by the clock of callers: answers show it. */
export const callersEnd = <At extends Instant | null>({ expiresAt, callersExpiresAt }: EndInstants<At>): At | Instant =>
  callersExpiresAt ?? expiresAt;

/** Returns both instants of an end, or one if they are equal. */
export const endOf = ({ expiresAt, callersExpiresAt: callers = null }: EndInstants<Instant>): End =>
  callers === null || callers === expiresAt ? { expiresAt } : { expiresAt, callersExpiresAt: callers };

interface Now {
  readonly now: Instant;
  readonly wallAt: Instant;
  readonly authorityAt: AuthorityTime;
}

/** Returns the end for an instant of a caller, which counts as a duration from now: it is later in a zone that is ahead. */
export const givenEnd = ({ now, authorityAt }: Now, given: Instant): End =>
  endOf({ expiresAt: now + (given - authorityAt.callers), callersExpiresAt: given });

/** Returns the end after a duration, milliseconds. */
export const endAfter = ({ now, wallAt }: Now, ms: number): End =>
  endOf({ expiresAt: now + ms, callersExpiresAt: wallAt + ms });

/**
 * Limits an end to another one in zone time, if it is within it by the clock of callers. The difference of both clocks is not
 * constant: process time is corrected, and a zone may have come to be ahead since the other end was set.
 */
export const endWithin = (end: End, other: EndInstants<Instant>): End =>
  callersEnd(end) <= callersEnd(other)
    ? endOf({ expiresAt: Math.min(end.expiresAt, other.expiresAt), callersExpiresAt: callersEnd(end) })
    : end;
