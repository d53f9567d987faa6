// npm run replay -- --data DIR [--zone Z]: folds the journal of a stopped instance and compares the outcome with what is
// stored. Prints a line a zone; exit 0 when everything is identical, 1 at the first difference of any zone.
import { parseArgs } from 'node:util';
import { openLevelStore } from '../src/journal/level-store.ts';
import { replayZone, type ReplayReport } from '../src/zone/replay.ts';

const { values } = parseArgs({ options: { data: { type: 'string', default: './data' }, zone: { type: 'string' } } });

const lineOf = ({ zone, entries, live, ended, digest, divergence }: ReplayReport): string => {
  const counts = `${zone}  ${entries} entries  ${live} live  ${ended} ended  ${digest}`;
  if (divergence === null) return `${counts}  identical`;
  const { entry, actor, field, stored, replayed } = divergence;
  return `${counts}  DIFFERS after entry ${entry}, actor ${actor ?? '-'}, field ${field}: stored ${stored}, replayed ${replayed}`;
};

const replayAll = async (): Promise<boolean> => {
  const store = await openLevelStore({ dir: values.data, create: false });
  let identical = true;
  try {
    for await (const zone of store.journal.zones()) {
      if (values.zone !== undefined && zone !== values.zone) continue;
      const report = await replayZone(zone, store);
      identical &&= report.divergence === null;
      console.log(lineOf(report));
    }
  } finally {
    await store.close();
  }
  return identical;
};

try {
  process.exitCode = (await replayAll()) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
