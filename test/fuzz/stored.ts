// What a run left on disk: whether the journal of every zone folds to what is stored, byte for byte, and all of it checks.
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { verifyZone } from '../../src/zone/checks/verify.ts';

export interface Stored {
  readonly entries: number;
  readonly problems: readonly string[];
}

export const checkStored = async (dir: string): Promise<Stored> => {
  const store = await openLevelStore({ dir, create: false });
  const { journal, snapshots } = store;
  const problems: string[] = [];
  let entries = 0;
  try {
    for await (const zone of journal.zones()) {
      const replayed = await replayZone(zone, store);
      entries += replayed.entries;
      if (replayed.divergence) problems.push(`replayed, ${zone} differs: ${JSON.stringify(replayed.divergence)}`);
      const { damage } = await verifyZone(zone, { journal, snapshots, head: undefined });
      problems.push(...damage.map((sentence) => `${zone} is damaged: ${sentence}`));
    }
  } finally {
    await store.close();
  }
  return { entries, problems };
};
