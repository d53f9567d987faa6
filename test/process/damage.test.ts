// Damages a data directory in six hundred ways, one at a time, and reads back everything that is served from it. Damage may
// do no harm, or be noticed; it may never change an answer in silence. `SEED` repeats a run's choices, `DAMAGE_CASES` says
// how many flips and how many cuts, `DAMAGE_FILE` which files, and `DAMAGE_DETAILS` prints every case.
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { judge, type Verdict } from './parts/damage-verdict.ts';
import { Reader } from './parts/reader.ts';
import { prepare, type Prepared } from './parts/prepared.ts';
import { Random, seedOfRun } from './parts/random.ts';
import { inFolder } from './parts/server.ts';

const CASES = Number(process.env['DAMAGE_CASES'] ?? 300);
/** Only files whose name contains this. */
const FILE = process.env['DAMAGE_FILE'] ?? '';
const READERS_MAX = 2;

interface Case {
  readonly file: string;
  readonly size: number;
  readonly at: number;
  /** Null: the file is cut at `at`. */
  readonly bit: number | null;
}

interface Outcome {
  readonly damage: Case;
  readonly verdict: Verdict;
  readonly detail: string;
}

describe('a damaged data directory', function () {
  this.timeout(300_000);

  for (const kind of ['bit flips', 'cuts'] as const) {
    it(`never changes an answer in silence: ${CASES} ${kind}`, () =>
      inFolder(async (folder) => {
        const seed = seedOfRun();
        process.stdout.write(`      SEED=${seed}\n`);
        const original = join(folder, 'original');
        const prepared = await prepare(original);
        const cases = await casesOf(original, kind, new Random(seed));
        const outcomes = await judgeAll(cases, { folder, original, prepared });
        report(outcomes);
        expect(outcomes.filter(({ verdict }) => verdict === 'silent' || verdict === 'ended the process')).to.deep.equal(
          [],
        );
      }));
  }
});

/** Every other case picks among the files, so that the small ones get their share; the rest among all bytes. */
const casesOf = async (dir: string, kind: 'bit flips' | 'cuts', random: Random): Promise<Case[]> => {
  const files = await filesBelow(dir);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  return Array.from({ length: CASES }, (_, index) => {
    const { file, size } = (index % 2 === 0 ? random.of(files) : fileAt(files, random.below(total))) ?? {
      file: '',
      size: 0,
    };
    return { file, size, at: random.below(size), bit: kind === 'cuts' ? null : random.below(8) };
  });
};

const filesBelow = async (dir: string): Promise<{ file: string; size: number }[]> => {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));
  const sized = await Promise.all(
    files.toSorted().map(async (file) => ({ file, size: (await readFile(join(dir, file))).length })),
  );
  return sized.filter(({ file, size }) => size > 0 && file.includes(FILE));
};

const fileAt = (files: readonly { file: string; size: number }[], byte: number) => {
  let left = byte;
  return files.find(({ size }) => (left -= size) < 0);
};

const judgeAll = async (
  cases: readonly Case[],
  { folder, original, prepared }: { folder: string; original: string; prepared: Prepared },
): Promise<Outcome[]> => {
  const remaining = cases.values();
  const outcomes: Outcome[] = [];
  const work = async (lane: number): Promise<void> => {
    const reader = new Reader(prepared);
    const dir = join(folder, `copy-${lane}`);
    const sound = await reader.read(await copied(original, dir));
    for (const damage of remaining) {
      await inflict(damage, await copied(original, dir));
      outcomes.push({ damage, ...judge(sound, await reader.read(dir), prepared) });
    }
    reader.close();
  };
  const lanes = Math.min(READERS_MAX, availableParallelism());
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
  return outcomes;
};

const copied = async (original: string, dir: string): Promise<string> => {
  await rm(dir, { recursive: true, force: true });
  await cp(original, dir, { recursive: true });
  return dir;
};

const inflict = async ({ file, at, bit }: Case, dir: string): Promise<void> => {
  const path = join(dir, file);
  if (bit === null) return truncate(path, at);
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
  return writeFile(path, bytes);
};

const report = (outcomes: readonly Outcome[]): void => {
  const counts: Record<Verdict, number> = { harmless: 0, noticed: 0, 'ended the process': 0, silent: 0 };
  for (const { verdict } of outcomes) counts[verdict] += 1;
  process.stdout.write(`      ${JSON.stringify(counts)}\n`);
  if (process.env['DAMAGE_DETAILS'] === undefined) return;
  for (const { damage, verdict, detail } of outcomes) {
    process.stdout.write(`      ${verdict} ${JSON.stringify(damage)} ${detail.slice(0, 300)}\n`);
  }
};
