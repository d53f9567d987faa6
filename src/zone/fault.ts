// What an error means for a zone: which kind of fault it is, and how a request that met it is refused.
import type { FaultKind } from '../../machines/zone-supervisor.ts';
import { JournalError, type Condition } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { isRefusal } from './commands.ts';
import { unavailable } from './intake.ts';

/** Why a zone is read-only whose journal was written again before the zone was read. */
export const COMING_BACK = 'The journal could not be written when this zone was read from disk.';

const BUG = 'A bug stopped this zone; the log tells where. It is read from disk again, unless that happened too often.';

/** What an operator is told. What a bug says of itself is for the log: every caller may ask whether the service is ready. */
export const sentenceOf = (error: unknown): string =>
  faultKindOf(error) === 'bug' || !(error instanceof Error) ? BUG : error.message;

export const interrupted = (): Refusal => refuse('read_interrupted', { retryAfterSeconds: 1 });

/** A view of the store was refused or ended early, and nothing else is wrong. */
export const isOfView = (error: unknown): boolean =>
  error instanceof JournalError && (error.code === 'VIEW_ENDED' || error.code === 'VIEWS_FULL');

export const faultKindOf = (error: unknown): FaultKind => {
  if (!(error instanceof JournalError)) return 'bug';
  return error.code === 'CORRUPT' || error.code === 'BEHIND' ? 'damage' : 'journal';
};

export const refusalFor = (error: unknown, condition: Condition): Refusal => {
  const kind = faultKindOf(error);
  if (kind === 'bug') return refuse('internal_error');
  return kind === 'journal' ? unavailable(condition) : refuse('zone_faulted');
};

/** Whether a query may have met a database that failed, or was opened again, under it. */
export const isUnavailable = (answer: object): boolean =>
  isRefusal(answer) && (answer.code === 'journal_unavailable' || answer.code === 'read_interrupted');
