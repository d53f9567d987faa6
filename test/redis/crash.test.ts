// Kills the real coordinator again and again while it tells Redis Streams what happens, and now and then Redis with it; then
// compares the streams with what the event stream tells of the same journal. And what the log says of a Redis that lets
// nobody in. `SEED` repeats a run's choices.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { EventReader } from '../http/event-reader.ts';
import { Random, seedOfRun } from '../process/parts/random.ts';
import { Connection, inFolder, mintToken, ServerProcess, until } from '../process/parts/server.ts';
import { Town } from '../process/parts/town.ts';
import { needRedis, RedisServer, type Fields } from './redis-server.ts';

const ROUNDS = 12;
const SIZE = { zones: 3, tenantsPerZone: 3 };
const ANSWERS = { least: 20, most: 200 };
const JITTER_MS = 5;
const KILL_REDIS_EVERY = 3;
const TOPICS = ['caracal.agents.lifecycle', 'caracal.sessions.revoke'];

describe('the streams of a coordinator that is killed', function () {
  this.timeout(240_000);
  let redis: RedisServer;

  before(function () {
    needRedis(this);
  });

  beforeEach(async () => {
    redis = await RedisServer.start();
  });

  afterEach(() => redis.destroy());

  it('have every message of its journal once and in order, whenever it and Redis are killed', () =>
    inFolder(async (dataDir) => {
      const seed = seedOfRun();
      const random = new Random(seed);
      process.stdout.write(`      SEED=${seed}\n`);
      const environment = { DATA_DIR: dataDir, CHECKPOINT_EVERY_ENTRIES: '60', REDIS_URL: redis.url };
      const town = await Town.found(dataDir, SIZE, seed);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const server = await ServerProcess.start(environment);
        await town.check(server);
        await killUnderLoad(server, town, random, round % KILL_REDIS_EVERY === 0 ? redis : null);
      }
      const last = await ServerProcess.start(environment);
      await town.check(last);
      let messages = 0;
      for (let index = 0; index < SIZE.zones; index += 1)
        messages += await compare(last, dataDir, redis, `zone-${index}`);
      process.stdout.write(`      ${ROUNDS} rounds, ${messages} messages\n`);
      expect(messages).to.be.above(ROUNDS * ANSWERS.least);
      await last.stop('SIGKILL');
    }));

  it('are all told when a stop ends in order, within its grace', () =>
    inFolder(async (dataDir) => {
      const environment = { DATA_DIR: dataDir, REDIS_URL: redis.url };
      const server = await ServerProcess.start(environment);
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const connection = new Connection(server.url);
      const body = { application_id: 'app-a' };
      for (let n = 0; n < 50; n += 1) await connection.call('POST', '/zones/z1/agents', { token, body });
      connection.close();
      expect(await server.stop()).to.include({ code: 0 });
      expect(await redis.messages('caracal.agents.lifecycle')).to.have.length(50);
    }));
});

describe('the log of a coordinator that Redis does not let in', function () {
  this.timeout(60_000);
  const PASSWORD = 'hush-hush-hush';
  const KEY = 'ab'.repeat(32);

  before(function () {
    needRedis(this);
  });

  for (const [how, args] of [
    ['has another password', ['--requirepass', 'another']],
    ['is silenced by its settings', ['--rename-command', 'EVAL', '""']],
  ] as const) {
    it(`says why and no secret where Redis ${how}, and the coordinator is ready`, () =>
      inFolder(async (dataDir) => {
        const redis = await RedisServer.start(...args);
        const url = redis.url.replace('//', `//user:${PASSWORD}@`);
        const secrets = { REDIS_URL: how.includes('password') ? url : redis.url, STREAMS_HMAC_KEY: KEY };
        const server = await ServerProcess.start({ DATA_DIR: dataDir, ...secrets, LOG_LEVEL: 'trace' });
        try {
          const token = await mintToken(dataDir, 'z1', 'app-a');
          const connection = new Connection(server.url);
          const body = { application_id: 'app-a' };
          expect((await connection.call('POST', '/zones/z1/agents', { token, body })).status).to.equal(201);
          const said = how.includes('password')
            ? 'the streams cannot be written; changes go on, and are told once they can be'
            : 'what happened could not be told to the streams; it is tried again';
          expect((await server.logged(said))['reason']).to.match(/^(?:WRONGPASS|NOAUTH|ERR)$/);
          expect((await connection.call('GET', '/ready')).status).to.equal(200);
          connection.close();
        } finally {
          const { stderr } = await server.stop();
          await redis.destroy();
          for (const output of [stderr, JSON.stringify(server.log)]) {
            expect(output).not.to.contain(PASSWORD);
            expect(output).not.to.contain(KEY);
          }
        }
      }));
  }
});

const killUnderLoad = async (
  server: ServerProcess,
  town: Town,
  random: Random,
  redis: RedisServer | null,
): Promise<void> => {
  let load: Promise<void> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    load = town.work(server, random.between(ANSWERS.least, ANSWERS.most), resolve);
    load.catch(reject);
  });
  await pause(random.below(JITTER_MS));
  await redis?.kill();
  await pause(random.below(JITTER_MS));
  await server.stop('SIGKILL');
  await load;
  await redis?.start();
};

/** Answers how many messages of the zone there are, once the streams have all that the journal tells. */
const compare = async (server: ServerProcess, dataDir: string, redis: RedisServer, zone: string): Promise<number> => {
  const token = await mintToken(dataDir, zone, 'app-last');
  const connection = new Connection(server.url);
  const { body, headers } = await connection.call('POST', `/zones/${zone}/agents`, {
    token,
    body: { application_id: 'app-last' },
  });
  connection.close();
  const reader = await EventReader.open(server.url, { token, zone, query: '?from=0' });
  const seen = await reader.until((events) =>
    events.some(({ data }) => data['agent_session_id'] === body?.['agent_session_id']),
  );
  reader.close();
  await until(
    () => redis.cursor(zone),
    (cursor) => cursor === headers['coordinator-seq'],
  );
  const told: Fields[] = [];
  for (const topic of TOPICS) {
    const messages = (await redis.messages(topic)).filter(({ zone_id: of }) => of === zone);
    const events = seen.filter((event) => event.topic === topic);
    expect(messages.map(whatOf), `${topic} of ${zone}`).to.deep.equal(events.map(({ data }) => whatOf(data)));
    told.push(...messages);
  }
  expect(new Set(told.map(({ outbox_id: id }) => id)).size).to.equal(told.length);
  return told.length;
};

const whatOf = (message: Readonly<Record<string, unknown>>): unknown[] =>
  ['event', 'session_id', 'agent_session_id', 'application_id', 'reason'].map((field) => message[field]);
