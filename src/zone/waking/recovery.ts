// Waking a zone: the snapshots of its checkpoint, then the journal's tail, each checked before it is believed. The tail is
// folded through the same `change` that serves callers; an entry that comes out otherwise than recorded is damage.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CHAIN_START, decodeEntry, sha256 } from '../../journal/entry.ts';
import { JournalError, type JournalEngine, type SnapshotStore, type ZoneReader } from '../../journal/journal.ts';
import { SLICE_ENTRIES } from '../../limits.ts';
import { ACTOR_KINDS, decodeActor, type ActorKind, type Records } from '../actors/codec.ts';
import type { ActorRecord } from '../actors/population.ts';
import { decodeCheckpoint, type CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { SLICE_BYTES } from '../checkpoints/limits.ts';
import { Pace } from '../checkpoints/pace.ts';
import { decodeRow } from '../checkpoints/row-codec.ts';
import type { NamedRow } from '../checkpoints/unstored-rows.ts';
import { readRowId } from '../directory.ts';
import type { ZoneEntry, ZoneEvent } from '../events.ts';
import type { Notice } from '../messages/notices.ts';
import { NOTHING, Tally } from '../checkpoints/inventory.ts';
import type { ZoneMemory } from '../memory.ts';
import { planOf, type Delivery, type Plan } from '../plan.ts';
import { sortedInSlices } from './sorted-in-slices.ts';
import { keys, prefixes } from '../checkpoints/stored-keys.ts';

export const readCheckpoint = (snapshots: SnapshotStore, zone: string): CheckpointRecord | null =>
  checkpointIn({ get: (key) => snapshots.get(zone, key) });

export const checkpointIn = (stored: Pick<ZoneReader, 'get'>): CheckpointRecord | null => {
  const bytes = stored.get(keys.checkpoint);
  return bytes ? decodeCheckpoint(bytes) : null;
};

/** Called after each slice of folded entries, with the hash of the last entry and the ids of the actors that they reached. */
export type AfterSlice = (hash: string, affected: readonly string[]) => Promise<void>;

/** Fills an empty memory from disk, up to entry `end`, and gives that entry's hash: the `prev` of the next. Throws a `JournalError` `CORRUPT` whose sentence says what does not check. */
export const recover = async (
  memory: ZoneMemory,
  store: { readonly journal: JournalEngine; readonly snapshots: SnapshotStore },
  checkpoint: CheckpointRecord | null,
  end: number,
  afterSlice: AfterSlice = () => nextTurn(),
): Promise<string> => {
  await restoreLive(memory, store.snapshots, checkpoint);
  if (checkpoint) {
    if (sha256(store.journal.at(memory.zone, checkpoint.seq).data) !== checkpoint.hash) {
      throw corrupt(
        memory.zone,
        `The checkpoint was made after another entry ${checkpoint.seq} than the journal holds.`,
      );
    }
    memory.resumeFrom(checkpoint);
  }
  return foldTail(memory, store.journal, { hash: checkpoint?.hash ?? CHAIN_START, end, afterSlice });
};

const restoreLive = async (memory: ZoneMemory, snapshots: SnapshotStore, checkpoint: CheckpointRecord | null) => {
  const tally = new Tally();
  const found = [];
  for (const kind of ACTOR_KINDS) found.push({ kind, records: await readSnapshots(kind, memory, snapshots, tally) });
  const rows = await readRows(memory, snapshots, tally);
  if (!tally.equals(checkpoint?.live ?? NOTHING)) {
    throw corrupt(memory.zone, 'Some snapshots of what lives there are missing or not as they were stored.');
  }
  await restoreRows(rows, memory);
  for (const { kind, records } of found) await restoreAll(kind, records, memory);
};

const restoreAll = async (kind: ActorKind, records: readonly Records[ActorKind][], memory: ZoneMemory) => {
  const inOrder = await sortedInSlices(records, byStart);
  const pace = new Pace();
  for (const record of inOrder) {
    memory.restore(kind, record);
    await pace.step();
  }
};

const restoreRows = async (rows: readonly NamedRow[], memory: ZoneMemory) => {
  const pace = new Pace();
  for (const row of rows) {
    memory.restoreRow(row);
    await pace.step();
  }
};

const readSnapshots = async (kind: ActorKind, memory: ZoneMemory, snapshots: SnapshotStore, tally: Tally) => {
  const records: Records[ActorKind][] = [];
  const pace = new Pace();
  for await (const { key, value } of snapshots.range(memory.zone, prefixes.liveOf(kind))) {
    tally.add(key, value);
    records.push(decodeActor(kind, value));
    pace.took(value.length);
    await pace.step();
  }
  return records;
};

const readRows = async (memory: ZoneMemory, snapshots: SnapshotStore, tally: Tally) => {
  const rows: NamedRow[] = [];
  const pace = new Pace();
  for await (const { key, value } of snapshots.range(memory.zone, prefixes.rows)) {
    tally.add(key, value);
    rows.push({ ...readRowId(key.slice(prefixes.rows.length)), row: decodeRow(value) });
    pace.took(value.length);
    await pace.step();
  }
  return rows;
};

// Parents before children, and siblings in the order that plans rely on.
const byStart = (a: ActorRecord, b: ActorRecord) => a.context.startedSeq - b.context.startedSeq;

const foldTail = async (
  memory: ZoneMemory,
  journal: JournalEngine,
  { hash, end, afterSlice }: { readonly hash: string; readonly end: number; readonly afterSlice: AfterSlice },
): Promise<string> => {
  let prev = hash;
  let sliceBytes = 0;
  const affected: string[] = [];
  if (memory.seq >= end) return prev;
  for await (const record of journal.read(memory.zone, memory.seq + 1, end)) {
    const entry = decodeEntry<ZoneEvent, Notice>(record.data, { zone: memory.zone, seq: memory.seq + 1, prev });
    checkBody(entry, record.body);
    fold(memory, entry);
    memory.unstored.grow(record.data.length, entry.at);
    affected.push(...entry.affected);
    prev = sha256(record.data);
    sliceBytes += record.data.length + (record.body?.length ?? 0);
    if (record.seq % SLICE_ENTRIES !== 0 && sliceBytes < SLICE_BYTES) continue;
    sliceBytes = 0;
    await afterSlice(prev, affected.splice(0));
  }
  await afterSlice(prev, affected);
  return prev;
};

/** An entry whose event reaches other actors now than it reached when it was made. */
export class AffectedDiffers extends JournalError {
  readonly seq: number;
  readonly recorded: string;
  readonly computed: string;

  constructor(zone: string, seq: number, recorded: string, computed: string) {
    super('CORRUPT', damaged(zone, `Entry ${seq} reached ${recorded} when it was made, and ${computed} now.`));
    this.seq = seq;
    this.recorded = recorded;
    this.computed = computed;
  }
}

/** Carries one journaled entry out again and checks that it reaches the actors it reached then. */
export const fold = (memory: ZoneMemory, entry: ZoneEntry): void => {
  const { seq, at, event, bodyHash, receipt, affected } = entry;
  const plan = planOf({ event, bodyHash, at, seq }, memory.actors);
  const recordable = recordedOf(event, plan);
  for (let index = 0; index < Math.max(recordable.length, affected.length); index += 1) {
    const computed = recordable[index]?.id ?? 'nobody';
    const recorded = affected[index] ?? 'nobody';
    if (recorded !== computed) throw new AffectedDiffers(memory.zone, seq, recorded, computed);
  }
  memory.change({ seq, at, event, bodyHash, plan, receipt });
};

/**
 * The deliveries that `affected` of an entry names: all of them, except for edges of version 1. Earlier versions wrote
 * those while descendants of the receiver kept their own authority; they name only the edge and the receiver.
 */
const recordedOf = (event: ZoneEvent, { deliveries }: Plan): readonly Delivery[] =>
  event.type === 'edge.created' && event.v === 1 ? deliveries.slice(0, 2) : deliveries;

/** The body that lies beside an entry must be the one the entry names. */
export const checkBody = ({ zone, seq, bodyHash }: ZoneEntry, body: Buffer | null): void => {
  if ((body && sha256(body)) !== bodyHash)
    throw corrupt(zone, `The body of entry ${seq} is not the one the entry names.`);
};

const damaged = (zone: string, what: string) =>
  `Zone ${zone} is damaged. ${what} Restore the data directory from a backup; "npm run verify" lists all damage.`;

const corrupt = (zone: string, what: string) => new JournalError('CORRUPT', damaged(zone, what));
