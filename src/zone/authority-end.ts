// Whether authority has ended by an instant. While the clocks agree, ended authority is journaled as ended before a command is
// decided. While the wall clock disputes the time, such ends are not journaled, but authority that either clock ends is not
// active.
import type { Instant } from '../../machines/words.ts';

/** Null for authority without an end. */
interface Ending {
  readonly context: { readonly expiresAt: Instant | null };
}

export const isOver = ({ context }: Ending, at: Instant): boolean =>
  context.expiresAt !== null && context.expiresAt <= at;
