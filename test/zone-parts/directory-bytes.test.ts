// The bytes of a directory: what was archived stays known through them, and those of earlier versions restore.
import { expect } from 'chai';
import { Directory } from '../../src/zone/directory.ts';

const STAMP = { at: 1_000, seq: 1 };
const application = { registrationMethod: 'managed', expiresAt: null } as const;
const named = (name: string) => ({ v: 1, table: 'application', name }) as const;

const register = (directory: Directory, name: string, at: number) =>
  directory.happened({ type: 'directory.registered', ...named(name), facts: application }, { ...STAMP, at });

describe('the bytes of a directory', () => {
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
    restored.restore(directory.encode());
    for (const each of [directory, restored]) {
      expect(each.row('application', 'gone')).to.include({ endedAt: 2_000, archivedAt: 2_000 });
      expect(each.row('application', 'back')).to.include({ endedAt: null, archivedAt: 2_000 });
      expect(each.row('application', 'lapsed')).to.include({ endedAt: 2_000, archivedAt: null });
    }
    expect(restored.encode()).to.deep.equal(directory.encode());
  });

  it('of earlier versions restore, and what had ended counts as archived', () => {
    const row = { ...application, seq: 1, registeredAt: 1_000 };
    const rows = [
      ['gone', { ...row, endedAt: 2_000 }],
      ['here', { ...row, endedAt: null }],
    ];
    const directory = new Directory();
    directory.restore(Buffer.from(JSON.stringify({ application: rows, 'subject-session': [], resource: [] })));
    expect(directory.row('application', 'gone')).to.include({ endedAt: 2_000, archivedAt: 2_000 });
    expect(directory.row('application', 'here')).to.include({ endedAt: null, archivedAt: null });
  });
});
