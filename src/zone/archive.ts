// What has left a zone's memory: ended sessions, who stood under whom, receipts, histories. A value that is damaged is
// noticed when it is read; a key that is missing could not be, so before the first answer that relies on something not
// being there, everything is counted once against the checkpoint. What does not check is thrown as `CORRUPT`.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError, type SnapshotStore } from '../journal/journal.ts';
import { SLICE_ACTORS } from '../limits.ts';
import { keys, paddedSeq, prefixes, Tally, type CheckpointRecord } from './checkpoint.ts';
import type { Receipt } from './receipts.ts';
import { decodeSession } from './session-codec.ts';
import type { SessionRecord } from './sessions.ts';

export class Archive {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  #counted = false;

  constructor(store: SnapshotStore, zone: string) {
    this.#store = store;
    this.#zone = zone;
  }

  /** Whether "not there" can be believed. */
  get counted(): boolean {
    return this.#counted;
  }

  /** Counts the archive against the checkpoint. No checkpoint may be committed meanwhile. */
  async count(checkpoint: CheckpointRecord | null): Promise<void> {
    const tally = new Tally();
    let seen = 0;
    for await (const { key, value } of this.#store.range(this.#zone, prefixes.archive)) {
      tally.add(key, value);
      seen += 1;
      if (seen % SLICE_ACTORS === 0) await nextTurn();
    }
    if (!tally.equals(checkpoint?.archive ?? new Tally().inventory)) throw this.#corrupt('ended sessions');
    this.#counted = true;
  }

  session(id: string): SessionRecord | undefined {
    const bytes = this.#store.get(this.#zone, keys.session(id));
    return bytes && decodeSession(bytes);
  }

  receipt(key: string): Receipt | undefined {
    const bytes = this.#store.get(this.#zone, keys.receipt(key));
    return bytes && (JSON.parse(bytes.toString()) as Receipt);
  }

  /** Ended sessions with an id below `before`, the greatest first. */
  async *sessionsBelow(before: string | null): AsyncGenerator<SessionRecord> {
    const from = before === null ? {} : { before: keys.session(before) };
    for await (const { value } of this.#store.range(this.#zone, prefixes.sessions, { reverse: true, ...from })) {
      yield decodeSession(value);
    }
  }

  /** Ended children with an id below `before`, the greatest first. */
  async *childrenBelow(parentId: string, before: string | null): AsyncGenerator<SessionRecord> {
    const prefix = prefixes.childrenOf(parentId);
    const from = before === null ? {} : { before: `${prefix}${before}` };
    for await (const { key } of this.#store.range(this.#zone, prefix, { reverse: true, ...from })) {
      const child = this.session(key.slice(prefix.length));
      if (!child) throw this.#corrupt('ended sessions');
      yield child;
    }
  }

  /** The stored part of a session's history after entry `after`: sequence and place in the history, oldest first. */
  async *historyAfter(id: string, after: number): AsyncGenerator<{ seq: number; place: number }> {
    const prefix = prefixes.historyOf(id);
    for await (const { key, value } of this.#store.range(this.#zone, prefix, {
      after: `${prefix}${paddedSeq(after)}`,
    })) {
      yield { seq: Number(key.slice(prefix.length)), place: Number(value.toString()) };
    }
  }

  /** The place of an entry in a session's stored history, if it is there. */
  placeOf(id: string, seq: number): number | undefined {
    const value = this.#store.get(this.#zone, keys.history(id, seq));
    return value && Number(value.toString());
  }

  #corrupt(what: string): JournalError {
    return new JournalError(
      'CORRUPT',
      `Some of the ${what} of zone ${this.#zone} are missing or not as they were stored.`,
    );
  }
}
