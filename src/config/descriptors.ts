// Divides the file descriptors of the process: the journal has its share first, connections get the rest, so that idle
// clients cannot use up the descriptors that a write needs. On systems other than Linux the limit is unknown and unused.
import { readFileSync } from 'node:fs';

export interface DescriptorShares {
  /** Files that LevelDB may hold open. */
  readonly journalFiles: number;
  readonly connectionsMax: number;
  /** Whether the limit of the system is lower than the coordinator's own limit of connections. */
  readonly isSmall: boolean;
}

/** Standard streams, event loop, log, head file, keys, Redis, fetches from an issuer: 24 are open after a start. */
const OWN = 40;

/** Least and most files of LevelDB; more would only save reopening tables. */
const JOURNAL_FILES_MIN = 74;
const JOURNAL_FILES_MAX = 1_000;

/** Under any limit, an operator must still be able to stop sessions. */
const CONNECTIONS_MIN = 8;

/** The share of LevelDB, where it is between the bounds. */
const JOURNAL_SHARE = 1 / 4;

export const sharesOf = (limit: number | null, connectionsWanted: number): DescriptorShares => {
  if (limit === null) return { journalFiles: JOURNAL_FILES_MAX, connectionsMax: connectionsWanted, isSmall: false };
  const journalFiles = Math.min(Math.max(Math.floor(limit * JOURNAL_SHARE), JOURNAL_FILES_MIN), JOURNAL_FILES_MAX);
  const left = Math.max(limit - OWN - journalFiles, CONNECTIONS_MIN);
  return { journalFiles, connectionsMax: Math.min(left, connectionsWanted), isSmall: left < connectionsWanted };
};

const LIMITS_OF_PROCESS = '/proc/self/limits';

/** The soft limit of this process; null where the system has none or does not report it. */
export const descriptorLimit = (path = LIMITS_OF_PROCESS): number | null => {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync(path, 'utf8')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
};
