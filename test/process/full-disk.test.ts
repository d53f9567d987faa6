// The disk fills up under load: every request is refused that cannot be promised, nothing that was promised is lost, and
// the server goes on by itself once there is room.
import { expect } from 'chai';
import { seedOfRun } from './parts/random.ts';
import { limitedFiles, smallFileSystem, type ScarceDisk } from './parts/scarce-disk.ts';
import { Connection, inFolder, ServerProcess, until, type Answered } from './parts/server.ts';
import { Town } from './parts/town.ts';

const ANSWERS = 200;

describe('a disk without room', function () {
  this.timeout(60_000);

  for (const disk of [smallFileSystem, limitedFiles]) {
    it(`costs nothing that was acknowledged, and nothing once there is room again: ${disk.name}`, async function () {
      await inFolder(async (folder) => {
        const dataDir = await disk.make(folder).catch((error: unknown) => {
          process.stdout.write(`      skipped, not permitted here: ${String(error)}\n`);
          return this.skip();
        });
        try {
          await runOut(disk, dataDir);
        } finally {
          await disk.remove(dataDir);
        }
      });
    });
  }
});

const runOut = async (disk: ScarceDisk, dataDir: string): Promise<void> => {
  const seed = seedOfRun();
  process.stdout.write(`      SEED=${seed}\n`);
  const town = await Town.found(dataDir, { zones: 2, tenantsPerZone: 3 }, seed);
  const server = await ServerProcess.start({ DATA_DIR: dataDir });
  let filled = Promise.resolve();
  await town.work(server, ANSWERS, () => {
    filled = disk.fill(dataDir, server);
  });
  await filled;
  for (const { stoppedBy } of town.tenants) expect(stoppedBy).to.equal('journal_unavailable');
  const { body } = await until(
    () => ready(server),
    ({ status }) => status === 503,
  );
  expect(body).to.include({ ok: false, dependency: 'journal' });
  expect(body?.['error']).to.match(/No space left|File too large/);

  await disk.free(dataDir, server);
  await until(
    () => ready(server),
    ({ status }) => status === 200,
  );
  await town.check(server);
  await town.work(server, ANSWERS, () => server.signal('SIGKILL'));
  await server.exited;

  const next = await ServerProcess.start({ DATA_DIR: dataDir });
  await town.check(next);
  expect(await next.stop()).to.include({ code: 0 });
};

const ready = async (server: ServerProcess): Promise<Answered> => {
  const connection = new Connection(server.url);
  try {
    return await connection.call('GET', '/ready');
  } finally {
    connection.close();
  }
};
