// Which commands a zone takes, by what the journal can store now.
import type { Condition } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { Command } from './commands.ts';
import { lessens } from './decisions/lessening.ts';

/** `nothing` is for a zone that was opened for reading: what is due there is shown and not journaled. */
export type Intake = 'nothing' | 'lessening' | 'everything';

const ORDER: readonly Intake[] = ['nothing', 'lessening', 'everything'];

export const isMore = (intake: Intake, than: Intake): boolean => ORDER.indexOf(intake) > ORDER.indexOf(than);

/** Seconds after which trying again may help: space is looked for every second, and made by an operator. */
const READ_ONLY_SECONDS = 5;

/**
 * What a zone may take. A zone is opened for writing only when a command needs it, so that what is left of the space is not
 * used up by what falls due in zones where no command stops anything.
 */
export const intakeOf = ({ access }: Condition, { isNeeded }: { readonly isNeeded: boolean }): Intake => {
  if (access === 'everything') return 'everything';
  return access === 'lessening' && isNeeded ? 'lessening' : 'nothing';
};

/** Why a zone does not carry out a command that was decided; null where it does. */
export const refusedBy = (intake: Intake, { type, dryRun }: Command, { cause }: Condition): Refusal | null => {
  if (intake === 'everything' || (lessens(type) && (intake === 'lessening' || dryRun))) return null;
  return refuse('journal_unavailable', {
    details: { reason: cause ?? 'disk_full' },
    retryAfterSeconds: READ_ONLY_SECONDS,
  });
};

/** The journal failed while the zone was asked: whether a change was stored is not known. */
export const unavailable = ({ cause }: Condition): Refusal =>
  refuse('journal_unavailable', { ...(cause !== null && { details: { reason: cause } }), retryAfterSeconds: 1 });
