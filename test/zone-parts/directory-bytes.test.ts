// The bytes of a directory row: they keep when a name was archived last, and do not depend on the order of fields.
import { expect } from 'chai';
import { decodeRow, encodeRow } from '../../src/zone/checkpoints/row-codec.ts';
import { Directory, type DirectoryRow } from '../../src/zone/directory.ts';

const STAMP = { at: 1_000, seq: 1 };
const application = { registrationMethod: 'managed', expiresAt: null } as const;
const named = (name: string) => ({ v: 1, table: 'application', name }) as const;

const register = (directory: Directory, name: string, at: number) =>
  directory.happened({ type: 'directory.registered', ...named(name), facts: application }, { ...STAMP, at });

describe('the bytes of a directory row', () => {
  it('keep when a name was archived last, registered again or not', () => {
    const directory = new Directory();
    register(directory, 'gone', 1_000);
    register(directory, 'back', 1_000);
    register(directory, 'lapsed', 1_000);
    for (const name of ['gone', 'back'])
      directory.happened({ type: 'directory.archived', ...named(name) }, { ...STAMP, at: 2_000 });
    directory.happened({ type: 'directory.lapsed', ...named('lapsed') }, { ...STAMP, at: 2_000 });
    register(directory, 'back', 3_000);
    const restored = new Directory();
    for (const { name, row } of directory.descending('application', null))
      restored.restore('application', name, decodeRow(encodeRow(row)));
    for (const each of [directory, restored]) {
      expect(each.row('application', 'gone')).to.include({ endedAt: 2_000, archivedAt: 2_000 });
      expect(each.row('application', 'back')).to.include({ endedAt: null, archivedAt: 2_000 });
      expect(each.row('application', 'lapsed')).to.include({ endedAt: 2_000, archivedAt: null });
      expect([each.count, each.bytes]).to.deep.equal([3, 'gonebacklapsed'.length]);
    }
  });

  it('are the same for the same row, whatever the order of its fields', () => {
    const row = { ...application, seq: 1, registeredAt: 1_000, endedAt: null, archivedAt: null };
    const reversed = Object.fromEntries(Object.entries(row).toReversed()) as unknown as DirectoryRow<'application'>;
    expect(encodeRow(reversed)).to.deep.equal(encodeRow(row));
  });
});
