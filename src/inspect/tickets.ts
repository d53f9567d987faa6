// Tickets for those who can open a WebSocket but cannot say with it who they are, as a browser: each opens one, once, for a
// short while. They are had with the operator's token.
import { createHash, randomBytes } from 'node:crypto';
import type { Clock, Instant } from '../clock.ts';
import { INSPECTOR_TICKET_MS, INSPECTOR_TICKETS_MAX } from '../limits.ts';

const TICKET_BYTES = 32;

export interface Ticket {
  readonly ticket: string;
  /** From this instant on it is worth nothing. */
  readonly expiresAt: Instant;
}

export class Tickets {
  readonly #clock: Clock;
  /** Until when each may be used, the oldest first, by the digest of it: finding one takes the same time for any guess. */
  readonly #unused = new Map<string, Instant>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(): Ticket {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const expiresAt = this.#clock.now() + INSPECTOR_TICKET_MS;
    this.#unused.set(digest(ticket), expiresAt);
    const [oldest] = this.#unused.keys();
    if (this.#unused.size > INSPECTOR_TICKETS_MAX && oldest !== undefined) this.#unused.delete(oldest);
    return { ticket, expiresAt };
  }

  /** Whether a ticket is good; it is no more afterwards. */
  use(ticket: string): boolean {
    const key = digest(ticket);
    const expiresAt = this.#unused.get(key);
    this.#unused.delete(key);
    return expiresAt !== undefined && this.#clock.now() < expiresAt;
  }
}

const digest = (ticket: string): string => createHash('sha256').update(ticket).digest('base64');
