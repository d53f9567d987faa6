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
import { ACTOR_KINDS } from '../actors/codec.ts';
import { fits, type CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { generationReader } from '../checkpoints/generations.ts';
import { Pace } from '../checkpoints/pace.ts';
import { keys, prefixes } from '../checkpoints/stored-keys.ts';
import type { ZoneEvent } from '../events.ts';
import type { Notice } from '../messages/notices.ts';
import { checkBody, checkpointIn } from '../waking/recovery.ts';
import { TABLES, TableCheck } from './table-check.ts';

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
  const stored = generationReader(view, checkpoint?.generation ?? 0);
  // What another version stored is not read: the first wake makes it again from the journal that was checked above.
  const isRead = checkpoint === null || fits(checkpoint);
  const counts = isRead ? await verifyTables(stored, checkpoint, findings) : NOTHING_COUNTED;
  return { entries, checkpointSeq: checkpoint?.seq ?? 0, ...counts, damage: findings.sentences };
};

/** What was found, once each, bounded. */
class Findings {
  readonly sentences: string[] = [];

  add(sentence: string): void {
    const isNew = this.sentences.length < FINDINGS_MAX && !this.sentences.includes(sentence);
    if (isNew) this.sentences.push(sentence);
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

const NOTHING_COUNTED: Readonly<Counts> = { live: 0, ended: 0, receipts: 0, histories: 0 };

interface Counts {
  live: number;
  ended: number;
  receipts: number;
  histories: number;
}

/** All that the checkpoint names, table by table, in bounded memory. */
const verifyTables = async (
  stored: ZoneReader,
  checkpoint: CheckpointRecord | null,
  findings: Findings,
): Promise<Counts> => {
  const counts: Counts = { ...NOTHING_COUNTED };
  for (const table of TABLES) {
    const rows = new TableCheck(table, stored, (sentence) => findings.add(sentence));
    await readAll(rows.run(), findings);
    rows.compare(checkpoint);
    const counted = COUNTED[table.name];
    if (counted) counts[counted] += rows.count;
  }
  await readAll(
    historiesOf(stored, (sentence) => findings.add(sentence)),
    findings,
    () => (counts.histories += 1),
  );
  return counts;
};

/** The tables whose actors and receipts a verification counts. */
const COUNTED: Readonly<Record<string, keyof Counts>> = {
  live: 'live',
  'archive/session': 'ended',
  'archive/invocation': 'ended',
  'archive/edge': 'ended',
  'archive/receipt': 'receipts',
};

/** Reads all rows. A range ends at a damaged value: the table is then not compared with the checkpoint. */
const readAll = async (
  rows: AsyncIterable<number>,
  findings: Findings,
  onRow: () => void = () => {},
): Promise<void> => {
  const pace = new Pace();
  try {
    for await (const bytes of rows) {
      onRow();
      pace.took(bytes);
      await pace.step();
    }
  } catch (error) {
    findings.add(sentenceOf(error));
  }
};

/** Every place in a history must be of an actor that is stored. The histories of stored actors are checked with them. */
async function* historiesOf(stored: ZoneReader, report: (sentence: string) => void): AsyncGenerator<number> {
  let last = '';
  for await (const { key, value } of stored.range(prefixes.histories)) {
    const [, id = ''] = key.split('/');
    if (id !== last && !isStored(stored, id)) report(`There is a history of ${id}, which is not there.`);
    last = id;
    yield key.length + value.length;
  }
}

const isStored = (stored: ZoneReader, id: string): boolean =>
  ACTOR_KINDS.some(
    (kind) =>
      stored.get(keys.live(kind, id)) !== undefined ||
      (kind !== 'service' && stored.get(keys.archive(kind, id)) !== undefined),
  );
