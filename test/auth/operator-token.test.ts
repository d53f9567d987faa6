// Where the operator token comes from, how it lies on disk, and what matches it.

import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { matchSecret, operatorToken } from '../../src/auth/operator-token.ts';
import { inFolder, rejection } from './token-world.ts';

describe('the operator token', () => {
  it('is the configured one, and then none is made', () =>
    inFolder(async (dataDir) => {
      expect(await operatorToken({ configured: 'op', dataDir })).to.equal('op');
      expect((await rejection(stat(join(dataDir, 'operator-token')))).message).to.contain('ENOENT');
    }));

  it('is made once, for the owner alone', () =>
    inFolder(async (folder) => {
      const parts = { configured: null, dataDir: join(folder, 'data') };
      const tokens = await Promise.all(Array.from({ length: 8 }, () => operatorToken(parts)));
      expect(new Set(tokens)).to.have.property('size', 1);
      expect(tokens[0]).to.match(/^[A-Za-z0-9_-]{48}$/);
      const path = join(parts.dataDir, 'operator-token');
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      expect(await readFile(path, 'utf8')).to.equal(`${tokens[0]}\n`);
      expect(await operatorToken(parts)).to.equal(tokens[0]);
    }));

  it('is not taken from a file that others may read, or that is damaged', () =>
    inFolder(async (dataDir) => {
      const path = join(dataDir, 'operator-token');
      const token = await operatorToken({ configured: null, dataDir });
      await chmod(path, 0o644);
      expect((await rejection(operatorToken({ configured: null, dataDir }))).message).to.contain('chmod 600');
      await chmod(path, 0o600);
      const flipped = `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`;
      for (const content of ['', '\n', 'short', token.slice(0, -1), `${token}A`, flipped]) {
        await writeFile(path, content);
        expect((await rejection(operatorToken({ configured: null, dataDir }))).message).to.contain('damaged');
      }
    }));

  it('matches itself and nothing else', () => {
    const matches = matchSecret('secret');
    expect(matches('secret')).to.equal(true);
    for (const offered of ['', 'secre', 'secret ', 'Secret', 'secret\0']) expect(matches(offered)).to.equal(false);
  });
});
