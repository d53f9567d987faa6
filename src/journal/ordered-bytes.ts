// What the journal and the snapshots ask of the database below them: bytes under keys in byte order, written in batches
// that are stored at once and durably or not at all. Every method throws a `JournalError`: `UNAVAILABLE` while the database
// is down, `CLOSED` once it is closed, `CORRUPT` where it notices damage itself.
import type { KeyRange } from './layout.ts';

export type Change = { readonly type: 'put'; readonly key: string; readonly value: Buffer };

/** A batch that is filled over many turns of the event loop. */
export interface OpenBatch {
  put(key: string, value: Buffer): void;
  del(key: string): void;
  write(): Promise<void>;
  discard(): Promise<void>;
}

export interface ReadableBytes {
  get(key: string): Buffer | undefined;
  /** What the range held when iterating began. */
  entries(range: KeyRange): AsyncIterable<[key: string, value: Buffer]>;
  keys(range: KeyRange): AsyncIterable<string>;
}

/** All bytes as they were at one moment. Throws `VIEW_ENDED` once it is closed. */
export interface BytesView extends ReadableBytes {
  close(): Promise<void>;
}

export interface OrderedBytes extends ReadableBytes {
  view(): BytesView;
  write(changes: Change[]): Promise<void>;
  begin(): OpenBatch;
}
