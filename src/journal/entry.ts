// One journaled change and how it becomes bytes. The bytes are canonical: the same change gives the same bytes, since
// fields are written in one fixed order. Entries chain: each names the SHA-256 of the bytes before it, so that a history
// that was altered, reordered or thinned out does not verify.
import { hash } from 'node:crypto';
import { JournalError } from './journal.ts';

/** The `prev` of a zone's first entry. */
export const CHAIN_START = '0'.repeat(64);

/** Who asked for a change. Null in an entry that the coordinator itself made, such as an expiry. */
export interface Author {
  /** The application of the token; null for the operator. */
  readonly clientId: string | null;
  readonly subject: string;
  readonly requestId: string;
  /** W3C trace id, 32 hex digits, where the caller sent one. */
  readonly traceId?: string;
}

/** What an idempotency key was used for, so that using it again can be answered, or refused. */
export interface ReceiptClaim {
  /** SHA-256 over operation, application and key: what the caller sent is not kept. */
  readonly key: string;
  /** SHA-256 over the request as it was understood. */
  readonly request: string;
}

export interface Entry<Event extends { readonly type: string; readonly v: number }, Notice extends object = object> {
  readonly seq: number;
  readonly at: number;
  readonly zone: string;
  readonly by: Author | null;
  readonly event: Event;
  /** The actors the change was delivered to, in order of delivery. Replay checks it. */
  readonly affected: readonly string[];
  /** What subscribers are told and neither the event nor those it reached say; absent where there is nothing of the kind. */
  readonly notice?: Notice | undefined;
  readonly receipt: ReceiptClaim | null;
  /** SHA-256 of the body that lies beside the entry, or null. */
  readonly bodyHash: string | null;
  readonly prev: string;
}

export const sha256 = (data: Buffer | string): string => hash('sha256', data, 'hex');

export const encodeEntry = (entry: Entry<{ readonly type: string; readonly v: number }>): Buffer =>
  Buffer.from(JSON.stringify(entry));

/**
 * Bytes to entry, checked against where they were found and what came before.
 * Throws a `JournalError` `CORRUPT` whose sentence says what does not fit.
 */
export const decodeEntry = <
  Event extends { readonly type: string; readonly v: number },
  Notice extends object = object,
>(
  data: Buffer,
  expected: { readonly zone: string; readonly seq: number; readonly prev?: string },
): Entry<Event, Notice> => {
  const entry = JSON.parse(data.toString()) as Entry<Event, Notice>;
  if (entry.zone !== expected.zone || entry.seq !== expected.seq) {
    throw corrupt(expected, `holds entry ${entry.seq} of zone ${entry.zone}`);
  }
  if (expected.prev !== undefined && entry.prev !== expected.prev) {
    throw corrupt(expected, `does not follow the entry before it: the chain of hashes is broken`);
  }
  return entry;
};

const corrupt = (where: { zone: string; seq: number }, what: string) =>
  new JournalError('CORRUPT', `Journal entry ${where.seq} of zone ${where.zone} ${what}.`);
