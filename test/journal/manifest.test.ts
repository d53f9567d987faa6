// A start with a database whose files differ from its MANIFEST: damage is refused, and files that a crash leaves behind are
// accepted.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Level } from 'level';
import { damageIn } from '../../src/journal/tables/tables.ts';
import { readManifest } from '../../src/journal/tables/manifest.ts';

/** `MANIFEST_KILLS` says how often the writer is killed. */
const KILLS = Number(process.env['MANIFEST_KILLS'] ?? 6);

const open = async (location: string): Promise<Level<string, Buffer>> => {
  const db = new Level<string, Buffer>(location, { valueEncoding: 'buffer', writeBufferSize: 64 * 1024 });
  await db.open();
  return db;
};

const contentsOf = async (location: string): Promise<string> => {
  const db = await open(location);
  try {
    const found: string[] = [];
    for await (const [key, value] of db.iterator()) found.push(`${key}=${value.toString('base64')}`);
    return found.join();
  } finally {
    await db.close();
  }
};

const nameOf = async (location: string): Promise<string> => (await readManifest(location))?.name ?? '';

describe('a database whose MANIFEST is damaged', () => {
  let folder = '';
  let original = '';
  let contents = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'manifest-'));
    original = join(folder, 'original');
    const db = await open(original);
    // Several tables one after the other, each with its edit, and a log that is not full.
    for (let n = 0; n < 60; n += 1) {
      const puts = Array.from({ length: 20 }, (_, index) => ({
        type: 'put' as const,
        key: `key-${n}-${index}`,
        value: Buffer.from(
          Math.sin(n * 20 + index)
            .toString()
            .repeat(40),
        ),
      }));
      await db.batch(puts, { sync: true });
    }
    await db.close();
    const copy = join(folder, 'contents');
    await cp(original, copy, { recursive: true });
    contents = await contentsOf(copy);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const damaged = async (damage: (location: string) => Promise<void>): Promise<string> => {
    const copy = join(folder, 'copy');
    await rm(copy, { recursive: true, force: true });
    await cp(original, copy, { recursive: true });
    await damage(copy);
    return copy;
  };

  it('is intact as it was written', async () => {
    expect(await damageIn(original, Infinity)).to.deep.equal([]);
    const { tables } = (await readManifest(original)) ?? {};
    expect(tables?.size).to.be.above(3);
  });

  it('is refused wherever the MANIFEST was truncated, or has its full content', async () => {
    const name = await nameOf(original);
    const { length } = await readFile(join(original, name));
    let refused = 0;
    for (let at = 0; at < length; at += Math.max(1, Math.floor(length / 150))) {
      const copy = await damaged((location) => truncate(join(location, name), at));
      const problems = await damageIn(copy, Infinity);
      if (problems.length > 0) refused += 1;
      else expect(await contentsOf(copy), `cut at ${at} of ${length}`).to.equal(contents);
    }
    expect(refused).to.be.above(100);
  });

  it('is refused if a bit of the MANIFEST is flipped, or has its full content', async () => {
    const name = await nameOf(original);
    const bytes = await readFile(join(original, name));
    for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 60))) {
      const copy = await damaged(async (location) => {
        const other = Buffer.from(bytes);
        other.writeUInt8(other.readUInt8(at) ^ (1 << (at % 8)), at);
        await writeFile(join(location, name), other);
      });
      const problems = await damageIn(copy, Infinity);
      if (problems.length === 0) expect(await contentsOf(copy), `bit at ${at}`).to.equal(contents);
    }
  });

  for (const [what, damage, says] of [
    [
      'CURRENT names a MANIFEST that is missing',
      async (at: string) => rm(join(at, await nameOf(at))),
      /MANIFEST-\d+, which CURRENT names, is missing/,
    ],
    ['CURRENT is cut', (at: string) => truncate(join(at, 'CURRENT'), 5), /CURRENT names no MANIFEST/],
    ['CURRENT is empty', (at: string) => truncate(join(at, 'CURRENT'), 0), /CURRENT names no MANIFEST/],
    ['its log is missing', async (at: string) => rm(join(at, await fileOf(at, /\.log$/))), /the log \d+/],
    ['a table is missing', async (at: string) => rm(join(at, await fileOf(at, /\.ldb$/))), /the table \d+/],
    ['a table lost its end', async (at: string) => truncate(join(at, await fileOf(at, /\.ldb$/)), 1_000), /1000 bytes/],
    ['a table is longer', async (at: string) => appendFile(join(at, await fileOf(at, /\.ldb$/)), 'x'), /were written/],
  ] as const) {
    it(`is refused where ${what}`, async () => {
      const [problem] = await damageIn(await damaged(damage), Infinity);
      expect(problem).to.match(says);
    });
  }

  it('is not refused for tables and logs that are not part of it', async () => {
    const copy = await damaged(async (location) => {
      await writeFile(join(location, '999998.ldb'), 'unfinished');
      await writeFile(join(location, '000001.log'), 'old');
      await writeFile(join(location, '999999.dbtmp'), 'unfinished');
    });
    expect(await damageIn(copy, Infinity)).to.deep.equal([]);
  });
});

const fileOf = async (location: string, kind: RegExp): Promise<string> =>
  (await readdir(location)).toSorted().findLast((name) => kind.test(name)) ?? '';

describe('a database whose process was killed while it wrote and merged tables', function () {
  this.timeout(120_000);

  it(`is never refused: ${KILLS} kills`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'killed-'));
    const location = join(folder, 'journal');
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const writer = fork(new URL('./level-writer.ts', import.meta.url), [location]);
        await once(writer, 'message');
        // Not a wait for a condition: the delay varies the moment of the kill.
        await pause(40 + ((kill * 137) % 300));
        const gone = once(writer, 'exit');
        writer.kill('SIGKILL');
        await gone;
        expect(await damageIn(location, Infinity), `kill ${kill}`).to.deep.equal([]);
      }
      expect((await readdir(location)).filter((name) => name.endsWith('.ldb'))).to.have.length.above(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
