// A data directory in a temporary folder, and the ways in which a disk treats it badly.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { bodyKey, entryKey } from '../../src/journal/layout.ts';
import type { Contents } from './contract.ts';

export const temporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'journal-'));

type Raw = Level<string, Buffer>;

/** Works on the database of a closed store behind its back. */
export async function behind(dir: string, work: (raw: Raw) => Promise<void>): Promise<void> {
  const raw: Raw = new Level(join(dir, 'journal'), { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  await raw.open();
  await work(raw);
  await raw.close();
}

async function flip(raw: Raw, key: string): Promise<void> {
  const value = raw.getSync(key);
  if (value === undefined) throw new Error(`nothing stored under ${key}`);
  const last = value.length - 1;
  value.writeUInt8(value.readUInt8(last) ^ 1, last);
  await raw.put(key, value);
}

export async function levelContents(): Promise<Contents> {
  const dir = await temporaryDirectory();
  return {
    open: (limits = {}) => openLevelStore({ dir, limits }),
    lose: (zone, seq) => behind(dir, (raw) => raw.del(entryKey(zone, seq))),
    loseBody: (zone, seq) => behind(dir, (raw) => raw.del(bodyKey(zone, seq))),
    flip: (zone, seq) => behind(dir, (raw) => flip(raw, entryKey(zone, seq))),
    remove: () => rm(dir, { recursive: true }),
  };
}
