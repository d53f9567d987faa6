// The writing half of a zone: an event becomes an entry, reaches the actors, and goes to the journal, in this order and in
// one turn of the event loop. What the journal would not take is found out before anything changes. Memory may run ahead of
// the disk; whoever tells anybody anything waits for `storedUpTo`.
import type { Instant } from '../../machines/words.ts';
import { encodeEntry, sha256, type Author, type ReceiptClaim } from '../journal/entry.ts';
import type { JournalWriter } from '../journal/journal.ts';
import type { Bodies } from './bodies.ts';
import type { Ask } from './commands.ts';
import type { ZoneEntry, ZoneEvent } from './events.ts';
import type { ZoneMemory } from './memory.ts';
import { noticeOf } from './notices.ts';
import { planOf, type Plan } from './plan.ts';

export interface Writing {
  readonly event: ZoneEvent;
  readonly at: Instant;
  /** Who asked for it; null for what happens by itself. */
  readonly ask: Ask | null;
  readonly body: Buffer | null;
  readonly receipt: ReceiptClaim | null;
}

export class Ledger {
  readonly #memory: ZoneMemory;
  readonly #onEntry: (entry: ZoneEntry) => void;
  readonly #writer: JournalWriter;
  readonly #bodies: Bodies;
  #hash: string;

  /** `onEntry` hears of every entry once it has been carried out, in order, and before it is on disk. */
  constructor(parts: {
    memory: ZoneMemory;
    writer: JournalWriter;
    bodies: Bodies;
    hash: string;
    onEntry: (entry: ZoneEntry) => void;
  }) {
    this.#memory = parts.memory;
    this.#writer = parts.writer;
    this.#bodies = parts.bodies;
    this.#hash = parts.hash;
    this.#onEntry = parts.onEntry;
  }

  /** SHA-256 of the last entry. */
  get hash(): string {
    return this.#hash;
  }

  /** Carries an event out and queues its entry; null, and nothing has happened, when the journal has no room for it now. */
  write({ event, at, ask, body, receipt }: Writing): Plan | null {
    const seq = this.#memory.seq + 1;
    const bodyHash = body && sha256(body);
    const plan = planOf({ event, bodyHash, at, seq }, this.#memory.actors);
    const affected = plan.deliveries.map(({ id }) => id);
    const notice = noticeOf(event, plan, this.#memory);
    const entry = {
      seq,
      at,
      zone: this.#memory.zone,
      by: ask && authorOf(ask),
      event,
      affected,
      notice,
      receipt,
      bodyHash,
      prev: this.#hash,
    };
    const data = encodeEntry(entry);
    if (!this.#writer.hasRoom(data.length + (body?.length ?? 0))) return null;
    this.#memory.change({ seq, at, event, bodyHash, plan, receipt });
    if (body) this.#bodies.add(seq, body);
    this.#hash = sha256(data);
    // A record that is lost ends the writer, which the zone watches; and `storedUpTo` says it to whoever waits.
    this.#writer.append({ seq, data, body }).catch(() => {});
    this.#onEntry(entry);
    return plan;
  }

  /** Resolves when everything up to `seq` is on disk; undefined when it already is. */
  storedUpTo(seq: number): Promise<void> | undefined {
    return this.#writer.stored >= seq ? undefined : this.#writer.storedUpTo(seq);
  }
}

const authorOf = ({ caller, requestId, traceId }: Ask): Author => {
  const clientId = caller.kind === 'bearer' ? caller.applicationId : null;
  const subject = caller.kind === 'bearer' ? caller.subject : 'operator';
  return { clientId, subject, requestId, ...(traceId === null ? {} : { traceId }) };
};
