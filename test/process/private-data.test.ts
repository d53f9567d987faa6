// The data directory is private to one user of the machine, under any umask and for any modes of an older directory.
// Contract section 10.
import { chmod, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { makePrivate } from '../../src/data-directory.ts';
import { Connection, inFolder, mintToken, ServerProcess, verify } from './parts/server.ts';

const OPEN = 'the data directory was open to other users of this machine, who may have read it; it is private now';

/** Everything in a directory with its mode, the directory itself included. */
const modesIn = async (directory: string): Promise<ReadonlyMap<string, number>> => {
  const names = await readdir(directory, { recursive: true });
  const paths = [directory, ...names.map((name) => join(directory, name))];
  const modes = paths.map(async (path) => [path, (await lstat(path)).mode & 0o777] as const);
  return new Map(await Promise.all(modes));
};

const openIn = async (directory: string): Promise<string[]> =>
  [...(await modesIn(directory))].filter(([, mode]) => (mode & 0o077) !== 0).map(([path]) => path);

const loosen = async (directory: string): Promise<void> => {
  for (const [path, mode] of await modesIn(directory))
    await chmod(path, mode | ((mode & 0o600) >> 3) | ((mode & 0o600) >> 6));
};

const withUmask = async <T>(mask: number, work: () => Promise<T>): Promise<T> => {
  const before = process.umask(mask);
  try {
    return await work();
  } finally {
    process.umask(before);
  }
};

const work = async (server: ServerProcess, dataDir: string): Promise<void> => {
  const connection = new Connection(server.url);
  const sending = { token: await mintToken(dataDir, 'z1', 'app-a'), body: { application_id: 'app-a' } };
  expect(await connection.call('POST', '/zones/z1/agents', sending)).to.include({ status: 201 });
  connection.close();
};

describe('the data directory', function () {
  this.timeout(30_000);

  it('is made for its owner alone under a umask of 000, with everything below it', () =>
    inFolder((folder) =>
      withUmask(0, async () => {
        const dataDir = join(folder, 'made', 'data');
        const server = await ServerProcess.start({ DATA_DIR: dataDir, CARACAL_COORDINATOR_TOKEN: '' });
        await work(server, dataDir);
        await server.stop();
        expect(await openIn(join(folder, 'made'))).to.deep.equal([]);
        const names = await readdir(dataDir);
        expect(names).to.include.members(['journal', 'heads', 'keys', 'operator-token']);
        expect(await verify('--data', dataDir)).to.include({ code: 0 });
        expect(await openIn(dataDir), 'after a tool that opens it').to.deep.equal([]);
      }),
    ));

  it('that was open to others is tightened at the start, in one line of the log, and serves as before', () =>
    inFolder((folder) =>
      withUmask(0, async () => {
        const dataDir = join(folder, 'data');
        const environment = { DATA_DIR: dataDir, CARACAL_COORDINATOR_TOKEN: '' };
        await (await ServerProcess.start(environment)).stop();
        await mintToken(dataDir, 'z1', 'app-a');
        const token = (await readFile(join(dataDir, 'operator-token'), 'utf8')).trim();
        await loosen(dataDir);
        const before = await openIn(dataDir);
        expect(before).to.include(join(dataDir, 'operator-token'));
        const server = await ServerProcess.start(environment);
        const lines = server.log.filter(({ msg }) => msg === OPEN);
        expect(lines).to.have.length(1);
        expect(lines[0]).to.include({ count: before.length });
        await work(server, dataDir);
        const connection = new Connection(server.url);
        expect(await connection.call('GET', '/stats', { token })).to.include({ status: 200 });
        connection.close();
        await server.stop();
        expect(await openIn(dataDir)).to.deep.equal([]);
        const again = await ServerProcess.start(environment);
        expect(again.log.filter(({ msg }) => msg === OPEN)).to.deep.equal([]);
        await again.stop();
      }),
    ));

  it('keeps the modes of its owner, and follows no link out of it', () =>
    inFolder(async (folder) => {
      const [inside, outside] = [join(folder, 'data'), join(folder, 'outside')];
      await mkdir(inside);
      await writeFile(outside, 'x');
      await writeFile(join(inside, 'script'), 'x');
      await symlink(outside, join(inside, 'link'));
      await chmod(outside, 0o644);
      await chmod(join(inside, 'script'), 0o755);
      await chmod(inside, 0o700);
      expect(await makePrivate(inside)).to.deep.equal({ paths: [join(inside, 'script')], failed: [] });
      expect((await lstat(join(inside, 'script'))).mode & 0o777).to.equal(0o700);
      expect((await lstat(outside)).mode & 0o777).to.equal(0o644);
    }));

  it('that is missing, or is a file, is left to the journal', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'file');
      await writeFile(file, 'x');
      await chmod(file, 0o644);
      for (const path of [join(folder, 'missing'), file, join(file, 'below')]) {
        expect(await makePrivate(path)).to.deep.equal({ paths: [], failed: [] });
      }
      expect((await lstat(file)).mode & 0o777).to.equal(0o644);
    }));
});
