// What the directory says of those that a request names or comes from. In an open directory only what is registered and has
// ended is refused; in a closed one also what is not registered.
import type { BearerCaller, Caller } from '../../authority/caller.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import type { AuthorityTime } from '../../time/zone-time.ts';
import type { Instant } from '../../../machines/words.ts';
import { hasRowEnded, type DirectoryRow, type DirectoryTable } from '../directory.ts';
import type { Situation } from './decision.ts';

type Standing = Pick<Situation, 'directory' | 'limits' | 'authorityAt'>;

const counts = ({ directory, limits, authorityAt }: Standing, table: DirectoryTable, name: string): boolean => {
  const row = directory.row(table, name);
  return row ? !isEnded(row, authorityAt) : limits.directory === 'open';
};

const isEnded = (row: DirectoryRow<DirectoryTable>, authorityAt: AuthorityTime): boolean =>
  row.endedAt !== null || hasRowEnded(row, authorityAt);

export const refusedApplication = (standing: Standing, applicationId: string): Refusal | null =>
  counts(standing, 'application', applicationId) ? null : refuse('application_not_found');

export const refusedSubject = (standing: Standing, subjectSessionId: string): Refusal | null =>
  counts(standing, 'subject-session', subjectSessionId) ? null : refuse('session_not_found');

/**
 * Whether a token is still valid: its application, and its subject session if it names one, have not ended, and neither was
 * archived after the token was issued. A new registration does not make older tokens valid again.
 */
export const refusedIdentity = (standing: Standing, caller: Caller): Refusal | null => {
  if (caller.kind === 'operator') return null;
  const { applicationId, subjectSessionId } = caller;
  const stands = (table: DirectoryTable, name: string) =>
    counts(standing, table, name) && isIssuedSince(standing.directory.row(table, name)?.archivedAt ?? null, caller);
  const isGood =
    stands('application', applicationId) && (subjectSessionId === null || stands('subject-session', subjectSessionId));
  return isGood ? null : refuse('identity_revoked');
};

/**
 * Most issuers write `iat` in whole seconds, rounded down. A token from the same second as the archive may have been issued
 * before it, so it is refused. For a token without `iat`, every archive counts.
 */
const isIssuedSince = (archivedAt: Instant | null, { issuedAt }: BearerCaller): boolean =>
  archivedAt === null || (issuedAt !== null && issuedAt > archivedAt);
