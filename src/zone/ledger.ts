// The writing half of a zone: an event becomes an entry, reaches the actors, and goes to the journal, in this order and in
// one turn of the event loop. What the journal would not take is found out before anything changes. Memory may run ahead of
// the disk; whoever tells anybody anything waits for `storedUpTo`.
import type { Instant } from '../../machines/words.ts';
import { encodeEntry, sha256, type Author, type ReceiptClaim } from '../journal/entry.ts';
import type { JournalLimits, JournalWriter } from '../journal/journal.ts';
import { refuse, type Refusal } from '../refusals.ts';
import type { Bodies } from './bodies.ts';
import type { Ask } from './commands.ts';
import type { ZoneEntry, ZoneEvent } from './events.ts';
import type { ZoneMemory } from './memory.ts';
import { noticeOf } from './messages/notices.ts';
import { planOf, type Plan } from './plan.ts';

export interface Writing {
  readonly event: ZoneEvent;
  readonly at: Instant;
  /** Who asked for it; null for what happens by itself. */
  readonly ask: Ask | null;
  /** Whether it may use the part of the journal's queue that is for stops and for what happens by itself. */
  readonly isUrgent: boolean;
  readonly body: Buffer | null;
  readonly receipt: ReceiptClaim | null;
}

/** The result of a write. Only `written` has changed the zone. */
export type Written =
  | { readonly kind: 'written'; readonly plan: Plan }
  /** The journal has no room for it now. */
  | { readonly kind: 'full' }
  /** The entry exceeds the limit of the journal, so it is never accepted. */
  | { readonly kind: 'too-large'; readonly bytes: number; readonly bytesMax: number; readonly plan: Plan };

interface Prepared {
  readonly entry: ZoneEntry;
  readonly plan: Plan;
  readonly data: Buffer;
  /** Bytes of the entry and its body. */
  readonly bytes: number;
}

export class Ledger {
  readonly #memory: ZoneMemory;
  readonly #onEntry: (entry: ZoneEntry) => void;
  readonly #writer: JournalWriter;
  readonly #bodies: Bodies;
  /** Bytes of the largest entry, with its body, that the journal accepts. */
  readonly #entryBytesMax: number;
  #hash: string;

  /** `onEntry` hears of every entry once it has been carried out, in order, and before it is on disk. */
  constructor(parts: {
    memory: ZoneMemory;
    writer: JournalWriter;
    bodies: Bodies;
    entryBytesMax: number;
    hash: string;
    onEntry: (entry: ZoneEntry) => void;
  }) {
    this.#memory = parts.memory;
    this.#writer = parts.writer;
    this.#bodies = parts.bodies;
    this.#entryBytesMax = parts.entryBytesMax;
    this.#hash = parts.hash;
    this.#onEntry = parts.onEntry;
  }

  /** SHA-256 of the last entry. */
  get hash(): string {
    return this.#hash;
  }

  /** Carries out an event and queues its entry, unless the journal does not accept the entry. */
  write(writing: Writing): Written {
    const { entry, plan, data, bytes } = this.#prepared(writing);
    if (bytes > this.#entryBytesMax) return this.#tooLarge(plan, bytes);
    if (!this.#writer.hasRoom(bytes, writing.isUrgent)) return { kind: 'full' };
    const { seq, at, event, bodyHash, receipt } = entry;
    const { body } = writing;
    this.#memory.change({ seq, at, event, bodyHash, plan, receipt });
    this.#memory.unstored.grow(data.length, at);
    if (body) this.#bodies.add(seq, body);
    this.#hash = sha256(data);
    // A lost record ends the writer, which the zone watches, and rejects `storedUpTo`. The reasons to refuse only this record,
    // its size or a full queue, were checked above.
    this.#writer.append({ seq, data, body }).catch(() => {});
    this.#onEntry(entry);
    return { kind: 'written', plan };
  }

  /** Returns the result of `write` without writing. */
  plan(writing: Writing): Written {
    const { plan, bytes } = this.#prepared(writing);
    return bytes > this.#entryBytesMax ? this.#tooLarge(plan, bytes) : { kind: 'written', plan };
  }

  #tooLarge(plan: Plan, bytes: number): Written {
    return { kind: 'too-large', bytes, bytesMax: this.#entryBytesMax, plan };
  }

  #prepared({ event, at, ask, body, receipt }: Writing): Prepared {
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
    return { entry, plan, data, bytes: data.length + (body?.length ?? 0) };
  }

  /** Resolves when everything up to `seq` is on disk; undefined when it already is. */
  storedUpTo(seq: number): Promise<void> | undefined {
    return this.#writer.stored >= seq ? undefined : this.#writer.storedUpTo(seq);
  }
}

/** Returns the refusal of a change that was not written. */
export const refusalOf = (written: Exclude<Written, { readonly kind: 'written' }>, limits: JournalLimits): Refusal =>
  written.kind === 'full'
    ? journalFull(limits)
    : refuse('change_too_large', { details: { bytes: written.bytes, limit_bytes: written.bytesMax } });

const journalFull = ({ queuedEntriesMax, queuedBytesMax }: JournalLimits): Refusal => {
  const details = { retryable: true, limit: queuedEntriesMax, limit_bytes: queuedBytesMax };
  return refuse('journal_full', { details, retryAfterSeconds: 1 });
};

const authorOf = ({ caller, requestId, traceId }: Ask): Author => {
  const clientId = caller.kind === 'bearer' ? caller.applicationId : null;
  const subject = caller.kind === 'bearer' ? caller.subject : 'operator';
  return { clientId, subject, requestId, ...(traceId === null ? {} : { traceId }) };
};
