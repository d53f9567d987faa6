// The command that checks a stopped instance, run as an operator runs it: on sound data, on data that is damaged in one
// place each, and with a head file that was lost.
import { hash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { behind } from '../journal/level-contents.ts';
import { bodyKey, entryKey, snapshotKey } from '../../src/journal/layout.ts';
import { frame, unframe } from '../../src/journal/frame.ts';
import { prepare } from './parts/prepared.ts';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { inFolder, replay, verify } from './parts/server.ts';

type Raw = Parameters<Parameters<typeof behind>[1]>[0];

/** The first key that starts so. */
const firstKey = async (raw: Raw, start: string): Promise<string> => {
  for await (const key of raw.keys({ gte: start, lt: `${start}\x7f`, limit: 1 })) return key;
  throw new Error(`no key starts with ${start}`);
};

const firstBody = (raw: Raw): Promise<string> => firstKey(raw, bodyKey('z1', 0).replace(/0+$/, ''));

/** What is done to zone z1, and a word of the sentence that tells. */
const damages: readonly { name: string; word: RegExp; harm: (raw: Raw) => Promise<void> }[] = [
  { name: 'an entry is missing', word: /Record 3 of zone z1 is missing/, harm: (raw) => raw.del(entryKey('z1', 3)) },
  {
    name: 'an entry is altered and framed anew',
    word: /chain of hashes/,
    async harm(raw) {
      const key = entryKey('z1', 5);
      const text = (raw.getSync(key)?.subarray(5).toString() ?? '').replace('"subject":"tester"', '"subject":"taster"');
      await raw.put(key, frame(key, Buffer.from(text)));
    },
  },
  {
    name: 'a body is another one',
    word: /body of entry/,
    async harm(raw) {
      const key = await firstBody(raw);
      await raw.put(key, frame(key, Buffer.from('{"metadata":{"stage":"other"}}')));
    },
  },
  { name: 'a body is missing', word: /body of record/i, harm: async (raw) => raw.del(await firstBody(raw)) },
  {
    name: 'a value fails its checksum',
    word: /does not match its checksum/,
    async harm(raw) {
      const key = snapshotKey('z1', 'checkpoint');
      const value = raw.getSync(key) ?? Buffer.alloc(0);
      value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1);
      await raw.put(key, value);
    },
  },
  ...(['session', 'service', 'invocation', 'edge'] as const).map((kind) => ({
    name: `a live ${kind} is missing`,
    word: /table live has/,
    harm: async (raw: Raw) => raw.del(await firstKey(raw, snapshotKey('z1', `live/${kind}/`))),
  })),
  ...(
    [
      ['session', 'an ended session', /table archive\/session has/],
      ['invocation', 'an ended invocation', /table archive\/invocation has/],
      ['edge', 'a lapsed edge', /table archive\/edge has/],
      ['child', 'a place below a parent', /table archive\/child has/],
      ['inbound', 'a place among the edges to a session', /table archive\/inbound has/],
      ['outbound', 'a place among the edges from a session', /table archive\/outbound has/],
      ['receipt', 'a receipt', /table archive\/receipt has/],
    ] as const
  ).map(([table, what, word]) => ({
    name: `${what} is missing`,
    word,
    harm: async (raw: Raw) => raw.del(await firstKey(raw, snapshotKey('z1', `archive/${table}/`))),
  })),
  ...(
    [
      ['a live edge grants more', 'live/edge/', '"scopes":["read"]', '"scopes":["root"]', /table live/],
      ['a lapsed edge grants more', 'archive/edge/', '"scopes":["read"]', '"scopes":["root"]', /table archive\/edge/],
      [
        'a row of the directory is another',
        'live/directory/resource/',
        '"scopes":["read"]',
        '"scopes":["root"]',
        /table live/,
      ],
    ] as const
  ).map(([name, start, before, after, word]) => ({
    name: `${name}, and framed anew`,
    word: new RegExp(`${word.source} has`),
    async harm(raw: Raw) {
      const key = await firstKey(raw, snapshotKey('z1', start));
      const stored = unframe(key, raw.getSync(key) ?? Buffer.alloc(0)).toString();
      expect(stored).to.contain(before);
      await raw.put(key, frame(key, Buffer.from(stored.replace(before, after))));
    },
  })),
  {
    name: 'a row of the directory is missing',
    word: /table live has/,
    harm: async (raw) => raw.del(await firstKey(raw, snapshotKey('z1', 'live/directory/'))),
  },
  {
    name: 'a place among the edges to a session fails its checksum',
    word: /does not match its checksum/,
    async harm(raw) {
      const key = await firstKey(raw, snapshotKey('z1', 'archive/inbound/'));
      await raw.put(key, Buffer.concat([raw.getSync(key) ?? Buffer.alloc(0), Buffer.from('x')]));
    },
  },
  {
    name: 'a place in a history is missing',
    word: /The history of/,
    harm: async (raw) => raw.del(await firstKey(raw, snapshotKey('z1', 'history/'))),
  },
  {
    name: 'a record has another instant than its mark in the order of age',
    word: /at another instant than its record|is in no order of age/,
    async harm(raw) {
      const key = await firstKey(raw, snapshotKey('z1', 'age/session/'));
      const early = key.replace(/\d{16}/, '0000000000000005');
      await raw.put(early, frame(early, unframe(key, raw.getSync(key) ?? Buffer.alloc(0))));
      await raw.del(key);
    },
  },
  {
    name: 'there is a history of an actor that is not stored',
    word: /There is a history of nobody/,
    async harm(raw) {
      const key = snapshotKey('z1', 'history/nobody/0000000000000001');
      await raw.put(key, frame(key, Buffer.from('1')));
    },
  },
  {
    name: 'the last entry is missing',
    word: /ends at entry \d+, but \d+ were stored/,
    async harm(raw) {
      const range = { gte: entryKey('z1', 0), lt: 'j/z10', reverse: true, limit: 1 };
      for await (const key of raw.keys(range)) await raw.del(key);
    },
  },
];

/** Every file of a directory with the hash of its bytes. */
const hashesBelow = async (dir: string): Promise<Record<string, string>> => {
  const names = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hashed = files
    .toSorted()
    .map(async (file) => [file.slice(dir.length + 1), hash('sha256', await readFile(file))]);
  return Object.fromEntries(await Promise.all(hashed)) as Record<string, string>;
};

describe('npm run verify', function () {
  this.timeout(60_000);
  let original: string;

  before(async () => {
    original = join(await mkdtemp(join(tmpdir(), 'coordinator-verify-')), 'data');
    await prepare(original);
  });

  after(() => rm(dirname(original), { recursive: true }));

  /** A copy of its own for each test. */
  const inCopy = (work: (dir: string) => Promise<void>): Promise<void> =>
    inFolder(async (folder) => {
      const dir = join(folder, 'data');
      await cp(original, dir, { recursive: true });
      await work(dir);
    });

  it('finds a sound instance sound, zone by zone, or one zone alone', () =>
    inCopy(async (dir) => {
      const all = await verify('--data', dir);
      expect(all).to.include({ code: 0, stderr: '' });
      expect(all.stdout.match(/: sound$/gm)).to.have.length(3);
      expect(all.stdout).to.match(/^z1: \d+ entries, checkpoint at \d+ with [1-9]\d* live and [1-9]\d* ended actors/);
      const one = await verify('--data', dir, '--zone', 'z2');
      expect(one.stdout.match(/^z\d:/gm)).to.deep.equal(['z2:']);
    }));

  it('changes no byte of the directory, and neither does a replay', () =>
    inCopy(async (dir) => {
      const before = await hashesBelow(dir);
      expect(await verify('--data', dir)).to.include({ code: 0 });
      expect(await hashesBelow(dir)).to.deep.equal(before);
      expect(await replay('--data', dir)).to.include({ code: 0 });
      expect(await hashesBelow(dir)).to.deep.equal(before);
      const rebuilt = await verify('--data', dir, '--rebuild-heads');
      expect(rebuilt).to.include({ code: 0, stderr: '' });
      // It computes the stored heads, and writes them.
      expect(await hashesBelow(dir)).to.deep.equal(before);
    }));

  it('refuses a directory that a coordinator runs on, and says where it is', () =>
    inCopy(async (dir) => {
      const store = await openLevelStore({ dir });
      const { code, stderr } = await verify('--data', dir);
      await store.close();
      expect(code).to.equal(1);
      expect(stderr).to.contain('in use by another process').and.to.contain(dir);
    }));

  for (const { name, word, harm } of damages) {
    it(`says so when ${name}, and goes on with the other zones`, () =>
      inCopy(async (dir) => {
        await behind(dir, harm);
        const { code, stdout } = await verify('--data', dir);
        expect(code).to.equal(1);
        expect(stdout).to.match(word);
        expect(stdout.match(/: sound$/gm)).to.have.length(2);
      }));
  }

  it('says that the head file is damaged, and accepts what is stored when it is told to', () =>
    inCopy(async (dir) => {
      await writeFile(join(dir, 'heads'), 'nonsense');
      const before = await verify('--data', dir);
      expect(before.code).to.equal(1);
      expect(before.stdout).to.contain('--rebuild-heads');
      const rebuilt = await verify('--data', dir, '--rebuild-heads');
      expect(rebuilt).to.include({ code: 0, stderr: '' });
      expect(await verify('--data', dir)).to.include({ code: 0 });
    }));

  it('does not write a head file over a journal that is damaged', () =>
    inCopy(async (dir) => {
      await behind(dir, (raw) => raw.del(entryKey('z1', 3)));
      await rm(join(dir, 'heads'));
      const { code, stderr } = await verify('--data', dir, '--rebuild-heads');
      expect(code).to.equal(1);
      expect(stderr).to.contain('Record 3 of zone z1 is missing');
      expect((await verify('--data', dir)).stdout).to.contain('is missing');
    }));

  it('makes no data directory where there is none, and names an unknown zone', () =>
    inCopy(async (dir) => {
      const nowhere = await verify('--data', join(dir, 'nowhere'));
      expect(nowhere.code).to.equal(1);
      expect(nowhere.stderr).to.contain(join(dir, 'nowhere'));
      const { code, stderr } = await verify('--data', dir, '--zone', 'z9');
      expect(code).to.equal(1);
      expect(stderr).to.contain('z9');
    }));
});
