// The entity tag of what a zone shows (RFC 9110, section 8.8.3): the sequence of the last entry that changed it. A session shows
// some things besides that no entry of its own tells; these stand behind the sequence, where there are any, so that what has
// the same tag looks the same, before and after a restart. All of it is in memory or in the snapshot: no journal is read.
import type { ActorRecord } from './actors/population.ts';
import type { Command } from './commands.ts';
import type { Directory, DirectoryRow, DirectoryTable } from './directory.ts';
import type { Reads } from './reading/reads.ts';
import type { SessionSight } from './reading/views.ts';

export const recordTag = ({ context }: ActorRecord): string => String(context.seq);

export const rowTag = ({ seq }: DirectoryRow<DirectoryTable>): string => String(seq);

/** Live children, a heartbeat that left no entry, and when the lease runs out. */
export const sessionTag = ({ record, childCount, heardAt, leaseUntil }: SessionSight): string => {
  const unwritten = heardAt === record.context.heardAt ? null : heardAt;
  const seq = recordTag(record);
  if (leaseUntil !== null) return `${seq}.${numeral(childCount)}.${numeral(unwritten)}.${numeral(leaseUntil)}`;
  if (unwritten !== null) return `${seq}.${numeral(childCount)}.${numeral(unwritten)}`;
  return childCount === 0 ? seq : `${seq}.${numeral(childCount)}`;
};

const numeral = (value: number | null): string => (value === null || value === 0 ? '' : value.toString(36));

/** The tag of what a command names, as it is now; null where that is not there, or the command names nothing. */
export const tagNamedBy = (
  { type, input }: Pick<Command, 'type' | 'input'>,
  { reads, directory }: { readonly reads: Reads; readonly directory: Directory },
): string | null => {
  if ('table' in input) {
    const row = directory.row(input.table, input.name);
    return row ? rowTag(row) : null;
  }
  const [kind] = type.split('.');
  if (kind === 'session') {
    const session = reads.find('session', input.id);
    return session ? sessionTag(reads.session(session)) : null;
  }
  const record = reads.find(kind === 'edge' ? 'edge' : 'invocation', input.id);
  return record ? recordTag(record) : null;
};
