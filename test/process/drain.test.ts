// A server that is asked to stop: what is in flight gets its real answer, what comes later is sent elsewhere, and the next
// start finds everything in checkpoints.
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { openLevelStore } from '../../src/journal/level/level-store.ts';
import { readCheckpoint } from '../../src/zone/waking/recovery.ts';
import { seedOfRun } from './parts/random.ts';
import { Connection, inFolder, mintToken, ServerProcess } from './parts/server.ts';
import { Town } from './parts/town.ts';

const ANSWERS = 300;

describe('a server that is told to stop', function () {
  this.timeout(60_000);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`ends well under load on ${signal}, and needs no replay afterwards`, () =>
      inFolder(async (dataDir) => {
        const seed = seedOfRun();
        process.stdout.write(`      SEED=${seed}\n`);
        const town = await Town.found(dataDir, { zones: 3, tenantsPerZone: 4 }, seed);
        const server = await ServerProcess.start({ DATA_DIR: dataDir });
        await town.work(server, ANSWERS, () => server.signal(signal));
        expect(await server.exited).to.deep.equal({ code: 0, signal: null, stderr: '' });
        for (const { stoppedBy } of town.tenants) expect(stoppedBy).to.be.oneOf([null, 'draining']);
        await expectCheckpointsAtTheHead(dataDir, 3);

        const next = await ServerProcess.start({ DATA_DIR: dataDir });
        await town.checkNothingElse(next);
        await next.stop();
      }));
  }

  it('ends well when it is told so the moment it listens', () =>
    inFolder(async (dataDir) => {
      for (let round = 1; round <= 5; round += 1) {
        const server = await ServerProcess.start({ DATA_DIR: dataDir });
        expect(await server.stop()).to.deep.equal({ code: 0, signal: null, stderr: '' });
      }
    }));

  it('answers what it has begun to receive, and refuses what comes after it', () =>
    inFolder(async (dataDir) => {
      const server = await ServerProcess.start({ DATA_DIR: dataDir });
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const body = JSON.stringify({ application_id: 'app-a' });
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      const received = text(socket);
      socket.write(headOf(token, body, 'Expect: 100-continue\r\n'));
      await once(socket, 'data');

      server.signal('SIGTERM');
      await server.logged('stopping');
      await refusesConnections(server);
      socket.write(body + headOf(token, body, '') + body);

      const [first = '', second = ''] = (await received).split('HTTP/1.1 ').slice(2);
      expect(first).to.match(/^201 /);
      expect(second).to.match(/^503 [^]*connection: close[^]*"error":"draining"/i);
      expect(await server.exited).to.include({ code: 0 });
    }));
});

const headOf = (token: string, body: string, extra: string): string =>
  [
    'POST /zones/z1/agents HTTP/1.1',
    'Host: coordinator',
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `${extra}\r\n`,
  ].join('\r\n');

const refusesConnections = async (server: ServerProcess): Promise<void> => {
  const failure = await new Connection(server.url).call('GET', '/health').catch((error: unknown) => error);
  expect(failure).to.be.instanceOf(Error);
};

const expectCheckpointsAtTheHead = async (dir: string, zones: number): Promise<void> => {
  const store = await openLevelStore({ dir, create: false });
  const { journal, snapshots } = store;
  const lags = [];
  for await (const zone of journal.zones()) {
    lags.push((await journal.head(zone)) - (readCheckpoint(snapshots, zone)?.seq ?? 0));
  }
  await store.close();
  expect(lags).to.deep.equal(Array.from({ length: zones }, () => 0));
};
