// What deciding may look at and what it comes to. Deciding is pure and synchronous: it reads the zone and yields a refusal,
// an event to be carried out, or the finding that this very request was carried out before.
import type { ReceiptClaim } from '../../journal/entry.ts';
import type { Refusal } from '../../refusals.ts';
import type { Instant } from '../../../machines/words.ts';
import type { Ask, Command, CommandType } from '../commands.ts';
import type { ZoneEvent } from '../events.ts';
import type { Receipt } from '../receipts.ts';
import type { SessionRecord, Sessions } from '../sessions.ts';

export interface SessionLimits {
  readonly agentsPerZoneMax: number;
  readonly agentsPerAppMax: number;
  readonly agentChildrenMax: number;
  readonly agentDepthMax: number;
  readonly idempotencyRetentionSeconds: number;
}

export interface Situation {
  readonly now: Instant;
  readonly sessions: Sessions;
  readonly limits: SessionLimits;
  /** A session of the zone, ended ones included. */
  find(id: string): SessionRecord | undefined;
  receipt(key: string): Receipt | undefined;
  nextDeadlineAt(): Instant | null;
}

export interface Accepted {
  readonly event: ZoneEvent;
  /** What may hold personal data and is journaled beside the entry. */
  readonly body: Buffer | null;
  readonly receipt: ReceiptClaim | null;
}

/** The request was carried out before; this is the session it made. */
export interface Repeated {
  readonly repeats: SessionRecord;
}

export type Decision = Refusal | Accepted | Repeated;

export type Decide<T extends CommandType> = (situation: Situation, command: Command<T>, ask: Ask) => Decision;

export const accept = (event: ZoneEvent): Accepted => ({ event, body: null, receipt: null });
