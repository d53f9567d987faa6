// What idempotency keys were used for. A receipt is part of the entry it belongs to, so it is durable with the change and
// nothing else writes it.
import type { Instant } from '../../machines/words.ts';
import type { ReceiptClaim } from '../journal/entry.ts';
import type { OriginalOutcome } from './outcomes.ts';

export interface Receipt extends ReceiptClaim {
  /** The actor that the request made or named; a row of the directory as table and name with a slash between. */
  readonly id: string;
  readonly at: Instant;
  /** Absent where the answer follows from what was made. */
  readonly outcome?: OriginalOutcome;
}

export const encodeReceipt = (receipt: Receipt): Buffer => Buffer.from(JSON.stringify(receipt));
export const decodeReceipt = (bytes: Buffer): Receipt => JSON.parse(bytes.toString()) as Receipt;
