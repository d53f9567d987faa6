// A database that lost its tail looks whole from inside; the head file beside it tells. What happens to the file itself
// is never passed over either.
import { expect } from 'chai';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HEADS_MAX } from '../../src/journal/limits.ts';
import { HeadFile, readHeads } from '../../src/journal/head-file.ts';
import { entryKey, entryValue } from '../../src/journal/layout.ts';
import type { JournalError, Store } from '../../src/journal/journal.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { rebuildHeads } from '../../src/journal/rebuild-heads.ts';
import { appendMany, codeOf, collect, failureOf, record } from './contract.ts';
import { behind, temporaryDirectory } from './level-contents.ts';

const ZONE = 'zone';
const FRESH = { atLeast: 0 };

describe('the head file', () => {
  let dir: string;
  let file: string;

  beforeEach(async () => {
    dir = await temporaryDirectory();
    file = join(dir, 'heads');
  });

  afterEach(() => rm(dir, { recursive: true }));

  /** A start of the coordinator: opens the store, works with it, and closes it. */
  async function whileOpen<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openLevelStore({ dir });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  async function append(count: number, zone = ZONE): Promise<void> {
    await whileOpen(async ({ journal }) => appendMany(await journal.open(zone, FRESH), count));
  }

  const refusalToOpen = (zone = ZONE): Promise<JournalError> =>
    whileOpen(({ journal }) => failureOf(() => journal.open(zone, FRESH)));

  const opens = (zone = ZONE): Promise<number> =>
    whileOpen(async ({ journal }) => (await journal.open(zone, FRESH)).start);

  it('remembers the last record of every zone when the store is closed', async () => {
    await append(3);
    await append(2, 'other');
    const heads = await readHeads(dir);
    expect([...(heads ?? [])].map(([zone, { seq }]) => [zone, seq])).to.deep.equal([
      [ZONE, 3],
      ['other', 2],
    ]);
  });

  it('is renewed by a checkpoint', async () => {
    await whileOpen(async ({ journal, snapshots }) => {
      await appendMany(await journal.open(ZONE, FRESH), 5);
      const batch = snapshots.begin(ZONE);
      batch.put('key', Buffer.from('value'));
      await batch.commit();
      expect((await readHeads(dir))?.get(ZONE)?.seq).to.equal(5);
    });
  });

  it('shows a lost tail, and says how much is missing', async () => {
    await append(5);
    await behind(dir, async (raw) => {
      await raw.del(entryKey(ZONE, 4));
      await raw.del(entryKey(ZONE, 5));
    });
    const refusal = await refusalToOpen();
    expect(refusal.code).to.equal('BEHIND');
    expect(refusal.message).to.contain('2 entries are missing');
  });

  it('shows a zone that is lost as a whole, and still lists it', async () => {
    await append(1);
    await append(1, 'a');
    await behind(dir, (raw) => raw.clear());
    expect((await refusalToOpen()).code).to.equal('BEHIND');
    expect(await whileOpen(({ journal }) => collect(journal.zones()))).to.deep.equal(['a', ZONE]);
  });

  it('shows a database that is gone', async () => {
    await append(1);
    await rm(join(dir, 'journal'), { recursive: true });
    expect((await refusalToOpen()).code).to.equal('BEHIND');
  });

  it('shows a last record that is not the one that was stored', async () => {
    await append(2);
    const forged = { ...record(2, 'forged'), zone: ZONE };
    await behind(dir, (raw) => raw.put(entryKey(ZONE, 2), entryValue(forged)));
    expect((await refusalToOpen()).code).to.equal('CORRUPT');
  });

  it('may be older than the database', async () => {
    await append(2);
    const older = await readFile(file);
    await append(2, 'other');
    await append(3);
    await writeFile(file, older);
    expect(await opens()).to.equal(5);
  });

  it('does not stand in for the check of the last record', async () => {
    await append(2);
    const older = await readFile(file);
    await append(1);
    await writeFile(file, older);
    await behind(dir, (raw) => raw.put(entryKey(ZONE, 3), Buffer.from('not a frame')));
    expect((await refusalToOpen()).code).to.equal('CORRUPT');
  });

  it('keeps every zone closed while it is missing, and names the command', async () => {
    await append(1);
    await rm(file);
    const refusal = await refusalToOpen('another');
    expect(refusal.code).to.equal('CORRUPT');
    expect(refusal.message).to.contain(`npm run verify -- --data ${dir} --rebuild-heads`);
    expect(await whileOpen(async ({ journal }) => journal.health().ok)).to.equal(false);
    expect(await readHeads(dir)).to.equal(undefined);
  });

  it('keeps every zone closed when it is cut anywhere or any bit is flipped', async () => {
    await append(1);
    const whole = await readFile(file);
    for (const end of [0, 3, 5, whole.length - 1]) {
      await writeFile(file, whole.subarray(0, end));
      expect((await refusalToOpen()).code, `cut at ${end}`).to.equal('CORRUPT');
    }
    for (const at of [0, 1, 5, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await writeFile(file, flipped);
      expect((await refusalToOpen()).code, `flipped at ${at}`).to.equal('CORRUPT');
    }
  });

  it('is rebuilt from the records on demand', async () => {
    await append(3);
    await append(2, 'other');
    const before = await readHeads(dir);
    await rm(file);
    expect(await rebuildHeads(dir, dir)).to.deep.equal({ zones: 2, entries: 5 });
    expect(new Map(await readHeads(dir))).to.deep.equal(new Map(before));
    expect(await opens()).to.equal(3);
    expect(await whileOpen(async ({ journal }) => journal.health())).to.deep.equal({ ok: true });
  });

  it('is not rebuilt over a gap, a flipped bit or a lost zone', async () => {
    await append(3);
    await behind(dir, (raw) => raw.del(entryKey(ZONE, 2)));
    expect(await codeOf(() => rebuildHeads(dir, dir))).to.equal('CORRUPT');
    await behind(dir, (raw) => raw.put(entryKey(ZONE, 2), Buffer.from('not a frame')));
    expect(await codeOf(() => rebuildHeads(dir, dir))).to.equal('CORRUPT');
    await behind(dir, (raw) => raw.clear({ gte: 'j/', lt: 'j0' }));
    expect(await codeOf(() => rebuildHeads(dir, dir))).to.equal('CORRUPT');
  });

  it('is not needed for a database that holds nothing: the first start was cut short', async () => {
    await (await openLevelStore({ dir })).close();
    await rm(file);
    expect(await opens()).to.equal(0);
  });

  it('is not disturbed by a renewal that was cut short', async () => {
    await append(2);
    await writeFile(`${file}.tmp`, (await readFile(file)).subarray(0, 7));
    expect(await opens()).to.equal(2);
    await append(1);
    expect((await readHeads(dir))?.get(ZONE)?.seq).to.equal(3);
  });

  it('shows in health when it cannot be written, and is written once it can', async () => {
    const changes: (string | undefined)[] = [];
    const heads: HeadFile = new HeadFile(join(dir, 'late'), new Map(), () => changes.push(heads.problem));
    heads.remember([{ ...record(1), zone: ZONE }]);
    await heads.flush();
    expect(heads.problem).to.contain('could not be written');
    await mkdir(join(dir, 'late'));
    await heads.flush();
    expect(changes).to.have.length(2);
    expect(heads.problem).to.equal(undefined);
    await heads.close();
    expect((await readHeads(join(dir, 'late')))?.size).to.equal(1);
  });

  it('knows after a flush what was remembered before it, however many flush at once', async () => {
    const heads = new HeadFile(dir, new Map(), () => undefined);
    const rememberAndFlush = async (n: number): Promise<void> => {
      for (let seq = 1; seq <= 20; seq += 1) {
        heads.remember([{ ...record(seq), zone: `zone-${n}` }]);
        await heads.flush();
        expect((await readHeads(dir))?.get(`zone-${n}`)?.seq).to.equal(seq);
      }
    };
    await Promise.all([1, 2, 3, 4, 5].map(rememberAndFlush));
    expect(heads.problem).to.equal(undefined);
    await heads.close();
  });

  it('forgets the zones that changed least recently', async () => {
    const heads = new HeadFile(dir, new Map(), () => undefined);
    for (let n = 0; n < HEADS_MAX; n += 1) heads.remember([{ ...record(1), zone: `zone-${n}` }]);
    heads.remember([{ ...record(2), zone: 'zone-0' }]);
    heads.remember([{ ...record(1), zone: 'one-more' }]);
    await heads.close();
    const known = [...((await readHeads(dir)) ?? new Map<string, unknown>()).keys()];
    expect(known).to.have.length(HEADS_MAX);
    expect([known[0], known.at(-2), known.at(-1)]).to.deep.equal(['zone-2', 'zone-0', 'one-more']);
  });
});
