// Registering and archiving in the directory. Only the operator gets here; there is little to refuse.
import type { Instant } from '../../../machines/words.ts';
import { DIRECTORY_BYTES_MAX, DIRECTORY_ROW_BYTES_MAX, DIRECTORY_ROWS_MAX } from '../../limits.ts';
import { refuse } from '../../refusals.ts';
import type { DirectoryEvent } from '../directory.ts';
import type { CommandInputs } from '../commands.ts';
import { givenEnd } from '../../authority/end-instants.ts';
import type { Decide, Situation } from './decision.ts';
import { registeredBytes } from '../sizes.ts';
import { clockDisputed, stays, tooLarge } from './limits.ts';

type Facts = CommandInputs['directory.register']['facts'];

export const decideDirectoryRegister: Decide<'directory.register'> = (situation, { input }) => {
  const { directory } = situation;
  const { table, name } = input;
  // Its length would be counted from a clock that may be behind: the row would end early, and for good.
  if (hasEnd(input.facts) && situation.isAheadDisputed) return clockDisputed();
  const facts = factsInZone(situation, input.facts);
  if (!directory.row(table, name) && directory.count >= DIRECTORY_ROWS_MAX) {
    return stays('directory_limit_exceeded', DIRECTORY_ROWS_MAX);
  }
  const bytes = registeredBytes(name, facts);
  if (bytes > DIRECTORY_ROW_BYTES_MAX) return tooLarge(['scopes'], bytes, DIRECTORY_ROW_BYTES_MAX);
  const more = bytes - directory.bytesOf(table, name);
  if (more > 0 && directory.bytes + more > DIRECTORY_BYTES_MAX) {
    return stays('directory_limit_exceeded', DIRECTORY_BYTES_MAX, 'limit_bytes');
  }
  const event = { type: 'directory.registered', v: 1, table, name, facts } as DirectoryEvent;
  return { event, body: null, receipt: null };
};

const factsInZone = (situation: Situation, facts: Facts): Facts =>
  hasEnd(facts) ? { ...facts, ...givenEnd(situation, facts.expiresAt) } : facts;

const hasEnd = (facts: Facts): facts is Facts & { readonly expiresAt: Instant } =>
  'expiresAt' in facts && facts.expiresAt !== null;

export const decideDirectoryArchive: Decide<'directory.archive'> = (situation, { input: { table, name } }) => {
  const { directory, now, wallAt } = situation;
  const row = directory.row(table, name);
  if (!row || row.endedAt !== null) return refuse('directory_entry_not_found');
  // Issuers write `iat` by the wall clock, which the zone may be far ahead of.
  const instant = wallAt === now ? {} : { wallAt };
  return { event: { type: 'directory.archived', v: 1, table, name, ...instant }, body: null, receipt: null };
};
