// Journals as earlier versions wrote them: current entries without the newer fields, in a valid chain.
import { CHAIN_START, decodeEntry, encodeEntry, sha256 } from '../../src/journal/entry.ts';
import type { ZoneEntry, ZoneEvent } from '../../src/zone/events.ts';
import type { Notice } from '../../src/zone/messages/notices.ts';
import type { GoldenRecord } from '../golden/shown.ts';
import type { ZoneWorld } from '../world/zone-world.ts';

/** The journal of a world with its entries from `first` on written otherwise. */
export const rewritten = async (
  { store }: ZoneWorld,
  write: (entry: ZoneEntry) => ZoneEntry,
  first = 1,
): Promise<GoldenRecord[]> => {
  const records: GoldenRecord[] = [];
  let prev = CHAIN_START;
  for await (const { seq, data, body } of store.journal.read('z1', 1, await store.journal.head('z1'))) {
    const entry = decodeEntry<ZoneEvent, Notice>(data, { zone: 'z1', seq });
    const bytes = encodeEntry({ ...(seq < first ? entry : write(entry)), prev });
    prev = sha256(bytes);
    records.push({ data: bytes.toString(), body: body?.toString() ?? null });
  }
  return records;
};

/** Without proofs of subjects, without the sessions below a receiver, and told as before. */
export const asWrittenBefore = (entry: ZoneEntry): ZoneEntry => {
  const { event, notice } = entry;
  if (event.type === 'session.started') {
    const { subjectProven: _, ...facts } = event.facts;
    return { ...entry, event: { ...event, facts: facts as typeof event.facts } };
  }
  if (event.type === 'edge.created')
    return { ...entry, event: { ...event, v: 1 }, affected: entry.affected.slice(0, 2) };
  const { told: _, ...before } = notice ?? {};
  return { ...entry, notice: event.type === 'edge.expired' || !notice ? undefined : (before as Notice) };
};
