// The reserved space: really allocated, removed and made again.
import { expect } from 'chai';
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { causeOf } from '../../../src/journal/disk/cause.ts';
import { Reserve } from '../../../src/journal/disk/reserve.ts';
import { temporaryDirectory } from '../level-contents.ts';

const BYTES = 2 * 1024 * 1024;
const BLOCK = 512;

describe('the reserve of a disk', () => {
  let dir: string;
  let path: string;

  beforeEach(async () => {
    dir = await temporaryDirectory();
    path = join(dir, 'reserve');
  });

  afterEach(() => rm(dir, { recursive: true }));

  const allocated = async (): Promise<number> => (await stat(path)).blocks * BLOCK;

  it('is a file whose bytes are allocated, and is kept when it is there', async () => {
    const reserve = new Reserve(dir, BYTES);
    expect([await reserve.make(), reserve.held]).to.deep.equal([true, BYTES]);
    expect(await allocated()).to.be.at.least(BYTES);
    const { ino } = await stat(path);
    expect(await new Reserve(dir, BYTES).make()).to.equal(true);
    expect((await stat(path)).ino).to.equal(ino);
  });

  it('is written again if the file has holes, or is too short', async () => {
    for (const spoil of [() => truncate(path, BYTES), () => writeFile(path, 'short')]) {
      await writeFile(path, '');
      await spoil();
      expect(await new Reserve(dir, BYTES).make()).to.equal(true);
      expect(await allocated()).to.be.at.least(BYTES);
    }
  });

  it('is removed when it is given up, and can be made again', async () => {
    const reserve = new Reserve(dir, BYTES);
    await reserve.make();
    await reserve.giveUp();
    expect(reserve.held).to.equal(0);
    expect(await stat(path).catch(() => null)).to.equal(null);
    expect(await reserve.make()).to.equal(true);
  });

  it('is removed if none is configured, and left unchanged by read-only tools', async () => {
    await new Reserve(dir, BYTES).make();
    const looking = new Reserve(dir, null);
    expect(await looking.make()).to.equal(true);
    await looking.giveUp();
    expect((await stat(path)).size).to.equal(BYTES);
    expect(await new Reserve(dir, 0).make()).to.equal(true);
    expect(await stat(path).catch(() => null)).to.equal(null);
  });
});

describe('the cause of a failed write', () => {
  it('is a full disk for missing space, quotas and limits on files, and a failed disk for everything else', () => {
    const full = [
      'No space left on device',
      'Disk quota exceeded',
      'File too large',
      'ENOSPC: no space left on device',
    ];
    for (const text of full)
      expect(causeOf(new Error('IO error', { cause: new Error(text) })), text).to.equal('disk_full');
    expect(causeOf(new Error('IO error: Input/output error'))).to.equal('disk_failed');
  });
});
