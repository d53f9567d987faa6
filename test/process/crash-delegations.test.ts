// Kills the real server again and again while authority is handed on for moments, revoked, and lost with sessions that end.
// After every kill the journal and the next process hold all that was acknowledged, once each; no edge is active on what has
// ended, closes a circle or lapsed before its instant; and the epoch of the graph never goes back. `SEED` repeats a run's
// choices, and `CRASH_ROUNDS` changes how many times it is killed.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { DelegationOffices } from './parts/delegation-offices.ts';
import { Random, seedOfRun } from './parts/random.ts';
import { inFolder, ServerProcess, verify } from './parts/server.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 8);
const SIZE = { zones: 2, callers: 3 };

/** Answers after which the server is killed. */
const ANSWERS = { least: 50, most: 400 };
/** How long after that answer, at most: an append and its fsync take a few of these. */
const JITTER_MS = 5;
/** In every so many rounds the start before is killed too, about when its zones wake: they do once it listens. */
const KILL_START_EVERY = 3;
const WAKING_MS = 100;
/** Every this many rounds, the server stays down until an edge has expired. */
const STAY_DOWN_EVERY = 2;
/** Keys of each caller that are repeated after a start. */
const KEYS_REPEATED = 20;

const environmentOf = (dataDir: string) => ({ DATA_DIR: dataDir, CHECKPOINT_EVERY_ENTRIES: '40' });

describe('a server that is killed while authority is handed on', function () {
  this.timeout(180_000);

  it('keeps every edge that was acknowledged for exactly its time, and none on what has ended', () =>
    inFolder(async (folder) => {
      const dataDir = `${folder}/data`;
      const seed = seedOfRun();
      process.stdout.write(`      SEED=${seed}\n`);
      const random = new Random(seed);
      const offices = await DelegationOffices.found(dataDir, SIZE, seed);
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (round % KILL_START_EVERY === 0) await offices.readJournal(dataDir, await killedStart(dataDir, random));
        const launchedAt = systemClock.now();
        const server = await ServerProcess.start(environmentOf(dataDir));
        await offices.check(server, KEYS_REPEATED);
        await killUnderLoad(server, offices, random);
        await offices.readJournal(dataDir, { launchedAt, killedAt: systemClock.now() });
        if (round % STAY_DOWN_EVERY === 0) await offices.untilNextLapse();
      }
      const last = await ServerProcess.start(environmentOf(dataDir));
      await offices.check(last, Infinity);
      await last.stop('SIGKILL');
      await offices.checkReplay(dataDir);
      const { code, stdout } = await verify('--data', dataDir);
      expect(code, stdout).to.equal(0);
      const counts = offices.counts();
      process.stdout.write(`      ${ROUNDS} rounds: ${JSON.stringify(counts)}\n`);
      for (const [name, count] of Object.entries(counts)) expect(count, name).to.be.above(0);
    }));
});

const killedStart = async (dataDir: string, random: Random) => {
  const launchedAt = systemClock.now();
  const server = ServerProcess.launch(environmentOf(dataDir));
  await server.logged('listening');
  await pause(random.below(WAKING_MS));
  await server.stop('SIGKILL');
  return { launchedAt, killedAt: systemClock.now() };
};

const killUnderLoad = async (server: ServerProcess, offices: DelegationOffices, random: Random): Promise<void> => {
  let load: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    load = offices.work(server, random.between(ANSWERS.least, ANSWERS.most), resolve);
    load.catch(reject);
  });
  await pause(random.below(JITTER_MS));
  await server.stop('SIGKILL');
  await load;
};
