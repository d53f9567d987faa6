// Classifies an error of a zone: the kind of fault, and the refusal of the request that caused it.
import type { FaultKind } from '../../machines/zone-supervisor.ts';
import { JournalError, type Condition, type Health } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { isRefusal } from './commands.ts';
import { unavailable } from './intake.ts';

/** The reason of a read-only zone whose journal became writable before the zone was read. */
const COMING_BACK = 'The journal could not be written when this zone was read from disk.';

export const readOnlyBecause = (health: Health): string => (health.ok ? COMING_BACK : health.reason);

const BUG = 'A bug stopped this zone; see the log. It is read from disk again, unless that happened too often.';

/** Returns the sentence for `/ready`. The message of a bug is only logged, because `/ready` needs no authentication. */
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

/** Whether the database may have failed or been reopened during a query. */
export const isUnavailable = (answer: object): boolean =>
  isRefusal(answer) && (answer.code === 'journal_unavailable' || answer.code === 'read_interrupted');
