// How the file descriptors of the process are shared out: the journal has its part first, and connections get what is left, so
// that idle clients cannot take what a write needs. Elsewhere than on Linux the limit is not known, and nothing is bounded by it.
import { readFileSync } from 'node:fs';

export interface DescriptorShares {
  /** Files that LevelDB may hold open. */
  readonly journalFiles: number;
  readonly connectionsMax: number;
  /** Whether the limit, and not the coordinator's own, bounds the connections. */
  readonly isSmall: boolean;
}

/** Standard streams, event loop, log, head file, keys, Redis, what is fetched from an issuer: 24 are open after a start. */
const OWN = 40;

/** What LevelDB takes at least and at most; with more it only saves opening tables again. */
const JOURNAL_FILES_MIN = 74;
const JOURNAL_FILES_MAX = 1_000;

/** Where a limit leaves nothing, an operator must still be able to stop things. */
const CONNECTIONS_MIN = 8;

/** Of the whole, where that lies between the bounds. */
const JOURNAL_SHARE = 1 / 4;

export const sharesOf = (limit: number | null, connectionsWanted: number): DescriptorShares => {
  if (limit === null) return { journalFiles: JOURNAL_FILES_MAX, connectionsMax: connectionsWanted, isSmall: false };
  const journalFiles = Math.min(Math.max(Math.floor(limit * JOURNAL_SHARE), JOURNAL_FILES_MIN), JOURNAL_FILES_MAX);
  const left = Math.max(limit - OWN - journalFiles, CONNECTIONS_MIN);
  return { journalFiles, connectionsMax: Math.min(left, connectionsWanted), isSmall: left < connectionsWanted };
};

const LIMITS_OF_PROCESS = '/proc/self/limits';

/** The limit that counts for this process; null where the system does not say. */
export const descriptorLimit = (path = LIMITS_OF_PROCESS): number | null => {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(path, 'utf8')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
};
