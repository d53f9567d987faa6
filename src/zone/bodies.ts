// What lies beside entries and never in a snapshot or a machine: metadata, parameters, errors. It can be erased while
// everything else still verifies. What was read lately is kept, bounded; what is not on disk yet is kept until it is.
import { LRUCache } from 'lru-cache';
import type { BodyRef } from '../../machines/words.ts';
import { sha256 } from '../journal/entry.ts';
import { JournalError, type JournalEngine, type JournalWriter } from '../journal/journal.ts';
import { BODIES_KEPT_BYTES_MAX } from '../limits.ts';

export type Data = Readonly<Record<string, unknown>>;

/** The parts a body may have; each is there or not, as the event it came with needs. */
export interface Content {
  readonly metadata?: Data;
  readonly params?: unknown;
  readonly error?: Data;
}

interface Kept {
  readonly content: Content;
  /** As journaled. */
  readonly bytes: number;
}

const NONE: Kept = { content: {}, bytes: 0 };

export const encodeContent = (content: Content): Buffer => Buffer.from(JSON.stringify(content));

export class Bodies {
  readonly #journal: JournalEngine;
  readonly #writer: Pick<JournalWriter, 'zone' | 'stored'>;
  readonly #waiting = new Map<number, Buffer>();
  readonly #kept = new LRUCache<number, Kept>({
    maxSize: BODIES_KEPT_BYTES_MAX,
    sizeCalculation: ({ bytes }) => bytes,
  });

  constructor(journal: JournalEngine, writer: Pick<JournalWriter, 'zone' | 'stored'>) {
    this.#journal = journal;
    this.#writer = writer;
  }

  /** A body that is on its way to the disk. The journal's queue bounds how many there can be. */
  add(seq: number, body: Buffer): void {
    for (const each of this.#waiting.keys()) {
      if (each > this.#writer.stored) break;
      this.#waiting.delete(each);
    }
    this.#waiting.set(seq, body);
  }

  /** Returns the bytes of a stored body, without parsing it. */
  bytesOf(ref: BodyRef | null): number {
    if (ref === null) return 0;
    const kept = this.#kept.get(ref.seq)?.bytes ?? this.#waiting.get(ref.seq)?.length;
    return kept ?? this.#journal.at(this.#writer.zone, ref.seq).body?.length ?? 0;
  }

  /** Throws a `JournalError` `CORRUPT` when it is not what was stored. */
  of(ref: BodyRef | null): Kept {
    if (ref === null) return NONE;
    const kept = this.#kept.get(ref.seq) ?? this.#read(ref);
    this.#kept.set(ref.seq, kept);
    return kept;
  }

  #read({ seq, hash }: BodyRef): Kept {
    const { zone } = this.#writer;
    const body = this.#waiting.get(seq) ?? this.#journal.at(zone, seq).body;
    if (!body || sha256(body) !== hash) {
      throw new JournalError('CORRUPT', `The body of entry ${seq} of zone ${zone} is not what was stored.`);
    }
    return { content: JSON.parse(body.toString()) as Content, bytes: body.length };
  }
}
