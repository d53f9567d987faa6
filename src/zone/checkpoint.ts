// What a checkpoint is on disk, and how one is written. It holds one snapshot per live session, and for good what has left
// memory: ended sessions, which child stood under which parent, receipts, and which entries touched which session. The
// record that names it all carries counts and digests, so that a snapshot that is missing is noticed like one that is
// damaged. Everything of one checkpoint is stored at once; it is written in slices, so that no other request waits for it.
import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckpointBatch, SnapshotStore } from '../journal/journal.ts';
import { SLICE_ACTORS } from '../limits.ts';
import { agentSessionMachine } from '../../machines/agent-session.ts';
import type { Instant } from '../../machines/words.ts';
import type { Unstored } from './memory.ts';
import type { Receipt } from './receipts.ts';
import { encodeSession } from './session-codec.ts';
import type { SessionRecord } from './sessions.ts';

/** Where things lie below a zone's part of the snapshot store. */
export const keys = {
  checkpoint: 'checkpoint',
  live: (id: string) => `live/${id}`,
  session: (id: string) => `archive/session/${id}`,
  child: (parentId: string, id: string) => `archive/child/${parentId}/${id}`,
  receipt: (key: string) => `archive/receipt/${key}`,
  history: (id: string, seq: number) => `history/${id}/${paddedSeq(seq)}`,
} as const;

export const prefixes = {
  all: '',
  live: 'live/',
  archive: 'archive/',
  sessions: 'archive/session/',
  receipts: 'archive/receipt/',
  histories: 'history/',
  childrenOf: (parentId: string) => `archive/child/${parentId}/`,
  historyOf: (id: string) => `history/${id}/`,
} as const;

const SEQ_DIGITS = 16;
export const paddedSeq = (seq: number): string => String(seq).padStart(SEQ_DIGITS, '0');

/** How many keys there are and the exclusive-or over their digests: equal for equal contents, in any order. */
export interface Inventory {
  readonly count: number;
  readonly digest: string;
}

export interface CheckpointRecord {
  readonly v: 1;
  /** Machines and versions that its snapshots are of. */
  readonly machines: string;
  readonly zone: string;
  /** The last entry it contains, that entry's hash, and the zone's time then. */
  readonly seq: number;
  readonly hash: string;
  readonly at: Instant;
  readonly live: Inventory;
  readonly archive: Inventory;
  /** When the zone has to be woken although nobody calls; null when nothing is due. */
  readonly nextDeadlineAt: Instant | null;
}

/** What this version of the program writes and reads. */
export const MACHINES = `${agentSessionMachine.id} ${agentSessionMachine.version}`;

/** Whether a checkpoint's snapshots are of today's machines; where they are not, the journal says everything again. */
export const fits = ({ machines }: CheckpointRecord): boolean => machines === MACHINES;

const encodeCheckpoint = (record: CheckpointRecord): Buffer => Buffer.from(JSON.stringify(record));
export const decodeCheckpoint = (bytes: Buffer): CheckpointRecord => JSON.parse(bytes.toString()) as CheckpointRecord;

const DIGEST_HEX_DIGITS = 16;

/** A running inventory: adding and removing the same key and value leaves no trace. */
export class Tally {
  #count: number;
  #digest: bigint;

  constructor({ count, digest }: Inventory = { count: 0, digest: '0' }) {
    this.#count = count;
    this.#digest = BigInt(`0x${digest}`);
  }

  add(key: string, value: Buffer): void {
    this.#count += 1;
    this.#digest ^= digestOf(key, value);
  }

  remove(key: string, value: Buffer): void {
    this.#count -= 1;
    this.#digest ^= digestOf(key, value);
  }

  get inventory(): Inventory {
    return { count: this.#count, digest: this.#digest.toString(16).padStart(DIGEST_HEX_DIGITS, '0') };
  }

  equals({ count, digest }: Inventory): boolean {
    return this.#count === count && this.#digest === BigInt(`0x${digest}`);
  }
}

const digestOf = (key: string, value: Buffer): bigint =>
  BigInt(`0x${hash('sha256', Buffer.concat([Buffer.from(`${key}\0`), value]), 'hex').slice(0, DIGEST_HEX_DIGITS)}`);

const EMPTY = Buffer.alloc(0);

/** Writes one checkpoint into a batch. What a key held before is read back, so that the tallies stay exact. */
export class CheckpointWriter {
  readonly #store: SnapshotStore;
  readonly #zone: string;
  readonly #batch: CheckpointBatch;
  readonly live: Tally;
  readonly archive: Tally;
  /** Sessions of this checkpoint that have ended, and so leave memory with it. */
  readonly ended: string[] = [];

  constructor(store: SnapshotStore, zone: string, previous: CheckpointRecord | null) {
    this.#store = store;
    this.#zone = zone;
    this.#batch = store.begin(zone);
    this.live = new Tally(previous?.live);
    this.archive = new Tally(previous?.archive);
  }

  /** `records` are the touched sessions as they were when storing began. */
  async add(unstored: Unstored, records: readonly SessionRecord[]): Promise<void> {
    for (const [index, record] of records.entries()) {
      if (index % SLICE_ACTORS === SLICE_ACTORS - 1) await nextTurn();
      this.#session(record);
      this.#history(record, unstored.touched.get(record.id) ?? []);
    }
    for (const receipt of unstored.receipts.values()) this.#receipt(receipt);
  }

  async commit(record: CheckpointRecord): Promise<void> {
    this.#batch.put(keys.checkpoint, encodeCheckpoint(record));
    await this.#batch.commit();
  }

  discard(): Promise<void> {
    return this.#batch.discard();
  }

  #session(record: SessionRecord): void {
    const key = keys.live(record.id);
    const before = this.#store.get(this.#zone, key);
    if (before) this.live.remove(key, before);
    if (typeof record.state === 'object' && 'terminated' in record.state) this.#archive(record, before !== undefined);
    else this.#put(this.live, key, encodeSession(record));
  }

  #archive(record: SessionRecord, wasStored: boolean): void {
    if (wasStored) this.#batch.del(keys.live(record.id));
    this.#put(this.archive, keys.session(record.id), encodeSession(record));
    const { parentId } = record.context;
    if (parentId !== null) this.#put(this.archive, keys.child(parentId, record.id), EMPTY);
    this.ended.push(record.id);
  }

  #history({ id, context }: SessionRecord, seqs: readonly number[]): void {
    const first = context.changes - seqs.length + 1;
    for (const [index, seq] of seqs.entries()) {
      this.#batch.put(keys.history(id, seq), Buffer.from(String(first + index)));
    }
  }

  #receipt(receipt: Receipt): void {
    const key = keys.receipt(receipt.key);
    const before = this.#store.get(this.#zone, key);
    if (before) this.archive.remove(key, before);
    this.#put(this.archive, key, Buffer.from(JSON.stringify(receipt)));
  }

  #put(tally: Tally, key: string, value: Buffer): void {
    this.#batch.put(key, value);
    tally.add(key, value);
  }
}
