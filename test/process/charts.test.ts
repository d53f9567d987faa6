// The charts as files: the compiled server finds them, and one that is not as its machine says is noticed.
import { execFile } from 'node:child_process';
import { appendFile, cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { catalogue } from '../../scripts/machine-catalogue.ts';
import { readCharts } from '../../src/inspect/charts.ts';
import { inFolder } from './parts/server.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

const ids = catalogue.map(({ machine }) => machine.id);

/** What `npm run machines` needs and makes, in a folder where it may be spoilt. */
const copyTo = async (folder: string): Promise<void> => {
  for (const part of ['machines', 'scripts', 'docs/machines', 'src/inspect', 'package.json', 'tsconfig.json']) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
};

/** How the comparison of a copy ends, and what it complains of. */
const compared = (folder: string): Promise<{ readonly code: number; readonly stderr: string }> =>
  run(process.execPath, ['--import=tsx', 'scripts/machines.ts', '--check'], { cwd: folder }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { readonly code: number; readonly stderr: string }) => ({ code, stderr }),
  );

describe('the charts', function () {
  this.timeout(60_000);

  it('are read by the id of their machine', async () => {
    const { style, drawings } = await readCharts();
    expect([...drawings.keys()]).to.have.members(ids);
    for (const [id, drawing] of drawings) expect(drawing).to.contain(`<svg `).and.to.contain(`data-machine="${id}"`);
    expect(style).to.contain('.chart .lit');
  });

  it('are found by the compiled server, wherever it is started from', async () => {
    const code = `import { readCharts } from ${JSON.stringify(join(ROOT, 'dist/src/inspect/charts.js'))};
      console.log(JSON.stringify([...(await readCharts()).drawings.keys()]));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: '/' });
    expect(JSON.parse(stdout)).to.have.members(ids);
  });

  it('are noticed where they are not as the machines say', () =>
    inFolder(async (folder) => {
      await copyTo(folder);
      expect(await compared(folder)).to.deep.equal({ code: 0, stderr: '' });
      await appendFile(join(folder, 'docs/machines/invocation.machine.json'), ' ');
      await appendFile(join(folder, 'src/inspect/charts/delegation.svg'), ' ');
      const { code, stderr } = await compared(folder);
      expect(code).to.equal(1);
      expect(stderr).to.contain('docs/machines/invocation.machine.json, src/inspect/charts/delegation.svg.');
    }));
});
