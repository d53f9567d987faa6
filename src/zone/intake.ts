// Decides which commands a zone accepts, by what the journal can store now.
import type { Condition } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';

/** `nothing` is for a zone that was opened for reading: due changes are shown there and not journaled. */
export type Intake = 'nothing' | 'lessening' | 'everything';

const ORDER: readonly Intake[] = ['nothing', 'lessening', 'everything'];

export const isMore = (intake: Intake, than: Intake): boolean => ORDER.indexOf(intake) > ORDER.indexOf(than);

/** Seconds after which to try again: free space is checked every second, but an operator has to make it. */
const READ_ONLY_SECONDS = 5;

/**
 * Returns what a zone may accept. While space is short, a zone is opened for writing only if a command needs it. Otherwise
 * deadlines in other zones would use up the remaining space.
 */
export const intakeOf = ({ access }: Condition, { isNeeded }: { readonly isNeeded: boolean }): Intake => {
  if (access === 'everything') return 'everything';
  return access === 'lessening' && isNeeded ? 'lessening' : 'nothing';
};

/** A change that was accepted by rights and state. */
export interface AcceptedChange {
  /** See `isStop`. */
  readonly isStop: boolean;
  readonly dryRun: boolean;
}

/** Returns why a zone does not carry out an accepted change; null if it does. */
export const refusedBy = (intake: Intake, { isStop, dryRun }: AcceptedChange, { cause }: Condition): Refusal | null => {
  if (intake === 'everything' || (isStop && (intake === 'lessening' || dryRun))) return null;
  return refuse('journal_unavailable', {
    details: { reason: cause ?? 'disk_full' },
    retryAfterSeconds: READ_ONLY_SECONDS,
  });
};

/** The refusal after the journal failed during a request: it is unknown whether a change was stored. */
export const unavailable = ({ cause }: Condition): Refusal =>
  refuse('journal_unavailable', { ...(cause !== null && { details: { reason: cause } }), retryAfterSeconds: 1 });
