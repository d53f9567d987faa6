// The full check of one zone that is stored: every entry and its place in the chain, every body, the checkpoint and all
// that it names, and the head that was remembered beside the database. It reads and tells; it changes nothing, and goes on
// after the first damage, so that an operator sees how far it reaches.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeEntry, sha256, CHAIN_START } from '../../journal/entry.ts';
import {
  withView,
  type JournalEngine,
  type SnapshotStore,
  type ZoneReader,
  type ZoneView,
} from '../../journal/journal.ts';
import { FINDINGS_MAX, SLICE_ENTRIES, VIEW_OF_ZONE_MS_MAX } from '../../limits.ts';
import { ACTOR_KINDS, decodeActor, type ActorKind } from '../actors/codec.ts';
import { fits, type CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { generationReader } from '../checkpoints/generations.ts';
import type { ZoneEvent } from '../events.ts';
import type { Notice } from '../messages/notices.ts';
import { NOTHING, Tally, type Inventory } from '../checkpoints/inventory.ts';
import { decodeReceipt } from '../receipts.ts';
import { checkBody, checkpointIn } from '../waking/recovery.ts';
import {
  AGING,
  ageMark,
  ARCHIVE_TABLES,
  historySeq,
  prefixes,
  readAgeMark,
  type Aging,
} from '../checkpoints/stored-keys.ts';
import type { Traced } from '../../../machines/words.ts';

export interface StoredZone {
  readonly journal: Pick<JournalEngine, 'at'>;
  readonly snapshots: SnapshotStore;
  /** The last entry of the zone that is known to have been stored; undefined where nothing is remembered. */
  readonly head: { readonly seq: number; readonly hash: string } | undefined;
}

export interface Verification {
  readonly entries: number;
  /** The last entry that the checkpoint holds; 0 without one. */
  readonly checkpointSeq: number;
  readonly live: number;
  readonly ended: number;
  readonly receipts: number;
  /** Entries of histories, counted once per actor they touched. */
  readonly histories: number;
  /** A sentence per damage, at most `FINDINGS_MAX`; none when the zone is sound. */
  readonly damage: readonly string[];
}

export const verifyZone = (zone: string, stored: StoredZone): Promise<Verification> =>
  withView(stored.snapshots, zone, (view) => verifyView(zone, stored, view), { msMax: VIEW_OF_ZONE_MS_MAX });

/** Safe beside a running writer: entries never change, and all other data is read from one view. */
const verifyView = async (zone: string, { journal, head }: StoredZone, view: ZoneView): Promise<Verification> => {
  const findings = new Findings();
  const checkpoint = findings.attempt(() => checkpointIn(view)) ?? null;
  const entries = await view.head();
  const marks = { checkpoint: checkpoint?.seq ?? 0, head: head?.seq ?? 0 };
  const hashes = await verifyEntries(zone, journal, { end: entries, marks: Object.values(marks) }, findings);
  if (head) verifyHead(head, entries, hashes, findings);
  if (checkpoint) verifyCheckpoint(zone, checkpoint, hashes, findings);
  const snapshots = new SnapshotCheck(generationReader(view, checkpoint?.generation ?? 0), findings);
  // What another version stored is not read: the first wake makes it again from the journal that was checked above.
  if (checkpoint === null || fits(checkpoint)) await snapshots.verify(checkpoint);
  return { entries, checkpointSeq: checkpoint?.seq ?? 0, ...snapshots.counts, damage: findings.sentences };
};

/** What was found, bounded. */
class Findings {
  readonly sentences: string[] = [];

  add(sentence: string): void {
    if (this.sentences.length < FINDINGS_MAX) this.sentences.push(sentence);
  }

  /** What `look` answers; undefined where it threw, which is a finding. */
  attempt<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.add(sentenceOf(error));
      return undefined;
    }
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The hashes of those entries that something else names, where they check, by sequence. */
type Hashes = ReadonlyMap<number, string>;

const verifyEntries = async (
  zone: string,
  journal: StoredZone['journal'],
  { end, marks }: { end: number; marks: readonly number[] },
  findings: Findings,
): Promise<Hashes> => {
  const hashes = new Map<number, string>();
  let prev: string | undefined = CHAIN_START;
  for (let seq = 1; seq <= end; seq += 1) {
    const before: string | undefined = prev;
    prev = findings.attempt(() => verifyEntry(zone, journal, seq, before))?.hash;
    if (prev !== undefined && marks.includes(seq)) hashes.set(seq, prev);
    if (seq % SLICE_ENTRIES === 0) await nextTurn();
  }
  return hashes;
};

/** Without a `prev` the entry before is damaged, and the chain is not asked. */
export const verifyEntry = (
  zone: string,
  journal: Pick<JournalEngine, 'at'>,
  seq: number,
  prev: string | undefined,
): { readonly hash: string; readonly bytes: number } => {
  const { data, body } = journal.at(zone, seq);
  checkBody(decodeEntry<ZoneEvent, Notice>(data, { zone, seq, ...(prev !== undefined && { prev }) }), body);
  return { hash: sha256(data), bytes: data.length + (body?.length ?? 0) };
};

const verifyHead = (head: NonNullable<StoredZone['head']>, end: number, hashes: Hashes, findings: Findings): void => {
  if (head.seq > end) findings.add(`The journal ends at entry ${end}, but ${head.seq} were stored.`);
  const hash = hashes.get(head.seq);
  if (hash !== undefined && hash !== head.hash) findings.add(`Entry ${head.seq} is not the one that was stored.`);
};

const verifyCheckpoint = (zone: string, checkpoint: CheckpointRecord, hashes: Hashes, findings: Findings): void => {
  const { seq, hash } = checkpoint;
  if (checkpoint.zone !== zone) findings.add(`The checkpoint is of zone ${checkpoint.zone}.`);
  if (hashes.get(seq) !== hash) findings.add(`The checkpoint was made after another entry ${seq} than is stored.`);
};

/** What the histories say of one actor. */
interface History {
  readonly first: number;
  readonly last: number;
  readonly places: number;
}

const NAMES = {
  session: 'ended sessions',
  invocation: 'ended invocations',
  edge: 'lapsed edges',
  child: 'who stood under whom',
  inbound: 'who was handed what',
  outbound: 'who handed on what',
  receipt: 'receipts',
} as const;

const AGE_NAMES = {
  session: 'when sessions ended',
  invocation: 'when invocations ended',
  edge: 'when edges lapsed',
  receipt: 'when keys were used',
} as const satisfies Readonly<Record<Aging, string>>;

const isActorKind = (what: string): what is ActorKind => (ACTOR_KINDS as readonly string[]).includes(what);

class SnapshotCheck {
  readonly #stored: ZoneReader;
  readonly #findings: Findings;
  readonly #actors = new Map<string, Traced>();
  readonly #histories = new Map<string, History>();
  /** The records that must be in the orders of age, as `<table>/<mark>`. */
  readonly #aging = new Set<string>();
  readonly #aged = new Set<string>();
  readonly counts = { live: 0, ended: 0, receipts: 0, histories: 0 };

  constructor(stored: ZoneReader, findings: Findings) {
    this.#stored = stored;
    this.#findings = findings;
  }

  async verify(checkpoint: CheckpointRecord | null): Promise<void> {
    await this.#inventory(prefixes.live, checkpoint?.live ?? NOTHING, 'what lives there');
    for (const table of ARCHIVE_TABLES)
      await this.#inventory(prefixes.archiveOf(table), checkpoint?.archive[table] ?? NOTHING, NAMES[table]);
    for (const what of AGING)
      await this.#inventory(prefixes.ageOf(what), checkpoint?.ages[what] ?? NOTHING, AGE_NAMES[what]);
    this.#compareAges();
    await this.#scan(prefixes.histories, (key, value) => this.#place(key, value));
    this.#compareHistories();
  }

  async #inventory(prefix: string, expected: Inventory, what: string): Promise<void> {
    const tally = new Tally();
    await this.#scan(prefix, (key, value) => {
      tally.add(key, value);
      this.#note(key, value);
    });
    if (tally.equals(expected)) return;
    const { count } = tally.inventory;
    this.#findings.add(
      `The snapshots of ${what} are not those of the checkpoint: ${count} are there, ${expected.count} were stored.`,
    );
  }

  /** A range ends where a value of it does not check; the values behind it are then missing in what is compared. */
  async #scan(prefix: string, see: (key: string, value: Buffer) => void): Promise<void> {
    let seen = 0;
    try {
      for await (const { key, value } of this.#stored.range(prefix)) {
        see(key, value);
        seen += 1;
        if (seen % SLICE_ENTRIES === 0) await nextTurn();
      }
    } catch (error) {
      this.#findings.add(sentenceOf(error));
    }
  }

  #note(key: string, value: Buffer): void {
    const [place = '', what = ''] = key.split('/');
    if (place === 'age') this.#aged.add(key.slice('age/'.length));
    else if (what === 'receipt') this.#receipt(value);
    else if (isActorKind(what)) this.#actor(what, value, place === 'live' ? 'live' : 'ended');
  }

  #actor(kind: ActorKind, value: Buffer, count: 'live' | 'ended'): void {
    const record = this.#findings.attempt(() => decodeActor(kind, value));
    this.counts[count] += 1;
    if (!record) return;
    const { id, context } = record;
    this.#actors.set(id, context);
    if (count === 'ended' && 'endedAt' in context) this.#aging.add(`${kind}/${ageMark(context.endedAt ?? 0, id)}`);
  }

  #receipt(value: Buffer): void {
    this.counts.receipts += 1;
    const receipt = this.#findings.attempt(() => decodeReceipt(value));
    if (receipt) this.#aging.add(`receipt/${ageMark(receipt.at, receipt.key)}`);
  }

  /** A record that is missing there would never be forgotten, and every inventory would still match. */
  #compareAges(): void {
    for (const each of this.#aging) {
      if (!this.#aged.has(each)) this.#findings.add(`${nameOf(each)} is in no order of age, so it is never forgotten.`);
    }
    for (const each of this.#aged) {
      if (!this.#aging.has(each)) this.#findings.add(`The order of age names ${nameOf(each)}, which is not there.`);
    }
  }

  #place(key: string, value: Buffer): void {
    const [, id = ''] = key.split('/');
    const seq = historySeq(key);
    const before = this.#histories.get(id) ?? { first: seq, last: 0, places: 0 };
    const place = Number(value.toString());
    if (place !== before.places + 1) {
      this.#findings.add(
        `The history of ${id} has a gap: entry ${seq} is at place ${place}, not ${before.places + 1}.`,
      );
    }
    this.#histories.set(id, { ...before, last: seq, places: place });
    this.counts.histories += 1;
  }

  #compareHistories(): void {
    for (const [id, { startedSeq, seq, changes }] of this.#actors) {
      const { first, last, places } = this.#histories.get(id) ?? { first: 0, last: 0, places: 0 };
      if (first === startedSeq && last === seq && places === changes) continue;
      const found = `${places} entries from ${first} to ${last}`;
      this.#findings.add(`The history of ${id} has ${found}, not ${changes} from ${startedSeq} to ${seq}.`);
    }
    for (const id of this.#histories.keys()) {
      if (!this.#actors.has(id)) this.#findings.add(`There is a history of ${id}, which is not there.`);
    }
  }
}

const nameOf = (aging: string): string => {
  const [table = ''] = aging.split('/');
  return `${table} ${readAgeMark(aging.slice(table.length + 1)).id}`;
};
