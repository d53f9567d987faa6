// Writes the head file anew from what the database holds: the operator's decision to accept what is stored, after the
// file was lost or the data directory restored. Every record is checked on the way; where one is missing or damaged
// nothing is written.
import { headOf, writeHeads, type Head } from './head-file.ts';
import { frame } from './frame.ts';
import { JournalError } from './journal.ts';
import { bodyKey, ENTRIES, entryOf, keyWithin, missing, recordFrom, zoneKey, ZONES } from './layout.ts';
import { openLevelBytes } from './level/level-store.ts';
import { HEADS_MAX } from './limits.ts';
import type { OrderedBytes } from './ordered-bytes.ts';

/** The store must be closed; its records are read from `copy`. Answers how many zones and entries it found. */
export async function rebuildHeads(dir: string, copy: string): Promise<{ zones: number; entries: number }> {
  const { heads, entries, unlisted } = await openedIn(copy, lookAt);
  if (unlisted.length > 0) await openedIn(dir, (bytes) => list(unlisted, bytes));
  await writeHeads(dir, new Map([...heads].slice(-HEADS_MAX)));
  return { zones: heads.size, entries };
}

const openedIn = async <Result>(dir: string, work: (bytes: OrderedBytes) => Promise<Result>): Promise<Result> => {
  const bytes = await openLevelBytes(dir, { create: false });
  try {
    return await work(bytes);
  } finally {
    await bytes.close();
  }
};

const lookAt = async (bytes: OrderedBytes) => {
  const found = await headsFrom(bytes);
  return { ...found, unlisted: await unlistedIn(bytes, found.heads) };
};

async function headsFrom(bytes: OrderedBytes): Promise<{ heads: Map<string, Head>; entries: number }> {
  const heads = new Map<string, Head>();
  let entries = 0;
  for await (const [key, value] of bytes.entries(ENTRIES)) {
    const { zone, seq } = entryOf(key);
    const due = (heads.get(zone)?.seq ?? 0) + 1;
    if (seq !== due) throw missing(zone, due);
    heads.set(zone, headOf(recordFrom(zone, seq, value, () => bytes.get(bodyKey(zone, seq)))));
    entries += 1;
  }
  return { heads, entries };
}

/** The zones whose own key is missing. */
async function unlistedIn(bytes: OrderedBytes, heads: ReadonlyMap<string, Head>): Promise<string[]> {
  const unlisted = new Set(heads.keys());
  for await (const key of bytes.keys(ZONES)) {
    const zone = keyWithin(key, zoneKey(''));
    if (!heads.has(zone))
      throw new JournalError('CORRUPT', `All records of zone ${zone} are missing. Restore a backup.`);
    unlisted.delete(zone);
  }
  return [...unlisted];
}

// A zone's own key only makes it findable, so it may be put back; a zone's records may not be made up.
async function list(zones: readonly string[], bytes: OrderedBytes): Promise<void> {
  for (const zone of zones)
    await bytes.write([{ type: 'put', key: zoneKey(zone), value: frame(zoneKey(zone), Buffer.alloc(0)) }]);
}
