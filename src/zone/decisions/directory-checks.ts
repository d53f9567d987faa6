// What the directory says of those that a request names or comes from. In an open directory only what is registered and has
// ended is refused; in a closed one also what is not registered.
import type { Caller } from '../../authority/caller.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { DirectoryTable } from '../directory.ts';
import type { Situation } from './decision.ts';

type Standing = Pick<Situation, 'directory' | 'limits'>;

const counts = ({ directory, limits }: Standing, table: DirectoryTable, name: string): boolean => {
  const row = directory.row(table, name);
  return row ? row.endedAt === null : limits.directory === 'open';
};

export const refusedApplication = (standing: Standing, applicationId: string): Refusal | null =>
  counts(standing, 'application', applicationId) ? null : refuse('application_not_found');

export const refusedSubject = (standing: Standing, subjectSessionId: string): Refusal | null =>
  counts(standing, 'subject-session', subjectSessionId) ? null : refuse('session_not_found');

/** Whether a token still stands for somebody: its application, and the subject session if it names one. */
export const refusedIdentity = (standing: Standing, caller: Caller): Refusal | null => {
  if (caller.kind === 'operator') return null;
  const { applicationId, subjectSessionId } = caller;
  const stands =
    counts(standing, 'application', applicationId) &&
    (subjectSessionId === null || counts(standing, 'subject-session', subjectSessionId));
  return stands ? null : refuse('identity_revoked');
};
