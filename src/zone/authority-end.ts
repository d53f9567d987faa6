// Whether authority is over by an instant. While the clocks agree, what is over has been journaled as ended before anything is
// decided. While the wall clock disputes the time, nothing is journaled because of it, but what either clock ends is not active.
import type { Instant } from '../../machines/words.ts';

/** Null for what has no end of its own. */
interface Ending {
  readonly context: { readonly expiresAt: Instant | null };
}

export const isOver = ({ context }: Ending, at: Instant): boolean =>
  context.expiresAt !== null && context.expiresAt <= at;
