// Kills the real server again and again while deadlines stand: of invocations, of short-lived tasks, of leases. After a
// restart none of them is lost, doubled or early, everything acknowledged is there, and leases begin anew. `SEED` repeats
// a run's choices, and `CRASH_ROUNDS` changes how many times it is killed.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { Random, seedOfRun } from './parts/random.ts';
import { inFolder, ServerProcess, verify } from './parts/server.ts';
import { Workshop } from './parts/workshop.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 12);
const SIZE = { zones: 2, workersPerZone: 3 };

/** Answers after which the server is killed. */
const ANSWERS = { least: 100, most: 600 };
/** How long after that answer, at most: an append and its fsync take a few of these. */
const JITTER_MS = 5;
/** In every so many rounds it lives until those who are silent were missed. */
const SILENCE_EVERY = 3;
/** After every so many rounds it is down for longer than a lease. */
const LONG_DOWN_EVERY = 4;
/** In every so many rounds the start before is killed too, about when its zones wake: they do once it listens. */
const KILL_START_EVERY = 2;
const WAKING_MS = 200;
/** Keys of each worker that are repeated after a start: all that it used since the one before, as a rule. */
const KEYS_REPEATED = 150;

const SECOND_MS = 1_000;

describe('a server that is killed while deadlines stand', function () {
  this.timeout(180_000);

  it('loses, doubles and hurries none of them', () =>
    inFolder(async (folder) => {
      const dataDir = `${folder}/data`;
      const seed = seedOfRun();
      process.stdout.write(`      SEED=${seed}\n`);
      const random = new Random(seed);
      const workshop = await Workshop.found(dataDir, SIZE, seed);
      let longDowns = 0;
      for (let round = 1; round <= ROUNDS; round += 1) {
        if (round % KILL_START_EVERY === 0) await workshop.readJournal(dataDir, await killedStart(dataDir, random));
        const silence = round % SILENCE_EVERY === 0;
        const life = await live(dataDir, silence ? 1 : random.between(1, 3), async (server, begun) => {
          if (round === 1) await workshop.settleIn(server);
          await workshop.checkLeases(server, begun);
          await workshop.repeatKeys(server, KEYS_REPEATED);
          if (silence || round === 1) await workshop.startSilent(server);
          await killUnderLoad(server, workshop, random, silence);
        });
        await workshop.readJournal(dataDir, life);
        if (round % LONG_DOWN_EVERY !== 0) continue;
        longDowns += 1;
        await pause(Math.max(0, life.killedAt + life.leaseMs + random.below(SECOND_MS) - systemClock.now()));
      }
      const life = await live(dataDir, 1, async (server, begun) => {
        await workshop.checkLeases(server, begun);
        await workshop.repeatKeys(server, Infinity);
        await workshop.quiet(server);
        await workshop.silentSuspended(server);
        await server.stop('SIGKILL');
      });
      await workshop.readJournal(dataDir, life);
      await live(dataDir, 3, async (server) => {
        await workshop.checkStatuses(server);
        await server.stop('SIGKILL');
      });
      for (const { timeline } of workshop.zones) expect([...timeline.due], 'what never happened').to.deep.equal([]);
      await workshop.checkReplay(dataDir);
      const { code, stdout } = await verify('--data', dataDir);
      expect(code, stdout).to.equal(0);
      const counts = workshop.counts();
      process.stdout.write(`      ${ROUNDS} rounds, ${longDowns} longer than a lease: ${JSON.stringify(counts)}\n`);
      // How far a killed start came, and how long the machine kept a process waiting, is not up to the test.
      const { wakesCutOff: _cutOff, wakesFinished: _finished, extensions: _extensions, ...tried } = counts;
      for (const [name, count] of Object.entries(tried)) expect(count, name).to.be.above(0);
    }));
});

/** One process, from its launch to its kill. */
const live = async (
  dataDir: string,
  leaseSeconds: number,
  during: (server: ServerProcess, begun: { launchedAt: number; leaseMs: number }) => Promise<void>,
) => {
  const begun = { launchedAt: systemClock.now(), leaseMs: leaseSeconds * SECOND_MS };
  const server = await ServerProcess.start(environmentOf(dataDir, leaseSeconds));
  await during(server, begun);
  return { ...begun, killedAt: systemClock.now(), unfinished: false };
};

const killedStart = async (dataDir: string, random: Random) => {
  const launchedAt = systemClock.now();
  const server = ServerProcess.launch(environmentOf(dataDir, 1));
  await server.logged('listening');
  await pause(random.below(WAKING_MS));
  await server.stop('SIGKILL');
  return { launchedAt, leaseMs: SECOND_MS, killedAt: systemClock.now(), unfinished: true };
};

const environmentOf = (dataDir: string, leaseSeconds: number) => ({
  DATA_DIR: dataDir,
  CHECKPOINT_EVERY_ENTRIES: '60',
  SERVICE_AGENT_LEASE_SECONDS: String(leaseSeconds),
});

const killUnderLoad = async (
  server: ServerProcess,
  workshop: Workshop,
  random: Random,
  silence: boolean,
): Promise<void> => {
  const answers = random.between(ANSWERS.least, ANSWERS.most);
  let load: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    load = workshop.work(server, answers, resolve);
    load.catch(reject);
  });
  if (silence) await workshop.silentSuspended(server);
  await pause(random.below(JITTER_MS));
  await server.stop('SIGKILL');
  await load;
};
