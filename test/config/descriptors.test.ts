// The division of the file descriptors of a process between journal and connections.
import { expect } from 'chai';
import { descriptorLimit, sharesOf } from '../../src/config/descriptors.ts';
import { inFolder } from '../process/parts/server.ts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

describe('the file descriptors of a process', () => {
  for (const [limit, journalFiles, connectionsMax, isSmall] of [
    [null, 1_000, 10_000, false],
    [1_048_576, 1_000, 10_000, false],
    [11_040, 1_000, 10_000, false],
    [11_039, 1_000, 9_999, true],
    [1_024, 256, 728, true],
    [160, 74, 46, true],
    [64, 74, 8, true],
  ] as const) {
    it(`of which there are ${limit ?? 'an unknown number'} leave ${connectionsMax} connections`, () => {
      expect(sharesOf(limit, 10_000)).to.deep.equal({ journalFiles, connectionsMax, isSmall });
    });
  }

  it('are limited as the system reports, and unknown if it reports nothing', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'limits');
      await writeFile(file, 'Limit   Soft Limit  Hard Limit  Units\nMax open files            160   4096   files\n');
      expect(descriptorLimit(file)).to.equal(160);
      await writeFile(file, 'Max open files            unlimited   unlimited   files\n');
      expect(descriptorLimit(file)).to.equal(null);
      expect(descriptorLimit(join(folder, 'nothing'))).to.equal(null);
    }));
});
