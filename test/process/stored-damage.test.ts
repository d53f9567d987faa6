// Damages single values of the database, and takes single values away, where the database itself is whole: below a checkpoint,
// and while an upgrade has to build every checkpoint again. No answer may change in silence, and damage that matters to no live
// actor may not stop its zone. `SEED` repeats the choices of a run, `STORED_DAMAGE_CASES` says how many there are of each kind.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { frame, unframe } from '../../src/journal/frame.ts';
import { behind } from '../journal/level-contents.ts';
import { judge, stoppedZones, type Judgement } from './parts/damage-verdict.ts';
import { prepare, type Prepared } from './parts/prepared.ts';
import { Random, seedOfRun } from './parts/random.ts';
import { Reader } from './parts/reader.ts';
import { inFolder } from './parts/server.ts';

const CASES = Number(process.env['STORED_DAMAGE_CASES'] ?? 20);

const ENTRY = /^[jb]\/(?<zone>[^/]+)\/(?<seq>\d+)$/;
const SNAPSHOT = /^s\/(?<zone>[^/]+)\/(?:g\d+\/)?(?<table>archive|history|age|live)\//;
const CHECKPOINT = /^s\/(?<zone>[^/]+)\/checkpoint$/;

interface Stored {
  readonly keys: readonly string[];
  /** The last entry that the checkpoint of each zone holds. */
  readonly checkpoints: ReadonlyMap<string, number>;
}

interface Case {
  readonly key: string;
  readonly kind: 'flip' | 'delete';
}

describe('a damaged value in a sound database', function () {
  this.timeout(300_000);

  it(`below a checkpoint is noticed and stops no zone: ${CASES} cases`, () =>
    damaging({ isUpgrade: false, choose: isBelow }, (outcomes) => {
      expect(outcomes.filter(({ stopped }) => stopped.length > 0)).to.deep.equal([]);
    }));

  it(`during an upgrade changes no answer in silence: ${CASES} cases`, () =>
    damaging({ isUpgrade: true, choose: (key) => ENTRY.test(key) || SNAPSHOT.test(key) }, (outcomes) => {
      // The journal is folded again, so the snapshots of the version before are not needed.
      const needless = outcomes.filter(({ damage, stopped }) => SNAPSHOT.test(damage.key) && stopped.length > 0);
      expect(needless).to.deep.equal([]);
    }));
});

/** Whether a value belongs to the past alone: an entry before the one that the checkpoint names, or what has left memory. */
const isBelow = (key: string, { checkpoints }: Stored): boolean => {
  const { zone = '', seq } = ENTRY.exec(key)?.groups ?? {};
  if (seq !== undefined) return Number(seq) < (checkpoints.get(zone) ?? 0);
  const table = SNAPSHOT.exec(key)?.groups?.['table'];
  return table !== undefined && table !== 'live';
};

interface Outcome extends Judgement {
  readonly damage: Case;
  readonly stopped: readonly string[];
}

interface Plan {
  /** Whether every checkpoint is as an earlier version of the machines wrote it. */
  readonly isUpgrade: boolean;
  readonly choose: (key: string, stored: Stored) => boolean;
}

const damaging = ({ isUpgrade, choose }: Plan, check: (outcomes: readonly Outcome[]) => void): Promise<void> =>
  inFolder(async (folder) => {
    const seed = seedOfRun();
    process.stdout.write(`      SEED=${seed}\n`);
    const original = join(folder, 'original');
    const prepared = await prepare(original);
    if (isUpgrade) await makeOld(original);
    const stored = await storedIn(original);
    const keys = stored.keys.filter((key) => choose(key, stored));
    const outcomes = await judgeAll(casesOf(keys, new Random(seed)), { folder, original, prepared });
    report(outcomes);
    expect(outcomes.filter(({ verdict }) => verdict === 'silent' || verdict === 'ended the process')).to.deep.equal([]);
    check(outcomes);
  });

const casesOf = (keys: readonly string[], random: Random): Case[] =>
  Array.from({ length: CASES }, (_, index) => ({
    key: random.of(keys) ?? '',
    kind: index % 2 === 0 ? 'flip' : 'delete',
  }));

const storedIn = async (dir: string): Promise<Stored> => {
  const keys: string[] = [];
  const checkpoints = new Map<string, number>();
  await behind(dir, async (raw) => {
    for await (const [key, value] of raw.iterator()) {
      keys.push(key);
      const zone = CHECKPOINT.exec(key)?.groups?.['zone'];
      if (zone !== undefined) checkpoints.set(zone, (recordIn(key, value) as { seq: number }).seq);
    }
  });
  return { keys, checkpoints };
};

const recordIn = (key: string, value: Buffer): object => JSON.parse(unframe(key, value).toString()) as object;

/** Rewrites the record of every checkpoint as one of machines that are not in use any more. */
const makeOld = (dir: string): Promise<void> =>
  behind(dir, async (raw) => {
    for await (const [key, value] of raw.iterator()) {
      if (!CHECKPOINT.test(key)) continue;
      const record = { ...recordIn(key, value), machines: 'agent-session 0' };
      await raw.put(key, frame(key, Buffer.from(JSON.stringify(record))));
    }
  });

const inflict = (dir: string, { key, kind }: Case): Promise<void> =>
  behind(dir, async (raw) => {
    if (kind === 'delete') return raw.del(key);
    const value = raw.getSync(key);
    if (value === undefined) throw new Error(`nothing is stored under ${key}`);
    value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1);
    return raw.put(key, value);
  });

const judgeAll = async (
  cases: readonly Case[],
  { folder, original, prepared }: { folder: string; original: string; prepared: Prepared },
): Promise<Outcome[]> => {
  const reader = new Reader(prepared);
  const dir = join(folder, 'copy');
  const copied = async () => {
    await rm(dir, { recursive: true, force: true });
    await cp(original, dir, { recursive: true });
    return dir;
  };
  const outcomes: Outcome[] = [];
  const sound = await reader.read(await copied());
  for (const damage of cases) {
    await inflict(await copied(), damage);
    const found = await reader.read(dir);
    outcomes.push({ damage, stopped: stoppedZones(found), ...judge(sound, found, prepared) });
  }
  reader.close();
  return outcomes;
};

const report = (outcomes: readonly Outcome[]): void => {
  const counts: Record<string, number> = { stopped: outcomes.filter(({ stopped }) => stopped.length > 0).length };
  for (const { verdict } of outcomes) counts[verdict] = (counts[verdict] ?? 0) + 1;
  process.stdout.write(`      ${JSON.stringify(counts)}\n`);
};
