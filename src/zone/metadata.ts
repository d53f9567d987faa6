// The metadata of a zone's sessions. It lies beside the entry that started the session and never in a snapshot, so that it
// can be erased while everything else still verifies. What was read lately is kept, bounded.
import { LRUCache } from 'lru-cache';
import { sha256 } from '../journal/entry.ts';
import { JournalError, type JournalEngine } from '../journal/journal.ts';
import { METADATA_KEPT_MAX } from '../limits.ts';
import type { SessionRecord } from './sessions.ts';

type Data = Readonly<Record<string, unknown>>;

const NONE: Data = {};

export class Metadata {
  readonly #journal: JournalEngine;
  readonly #zone: string;
  readonly #kept = new LRUCache<string, Data>({ max: METADATA_KEPT_MAX });

  constructor(journal: JournalEngine, zone: string) {
    this.#journal = journal;
    this.#zone = zone;
  }

  /** Throws a `JournalError` `CORRUPT` when it is not what was stored. The session's start must be on disk. */
  of({ id, context }: SessionRecord): Data {
    if (context.metadataHash === null) return NONE;
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const metadata = this.#read(context.startedSeq, context.metadataHash);
    this.#kept.set(id, metadata);
    return metadata;
  }

  #read(seq: number, hash: string): Data {
    const { body } = this.#journal.at(this.#zone, seq);
    if (body && sha256(body) === hash) return (JSON.parse(body.toString()) as { metadata: Data }).metadata;
    throw new JournalError('CORRUPT', `The metadata beside entry ${seq} of zone ${this.#zone} is not what was stored.`);
  }
}
