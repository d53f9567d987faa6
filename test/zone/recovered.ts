// What a zone comes to when it is read from disk: once from its checkpoint and what the journal says since, once from the
// journal alone. Both must come to the same, byte for byte.
import { openMemoryStore, type MemoryContents } from '../../src/journal/memory-engine.ts';
import type { Store } from '../../src/journal/journal.ts';
import { ACTOR_KINDS, encodeActor } from '../../src/zone/actors/codec.ts';
import type { ActorRecord } from '../../src/zone/actors/population.ts';
import { encodeRow } from '../../src/zone/checkpoints/row-codec.ts';
import { DIRECTORY_TABLES } from '../../src/zone/directory.ts';
import { ZoneMemory } from '../../src/zone/memory.ts';
import { readCheckpoint, recover } from '../../src/zone/waking/recovery.ts';

/** All that memory holds of zone z1 after a wake, the order of what is walked in order included. */
export const recovered = async (store: Store): Promise<object> => {
  const memory = new ZoneMemory('z1');
  try {
    const checkpoint = readCheckpoint(store.snapshots, 'z1');
    const hash = await recover(memory, store, checkpoint, await store.journal.head('z1'));
    const { seq, at, epoch, actors, directory } = memory;
    const live = ACTOR_KINDS.flatMap((kind) =>
      Array.from<ActorRecord>(actors.all(kind))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map((record) => encodeActor(kind, record).toString()),
    );
    const ways = Array.from(actors.sessions.all(), ({ id }) => {
      const { sessions, edges } = actors;
      return [id, [...sessions.childrenOf(id)], [...edges.inboundOf(id)], [...edges.outboundOf(id)]] as const;
    }).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return {
      hash,
      seq,
      at,
      epoch,
      due: memory.nextDue() ?? null,
      live,
      ways,
      directory: DIRECTORY_TABLES.map((table) =>
        Array.from(directory.descending(table, null), ({ name, row }) => [name, encodeRow(row).toString()]),
      ),
    };
  } finally {
    memory.clear();
  }
};

/** The same journal without anything that was made from it. */
export const journalAlone = (contents: MemoryContents): Store =>
  openMemoryStore({
    contents: new Map(Array.from(contents, ([zone, stored]) => [zone, { ...stored, snapshots: new Map() }])),
  });
