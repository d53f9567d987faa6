// The metadata of a zone's sessions. It lies beside the entry that started the session and never in a snapshot, so that it
// can be erased while everything else still verifies. What was read lately is kept, bounded.
import { LRUCache } from 'lru-cache';
import { sha256 } from '../journal/entry.ts';
import { JournalError, type JournalEngine } from '../journal/journal.ts';
import { METADATA_KEPT_BYTES_MAX } from '../limits.ts';
import type { SessionRecord } from './sessions.ts';

type Data = Readonly<Record<string, unknown>>;

interface Kept {
  readonly data: Data;
  /** As journaled. */
  readonly bytes: number;
}

const NONE: Kept = { data: {}, bytes: 0 };

export class Metadata {
  readonly #journal: JournalEngine;
  readonly #zone: string;
  readonly #kept = new LRUCache<string, Kept>({
    maxSize: METADATA_KEPT_BYTES_MAX,
    sizeCalculation: ({ bytes }) => bytes,
  });

  constructor(journal: JournalEngine, zone: string) {
    this.#journal = journal;
    this.#zone = zone;
  }

  /** Throws a `JournalError` `CORRUPT` when it is not what was stored. The session's start must be on disk. */
  of({ id, context }: SessionRecord): Kept {
    if (context.metadataHash === null) return NONE;
    const kept = this.#kept.get(id) ?? this.#read(context.startedSeq, context.metadataHash);
    this.#kept.set(id, kept);
    return kept;
  }

  #read(seq: number, hash: string): Kept {
    const { body } = this.#journal.at(this.#zone, seq);
    if (!body || sha256(body) !== hash) {
      throw new JournalError(
        'CORRUPT',
        `The metadata beside entry ${seq} of zone ${this.#zone} is not what was stored.`,
      );
    }
    const { metadata } = JSON.parse(body.toString()) as { metadata: Data };
    return { data: metadata, bytes: body.length };
  }
}
