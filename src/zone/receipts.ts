// What idempotency keys were used for. A receipt is part of the entry it belongs to, so it is durable with the change and
// nothing else writes it.
import type { Instant } from '../../machines/words.ts';
import type { ReceiptClaim } from '../journal/entry.ts';
import type { OriginalOutcome } from './outcomes.ts';

export interface Receipt extends ReceiptClaim {
  /** The actor that the request made or named; a row of the directory as table and name, separated by a slash. */
  readonly id: string;
  readonly at: Instant;
  /** Absent if the answer follows from the created actor. */
  readonly outcome?: OriginalOutcome;
}

export const encodeReceipt = (receipt: Receipt): Buffer => Buffer.from(JSON.stringify(receipt));
export const decodeReceipt = (bytes: Buffer): Receipt => JSON.parse(bytes.toString()) as Receipt;
