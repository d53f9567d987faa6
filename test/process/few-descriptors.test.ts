// A process with a low limit of files, and clients that open connections without a request: the journal keeps its share.
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { Connection, inFolder, mintToken, ServerProcess } from './parts/server.ts';

const DESCRIPTORS_MAX = 160;
const IDLE_CLIENTS = 200;
const AGENTS = '/zones/z1/agents';
/** Together more than LevelDB keeps in its log: it has to write tables, and to open new files for them. */
const STARTS = 40;
const METADATA = { pad: 'x'.repeat(200_000) };

const idleClient = async (url: string): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
};

describe('a server with few file descriptors', function () {
  this.timeout(60_000);

  it('still writes while idle clients take every connection', function () {
    if (process.platform !== 'linux') {
      process.stdout.write('      skipped: the limit of descriptors is read on Linux only\n');
      return this.skip();
    }
    return inFolder(async (dataDir) => {
      const settings = { DATA_DIR: dataDir, CHECKPOINT_EVERY_ENTRIES: '10' };
      const server = await ServerProcess.start(settings, DESCRIPTORS_MAX);
      const told = await server.logged('few file descriptors: the system bounds connections');
      expect(told).to.include({ level: 'warn', limit: DESCRIPTORS_MAX });
      const connectionsMax = Number(told['connectionsMax']);

      const connection = new Connection(server.url);
      const token = await mintToken(dataDir, 'z1', 'app-a');
      expect(await connection.call('GET', AGENTS, { token })).to.include({ status: 200 });
      const idle = await Promise.all(Array.from({ length: IDLE_CLIENTS }, () => idleClient(server.url)));
      const start = { token, body: { application_id: 'app-a', metadata: METADATA } };
      for (let made = 0; made < STARTS; made += 1)
        expect(await connection.call('POST', AGENTS, start)).to.include({ status: 201 });
      expect((await readdir(`/proc/${server.pid}/fd`)).length).to.be.lessThan(DESCRIPTORS_MAX);
      expect(idle.filter(({ destroyed }) => !destroyed).length).to.be.within(1, connectionsMax);
      expect(await connection.call('GET', '/ready')).to.include({ status: 200 });

      for (const socket of idle) socket.destroy();
      connection.close();
      expect(await server.stop()).to.deep.equal({ code: 0, signal: null, stderr: '' });
      expect(server.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  });
});
