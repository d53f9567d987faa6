// Every number that bounds the journal, with its unit and its reason. Tests pass smaller ones; nobody else needs to.
import assert from 'node:assert/strict';
import type { JournalLimits } from './journal.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * A body of 16 MiB is at most five times as long when JSON is written again (`1e20`), and fits. A command with a larger entry
 * is refused. A change that a deadline causes is journaled in parts, and a part of one session always fits. It names each
 * edge and each invocation of the zone at most once, and ended invocations twice, about 40 bytes each (30 MiB).
 */
export const ENTRY_BYTES_MAX = 128 * MIB;
/** About a second of appends at full speed: a longer queue would only turn overload into timeouts. */
const QUEUED_ENTRIES_MAX = 10_000;
/** What the process can afford to hold for a disk that hangs; an entry of any size fits an empty queue. */
const QUEUED_BYTES_MAX = 256 * MIB;

/**
 * The part of the queue, of its records and of its bytes, that changes which add work or authority may fill. The rest is for
 * changes that lessen them, so that a flood of starts cannot refuse a stop.
 */
export const ORDINARY_SHARE = 0.9;

/** Records in one commit; beyond this a batch takes longer than the fsync it shares (512 puts: 6 ms). */
export const BATCH_ENTRIES_MAX = 1_024;
/** Bytes in one commit, as much as LevelDB's write buffer holds before it turns over. */
export const BATCH_BYTES_MAX = 4 * MIB;

/** What one step of a range read brings from the database; the consumer holds no more than this at a time. */
export const READ_CHUNK_ENTRIES = 256;
/** The same in bytes. */
export const READ_CHUNK_BYTES = 256 * KIB;

/** Zones the head file remembers, the most recently changed: about 250 KiB, written in a few milliseconds. */
export const HEADS_MAX = 2_000;
/** How old the head file may be while zones change, milliseconds. */
export const HEADS_EVERY_MS = 1_000;

/** Bytes of tables up to which a start checks every block, in under a second; beyond, only indexes and filters. */
export const TABLE_BYTES_CHECKED_MAX = 256 * MIB;

/** Pause between two attempts to bring a failed store back, milliseconds. */
export const RETRY_MS = 1_000;

/** Bytes that opening the database may write in addition to the table from its log: manifest, index and a new log. */
export const ROOM_TO_OPEN_BYTES = MIB;

/** The share of a file system that the reserve may take, so that a small one stays usable. */
export const RESERVE_SHARE_MAX = 1 / 4;

/**
 * How many times the size of the reserve must be free before the reserve is made again. The additional space is for the
 * changes that are then accepted, so that the first of them does not remove the reserve again.
 */
export const RESERVE_MARGIN = 1.5;

/** Views that may be open at a time, over all zones. Each costs a few hundred bytes and a place in the database's list. */
export const VIEWS_OPEN_MAX = 1_000;

/** How long a view may stay open unless its reader says otherwise, milliseconds: as long as a request may take. */
export const VIEW_MS_MAX = 30_000;

/** Characters of a snapshot's key: room for a kind, two ids and an instant. */
export const SNAPSHOT_KEY_LENGTH_MAX = 512;

export function journalLimits(wanted: Partial<JournalLimits> = {}): JournalLimits {
  const limits = {
    entryBytesMax: ENTRY_BYTES_MAX,
    queuedEntriesMax: QUEUED_ENTRIES_MAX,
    queuedBytesMax: QUEUED_BYTES_MAX,
    ...wanted,
  };
  assert(limits.entryBytesMax <= limits.queuedBytesMax, 'the largest entry must fit into an empty queue');
  return limits;
}
