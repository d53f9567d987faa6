// What keeps a server from starting: it exits with 1 and a sentence that names what is wrong, and harms nothing.
import { createServer } from 'node:net';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Connection, inFolder, mintToken, ServerProcess } from './parts/server.ts';

const expectRefusal = async (environment: Readonly<Record<string, string>>, ...named: string[]): Promise<void> => {
  const { code, stderr } = await ServerProcess.launch(environment).exited;
  expect(code, stderr).to.equal(1);
  for (const name of named) expect(stderr).to.contain(name);
  expect(stderr, 'a sentence and no stack').not.to.match(/^\s+at /m);
};

describe('a server that cannot start', function () {
  this.timeout(30_000);

  it('leaves a data directory to the process that holds it', () =>
    inFolder(async (dataDir) => {
      const holder = await ServerProcess.start({ DATA_DIR: dataDir });
      const connection = new Connection(holder.url);
      const sending = { token: await mintToken(dataDir, 'z1', 'app-a'), body: { application_id: 'app-a' } };
      const { body } = await connection.call('POST', '/zones/z1/agents', sending);
      await expectRefusal({ DATA_DIR: dataDir }, dataDir, 'another process');
      const path = `/zones/z1/agents/${String(body?.['agent_session_id'])}`;
      expect(await connection.call('GET', path, sending)).to.include({ status: 200 });
      expect(await connection.call('POST', '/zones/z1/agents', sending)).to.include({ status: 201 });
      connection.close();
      expect(await holder.stop()).to.include({ code: 0 });
    }));

  it('names a port that is taken, and lets go of the data directory', () =>
    inFolder(async (dataDir) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await expectRefusal({ DATA_DIR: dataDir, PORT: String(port) }, `Port ${port}`, 'PORT');
      other.close();
      const server = await ServerProcess.start({ DATA_DIR: dataDir });
      expect(await server.stop()).to.include({ code: 0 });
    }));

  it('names a data directory that is a file, or that cannot be made', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'file');
      await writeFile(file, 'not a directory');
      await expectRefusal({ DATA_DIR: file }, file);
      await expectRefusal({ DATA_DIR: join(file, 'below') }, join(file, 'below'));
      if (process.platform === 'linux') await expectRefusal({ DATA_DIR: '/proc/coordinator' }, '/proc/coordinator');
    }));

  for (const [name, value, allowed] of [
    ['PORT', '70000', '0 to 65535'],
    ['SHUTDOWN_GRACE_MS', 'soon', 'whole number'],
    ['LOG_LEVEL', 'loud', 'info'],
    ['DIRECTORY', 'ajar', 'open'],
    ['TRUST_PROXY', 'proxy.example', 'loopback'],
    ['V1_RATE_LIMIT_PER_MIN', 'many', 'whole number'],
    ['ISSUER_URL', 'http://issuer.example', 'STS_URL'],
  ] as const) {
    it(`names ${name}=${value}, and what is allowed`, () =>
      inFolder(async (dataDir) => {
        await expectRefusal({ DATA_DIR: dataDir, [name]: value }, name, JSON.stringify(value), allowed);
        expect(await readdir(dataDir)).to.deep.equal([]);
      }));
  }

  it('names every bad value at once, and never a secret', () =>
    inFolder(async (dataDir) => {
      const bad = { PORT: '-1', KEEP_ALIVE_TIMEOUT_MS: '0', CARACAL_COORDINATOR_TOKEN: 'spaces are not allowed' };
      const server = ServerProcess.launch({ DATA_DIR: dataDir, ...bad });
      const { code, stderr } = await server.exited;
      expect(code).to.equal(1);
      expect(stderr.trim().split('\n')).to.have.length(3);
      expect(stderr).not.to.contain('spaces are');
    }));
});

describe('a server that starts', () => {
  it('warns about a variable whose name is close to a known one, and not about others', () =>
    inFolder(async (dataDir) => {
      const server = await ServerProcess.start({ DATA_DIR: dataDir, LOG_LEVL: 'debug', EDITOR: 'ed' });
      const isAboutNames = ({ variable }: Readonly<Record<string, unknown>>) => variable !== undefined;
      const [told, ...others] = server.log.filter(isAboutNames);
      expect(told).to.include({ level: 'warn', variable: 'LOG_LEVL', known: 'LOG_LEVEL' });
      expect(others).to.deep.equal([]);
      await server.stop();
    }));
});
