// What the coordinator asks of a journal, whatever engine keeps it. An engine stores opaque bytes per zone under dense
// sequence numbers; it knows nothing of sessions. Everything here is a promise that `test/journal/contract.ts` checks
// for every engine.

/** What a resolved append has survived. An engine refuses to start where its settings do not give what it states. */
export type Durability = 'memory' | 'process-crash' | 'power-loss' | 'node-loss';

export interface JournalLimits {
  /** Largest `data` plus `body` of one record, bytes. */
  readonly entryBytesMax: number;
  /** Records that may wait for the disk, over all zones. */
  readonly queuedEntriesMax: number;
  /** Bytes that may wait for the disk, over all zones. */
  readonly queuedBytesMax: number;
}

/** One journaled change. `body` may hold personal data; it lies under its own key, so that it can be erased while `data` stays. */
export interface JournalRecord {
  readonly seq: number;
  readonly data: Buffer;
  readonly body: Buffer | null;
}

export type JournalErrorCode =
  /** A newer epoch owns the zone: drop it, never retry here. */
  | 'FENCED'
  /** The outcome is unknown or the store is down: reopen and look before deciding anything. */
  | 'UNAVAILABLE'
  /** Stored history ends before what is known to have been stored. An operator must decide. */
  | 'BEHIND'
  /** What is stored does not check. An operator must decide. */
  | 'CORRUPT'
  /** The queue is full; nothing was stored. */
  | 'FULL'
  /** The record is over `entryBytesMax`; nothing was stored. */
  | 'TOO_LARGE'
  /** A bug in the caller: the sequence is not the next one. */
  | 'SEQUENCE'
  /** The writer or the engine is closed. */
  | 'CLOSED'
  /** Another process holds the data directory. */
  | 'LOCKED'
  /** The view was closed, was open for too long, or its database was opened again. Nothing is wrong: open another view. */
  | 'VIEW_ENDED'
  /** The number of open views is at its limit. Nothing is wrong: try again later. */
  | 'VIEWS_FULL';

export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: JournalErrorCode;
  /** Whether it is certain that nothing of the failed call was stored. */
  readonly nothingStored: boolean;

  constructor(code: JournalErrorCode, message: string, options: { cause?: unknown; nothingStored?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.nothingStored = options.nothingStored ?? code !== 'UNAVAILABLE';
  }
}

/** The stored bytes that were read do not match their checksum or hash. */
export const isDamage = (error: unknown): error is JournalError =>
  error instanceof JournalError && error.code === 'CORRUPT';

/**
 * The right to append to one zone. There is at most one that works: opening a zone again fences the earlier writer.
 * Appends resolve in order; after the first failure all later ones fail alike.
 */
export interface JournalWriter {
  readonly zone: string;
  /** Raised at every opening and stored, so that a stale writer can be told from the current one. */
  readonly epoch: number;
  /** The last sequence stored before this writer was opened; 0 for a new zone. */
  readonly start: number;
  /** The sequence the next append must carry. It moves at the call, not at the acknowledgement. */
  readonly next: number;
  /** The highest sequence known to be stored. */
  readonly stored: number;
  /**
   * Resolves when the record is stored as `Durability` says. Rejects with a `JournalError`. The buffers belong to the
   * journal until then. `FULL`, `TOO_LARGE` and `SEQUENCE` refuse this one record and move nothing; every other code is the end.
   */
  append(record: JournalRecord): Promise<void>;
  /** Resolves when everything up to `seq` is stored; at once if it already is. Rejects as the append did; `SEQUENCE` when there was none. */
  storedUpTo(seq: number): Promise<void>;
  /**
   * Whether one more record of `bytes` would be queued rather than refused as `FULL`. A part of the queue is for urgent
   * records: where only that part is free, this is false for the others. Default: urgent.
   */
  hasRoom(bytes: number, isUrgent?: boolean): boolean;
  /** Proves ownership of the zone before a read that must not be stale. */
  confirm(): Promise<void>;
  /** Resolves once, with the reason, when this writer can never append again. */
  readonly ended: Promise<JournalError>;
  /** Waits for what is queued, then ends the writer with `CLOSED`. */
  readonly close: () => Promise<void>;
}

export interface JournalEngine {
  readonly name: string;
  readonly durability: Durability;
  readonly limits: JournalLimits;
  /**
   * Takes the zone for writing. When it returns, no earlier writer can add anything any more. `atLeast` is the highest
   * sequence the caller knows to be stored; an engine whose history ends before it answers `BEHIND`.
   */
  open(zone: string, options: { atLeast: number }): Promise<JournalWriter>;
  /**
   * Checks a zone as `open` does and writes nothing. Used while the store cannot be written. The writer knows the last
   * sequence of the zone; it has no room and rejects every append. It fences no other writer.
   */
  openForReading(zone: string, options: { atLeast: number }): Promise<JournalWriter>;
  /**
   * Records `from`..`to` (inclusive; to the end when absent), in order. A gap throws `CORRUPT`, it is never skipped; so does
   * an end before `to`, which names what the caller knows to be stored.
   */
  read(zone: string, from: number, to?: number): AsyncIterable<JournalRecord>;
  /** One record; `CORRUPT` when it is missing or does not check. */
  at(zone: string, seq: number): JournalRecord;
  /** The last stored sequence, 0 when there is none. A hint for monitoring and start-up, never a basis for a write. */
  head(zone: string): Promise<number>;
  /** Records that wait for the disk or are on their way to it, over all zones. */
  readonly queued: number;
  /** Every zone that has a record or is known to have had one, in byte order. */
  zones(): AsyncIterable<string>;
  health(): Health;
  /** Whether the store can be read and written now. Callers must not write more than this allows. */
  condition(): Condition;
  /** Resolves when the database has been reopened; undefined when it is not being reopened. Meanwhile reads fail. */
  settled(): Promise<void> | undefined;
}

/** Told of every batch that was stored: entries in it, and how long storing took, milliseconds. */
export type CommitObserver = (entries: number, ms: number) => void;

/** Whether appends can be expected to work now, and if not, a sentence that says why. */
export type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * What the store accepts now. `lessening`: all reads, but space is short, and the remaining space is for changes that
 * lessen authority. `reads`: all reads, and no writes.
 */
export type Access = 'everything' | 'lessening' | 'reads' | 'nothing';

/** `disk_full`: space is missing. `disk_failed`: the disk refused a write for another reason. */
export type DiskCause = 'disk_full' | 'disk_failed';

export interface Condition {
  readonly access: Access;
  /** The reason for limited access. */
  readonly cause: DiskCause | null;
}

/** The keys of a prefix to read: in byte order or reverse, optionally only those before or after a key (exclusive). */
export interface RangeOptions {
  readonly reverse?: boolean;
  readonly before?: string;
  readonly after?: string;
}

export interface StoredValue {
  readonly key: string;
  readonly value: Buffer;
}

/** Reads the checkpoint of one zone. The methods give the guarantees of those of `SnapshotStore`. */
export interface ZoneReader {
  get(key: string): Buffer | undefined;
  range(prefix: string, options?: RangeOptions): AsyncIterable<StoredValue>;
}

/**
 * One zone as it was stored at one moment: later checkpoints and entries are not visible. Close the view when the answer is
 * complete: while it is open, the database has to keep all that the view can read. After its end every method throws
 * `VIEW_ENDED`, and so does a range in progress.
 */
export interface ZoneView extends ZoneReader {
  /** See `JournalEngine`. */
  head(): Promise<number>;
  at(seq: number): JournalRecord;
  read(from: number, to?: number): AsyncIterable<JournalRecord>;
  /** Safe to call again. */
  close(): Promise<void>;
}

export interface ViewOptions {
  /** How long the view may stay open, milliseconds; then the store closes it. Default: `VIEW_MS_MAX`. */
  readonly msMax?: number;
}

/** Where a key of one zone's checkpoint lies. Keys are ASCII without `/`-ambiguity: the zone is a fixed first part. */
export interface SnapshotStore {
  /** A checked value, or undefined when the key is not there. Throws `CORRUPT` when it does not check. Synchronous: small reads cost microseconds. */
  get(zone: string, key: string): Buffer | undefined;
  /**
   * Keys that start with `prefix`, in byte order (or reverse), optionally only those before or after a key (exclusive).
   * They are as they were when iterating began: a checkpoint committed meanwhile is seen whole or not at all.
   */
  range(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<StoredValue>;
  /** The same keys without their values. Values are not checked, so that damaged ones can be deleted. */
  keys(zone: string, prefix: string, options?: RangeOptions): AsyncIterable<string>;
  /** Opens a view of the current state of one zone. Throws `VIEWS_FULL`. */
  view(zone: string, options?: ViewOptions): ZoneView;
  /** A checkpoint in the making: everything in it is stored at once and durably by `commit`, or nothing of it. */
  begin(zone: string): CheckpointBatch;
}

export interface CheckpointBatch {
  put(key: string, value: Buffer): void;
  del(key: string): void;
  commit(): Promise<void>;
  /** Drops the batch; safe after a failed commit. */
  discard(): Promise<void>;
}

/** A journal and the checkpoints beside it, as one thing that is opened and closed. */
export interface Store {
  readonly journal: JournalEngine;
  readonly snapshots: SnapshotStore;
  readonly close: () => Promise<void>;
}

/** Runs `look` on a view that is opened in this turn of the event loop, and closes the view afterwards. */
export const withView = async <Found>(
  snapshots: SnapshotStore,
  zone: string,
  look: (view: ZoneView) => Promise<Found>,
  options?: ViewOptions,
): Promise<Found> => {
  const view = snapshots.view(zone, options);
  try {
    return await look(view);
  } finally {
    await view.close();
  }
};
