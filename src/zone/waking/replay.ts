// Folds a zone's whole journal through the code that serves it and compares what comes out with what is stored: every
// entry's place in the chain and the actors it reached, and, where the checkpoint was made, every snapshot byte for byte.
// The first difference is named exactly. Nothing is written.
import { hash } from 'node:crypto';
import { CHAIN_START, decodeEntry, sha256 } from '../../journal/entry.ts';
import { JournalError, type JournalEngine, type SnapshotStore, type ZoneReader } from '../../journal/journal.ts';
import { VIEW_OF_ZONE_MS_MAX } from '../../limits.ts';
import { ACTOR_KINDS, encodeActor, type ActorKind, type Records } from '../actors/codec.ts';
import type { ActorRecord } from '../actors/population.ts';
import { fits, type CheckpointRecord } from '../checkpoints/checkpoint.ts';
import { generationReader } from '../checkpoints/generations.ts';
import { Pace } from '../checkpoints/pace.ts';
import { encodeRow } from '../checkpoints/row-codec.ts';
import { DIRECTORY_TABLES, readRowId, rowId } from '../directory.ts';
import type { ZoneEvent } from '../events.ts';
import type { Notice } from '../messages/notices.ts';
import { ZoneMemory } from '../memory.ts';
import { AffectedDiffers, checkBody, checkpointIn, fold } from './recovery.ts';
import { ageMark, keys, prefixes } from '../checkpoints/stored-keys.ts';

/** Where replay and what is stored part ways. `entry` is the last entry folded. */
export interface Divergence {
  readonly entry: number;
  readonly actor: string | null;
  readonly field: string;
  readonly stored: string;
  readonly replayed: string;
}

export interface ReplayReport {
  readonly zone: string;
  readonly entries: number;
  readonly live: number;
  readonly ended: number;
  /** SHA-256 over the last entry's hash and every live actor's snapshot: equal for equal zones. */
  readonly digest: string;
  readonly divergence: Divergence | null;
}

export const replayZone = async (
  zone: string,
  { journal, snapshots }: { readonly journal: JournalEngine; readonly snapshots: SnapshotStore },
): Promise<ReplayReport> => {
  const memory = new ZoneMemory(zone);
  // A writer beside it may go on: entries never change, and the rest is seen as it is now.
  const view = snapshots.view(zone, { msMax: VIEW_OF_ZONE_MS_MAX });
  const replay = new Replay(memory, view);
  try {
    await replay.run(journal, await view.head());
    return replay.report(null);
  } catch (error) {
    if (error instanceof Diverged) return replay.report(error.divergence);
    if (error instanceof AffectedDiffers) return replay.report(replay.reached(error));
    if (error instanceof JournalError) return replay.report(replay.unreadable(error));
    throw error;
  } finally {
    await view.close();
    memory.clear();
  }
};

type Ended = Records['session'] | Records['invocation'] | Records['edge'];

class Diverged extends Error {
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    super('replay differs from what is stored');
    this.divergence = divergence;
  }
}

class Replay {
  readonly #memory: ZoneMemory;
  /** As the checkpoint sees it. */
  #stored: ZoneReader;
  #prev = CHAIN_START;
  #ended = 0;

  constructor(memory: ZoneMemory, stored: ZoneReader) {
    this.#memory = memory;
    this.#stored = stored;
  }

  async run(journal: JournalEngine, head: number): Promise<void> {
    const { zone } = this.#memory;
    const stored = checkpointIn(this.#stored);
    const checkpoint = stored && fits(stored) ? stored : null;
    this.#stored = generationReader(this.#stored, checkpoint?.generation ?? 0);
    if (checkpoint && checkpoint.seq > head) this.#differ(null, 'checkpoint.seq', checkpoint.seq, head);
    if (head === 0) return;
    for await (const { seq, data, body } of journal.read(zone, 1, head)) {
      const entry = decodeEntry<ZoneEvent, Notice>(data, { zone, seq, prev: this.#prev });
      checkBody(entry, body);
      fold(this.#memory, entry);
      this.#prev = sha256(data);
      if (seq === checkpoint?.seq) await this.#compare(checkpoint);
      this.#leave(checkpoint, entry.affected);
    }
  }

  report(divergence: Divergence | null): ReplayReport {
    const { zone, seq, actors } = this.#memory;
    const bytes: Buffer[] = [Buffer.from(this.#prev)];
    for (const kind of ACTOR_KINDS) {
      const live = Array.from<ActorRecord>(actors.all(kind)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      bytes.push(...live.map((record) => encodeActor(kind, record)));
    }
    const digest = hash('sha256', Buffer.concat(bytes), 'hex');
    return { zone, entries: seq, live: actors.count, ended: this.#ended, digest, divergence };
  }

  reached({ seq, recorded, computed }: AffectedDiffers): Divergence {
    const actor = recorded === 'nobody' ? computed : recorded;
    return { entry: seq, actor, field: 'affected', stored: recorded, replayed: computed };
  }

  unreadable(error: JournalError): Divergence {
    const entry = this.#memory.seq;
    return { entry, actor: null, field: 'entry', stored: error.message, replayed: `an entry ${entry + 1} that checks` };
  }

  /** At the entry the checkpoint was made after: what lives, and that nothing else is stored as live. */
  async #compare(checkpoint: CheckpointRecord): Promise<void> {
    if (checkpoint.hash !== this.#prev) this.#differ(null, 'checkpoint.hash', checkpoint.hash, this.#prev);
    const { actors } = this.#memory;
    await this.#compareRows();
    for (const kind of ACTOR_KINDS) {
      for (const record of actors.all(kind)) this.#compareSnapshot(kind, record, keys.live(kind, record.id));
      for await (const { key } of this.#stored.range(prefixes.liveOf(kind))) {
        const id = key.slice(prefixes.liveOf(kind).length);
        if (!actors.isLive(kind, id)) this.#differ(id, 'snapshot', 'live', 'not live');
      }
    }
  }

  async #compareRows(): Promise<void> {
    const { directory } = this.#memory;
    const pace = new Pace();
    for (const table of DIRECTORY_TABLES)
      for (const { name, row } of directory.descending(table, null)) {
        const replayed = encodeRow(row);
        this.#compareBytes(rowId(table, name), replayed, keys.row(rowId(table, name)));
        pace.took(2 * replayed.length);
        await pace.step();
      }
    for await (const { key } of this.#stored.range(prefixes.rows)) {
      const id = key.slice(prefixes.rows.length);
      const { table, name } = readRowId(id);
      if (!directory.row(table, name)) this.#differ(id, 'snapshot', 'there', 'missing');
    }
  }

  /** What has ended leaves memory at once, compared with what is stored of it where the checkpoint has it. */
  #leave(checkpoint: CheckpointRecord | null, affected: readonly string[]): void {
    const { actors, seq, unstored } = this.#memory;
    for (const id of affected) {
      for (const kind of ['session', 'invocation', 'edge'] as const) {
        const record = actors.isLive(kind, id) ? undefined : actors.find(kind, id);
        if (!record) continue;
        if (checkpoint && seq <= checkpoint.seq) this.#compareEnded(kind, record, checkpoint);
        actors.release(kind, id);
        this.#ended += 1;
      }
    }
    unstored.clear();
  }

  /** What was old enough has been forgotten; replay makes it once more, and there is nothing to compare it with. */
  #compareEnded(kind: 'session' | 'invocation' | 'edge', record: Ended, { forgotten }: CheckpointRecord): void {
    const { id, context } = record;
    const isForgotten = ageMark(context.endedAt ?? 0, id) <= forgotten[kind];
    const key = keys.archive(kind, id);
    if (isForgotten && !this.#stored.get(key)) return;
    this.#compareSnapshot(kind, record, key);
  }

  #compareSnapshot(kind: ActorKind, record: ActorRecord, key: string): void {
    this.#compareBytes(record.id, encodeActor(kind, record), key);
  }

  #compareBytes(id: string, replayed: Buffer, key: string): void {
    const stored = this.#stored.get(key);
    if (!stored) this.#differ(id, 'snapshot', 'missing', 'there');
    else if (!stored.equals(replayed))
      this.#differFields(id, JSON.parse(stored.toString()), JSON.parse(replayed.toString()));
  }

  #differFields(id: string, stored: Fields, replayed: Fields): never {
    const flatStored = flat(stored);
    const flatReplayed = flat(replayed);
    const names = new Set([...Object.keys(flatStored), ...Object.keys(flatReplayed)]);
    const field = Array.from(names).find((name) => flatStored[name] !== flatReplayed[name]) ?? 'bytes';
    return this.#differ(id, field, flatStored[field], flatReplayed[field]);
  }

  #differ(actor: string | null, field: string, stored: unknown, replayed: unknown): never {
    throw new Diverged({ entry: this.#memory.seq, actor, field, stored: String(stored), replayed: String(replayed) });
  }
}

type Fields = Readonly<Record<string, unknown>>;

const flat = ({ context, ...rest }: Fields): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({ ...rest, ...(context as Fields) }).map(([name, value]) => [name, JSON.stringify(value)]),
  );
