// What idempotency keys were used for. A receipt is part of the entry it belongs to, so it is durable with the change and
// nothing else writes it.
import type { Instant } from '../../machines/words.ts';
import type { ReceiptClaim } from '../journal/entry.ts';

export interface Receipt extends ReceiptClaim {
  /** What the request made. */
  readonly id: string;
  readonly at: Instant;
}

export const encodeReceipt = (receipt: Receipt): Buffer => Buffer.from(JSON.stringify(receipt));
export const decodeReceipt = (bytes: Buffer): Receipt => JSON.parse(bytes.toString()) as Receipt;
