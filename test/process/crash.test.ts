// Kills the real server again and again, under load and while it starts, on one data directory. Whatever was acknowledged
// must be there afterwards, and whatever was not must be there wholly or not at all. `SEED` repeats a run's choices, and
// `CRASH_ROUNDS` changes how many times it is killed.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Random, seedOfRun } from './parts/random.ts';
import { inFolder, ServerProcess, verify } from './parts/server.ts';
import { Town } from './parts/town.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 26);
const SIZE = { zones: 3, tenantsPerZone: 4 };

/** Answers after which the server is killed. */
const ANSWERS = { least: 20, most: 400 };
/** How long after that answer, at most: an append and its fsync take a few of these. */
const JITTER_MS = 5;
/** In every so many rounds the next start is killed too, at some moment until it would be done. */
const KILL_START_EVERY = 4;
const START_MS = 500;

describe('a server that is killed', function () {
  this.timeout(240_000);

  it('keeps every acknowledged change and nothing half-done', () =>
    inFolder(async (dataDir) => {
      const seed = seedOfRun();
      const random = new Random(seed);
      const environment = { DATA_DIR: dataDir, CHECKPOINT_EVERY_ENTRIES: '60' };
      const town = await Town.found(dataDir, SIZE, seed);
      const fates = { carriedOut: 0, notCarriedOut: 0 };
      process.stdout.write(`      SEED=${seed}\n`);
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (round % KILL_START_EVERY === 0) await killWhileStarting(environment, random);
        const server = await ServerProcess.start(environment);
        const { carriedOut, notCarriedOut } = await town.check(server);
        fates.carriedOut += carriedOut;
        fates.notCarriedOut += notCarriedOut;
        await killUnderLoad(server, town, random);
      }
      const last = await ServerProcess.start(environment);
      await town.check(last);
      await last.stop('SIGKILL');
      const { code, stdout } = await verify('--data', dataDir);
      expect(code, stdout).to.equal(0);
      process.stdout.write(
        `      ${ROUNDS} rounds, ${town.acknowledged} acknowledged, unanswered: ${JSON.stringify(fates)}\n`,
      );
    }));
});

const killUnderLoad = async (server: ServerProcess, town: Town, random: Random): Promise<void> => {
  const answers = random.between(ANSWERS.least, ANSWERS.most);
  let load: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    load = town.work(server, answers, resolve);
    load.catch(reject);
  });
  await pause(random.below(JITTER_MS));
  await server.stop('SIGKILL');
  await load;
};

const killWhileStarting = async (environment: Readonly<Record<string, string>>, random: Random): Promise<void> => {
  const server = ServerProcess.launch(environment);
  await pause(random.below(START_MS));
  await server.stop('SIGKILL');
};
