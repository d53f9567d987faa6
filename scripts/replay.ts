// Folds the journal of a stopped instance and compares the outcome with what is stored. Prints a line a zone; exit 0 when
// everything is identical, 1 when any zone differs, with its first difference.
import { parseArgs } from 'node:util';
import { openLevelStore } from '../src/journal/level/level-store.ts';
import { replayZone, type ReplayReport } from '../src/zone/waking/replay.ts';
import { demandDirectory, runCommand } from './command-line.ts';
import { lookedAt } from './looked-at.ts';

const USAGE = 'usage: npm run replay -- [--data DIR] [--zone ZONE]';

const options = { data: { type: 'string', default: './data' }, zone: { type: 'string' } } as const;

const lineOf = ({ zone, entries, live, ended, digest, divergence }: ReplayReport): string => {
  const counts = `${zone}: ${entries} entries, ${live} live and ${ended} ended actors, digest ${digest}`;
  if (divergence === null) return `${counts}: identical`;
  const { entry, actor, field, stored, replayed } = divergence;
  const where = `after entry ${entry}, actor ${actor ?? '-'}, field ${field}`;
  return `${counts}: DIFFERS ${where}: stored ${stored}, replayed ${replayed}`;
};

const replayAll = async (args: string[]): Promise<0 | 1> => {
  const { values } = parseArgs({ args, options });
  const dir = await demandDirectory(values.data);
  return lookedAt(dir, (copy) => replayCopy(copy, values));
};

const replayCopy = async (copy: string, values: { readonly data: string; readonly zone?: string }): Promise<0 | 1> => {
  const store = await openLevelStore({ dir: copy, create: false });
  let exitCode: 0 | 1 = 0;
  let zones = 0;
  try {
    for await (const zone of store.journal.zones()) {
      if (values.zone !== undefined && zone !== values.zone) continue;
      zones += 1;
      const report = await replayZone(zone, store);
      if (report.divergence !== null) exitCode = 1;
      console.log(lineOf(report));
    }
  } finally {
    await store.close();
  }
  if (values.zone !== undefined && zones === 0) throw new Error(`There is no zone ${values.zone} in ${values.data}.`);
  return exitCode;
};

await runCommand(USAGE, replayAll);
