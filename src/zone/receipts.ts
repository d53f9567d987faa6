// What idempotency keys were used for. A receipt is part of the entry it belongs to, so it is durable with the change and
// nothing else writes it. Here are those that no checkpoint has stored yet; older ones are read from the archive.
import type { ReceiptClaim } from '../journal/entry.ts';
import type { Instant } from '../../machines/words.ts';

export interface Receipt extends ReceiptClaim {
  /** The session the request made. */
  readonly id: string;
  readonly at: Instant;
}
