// A server whose log is not read: it serves as before, keeps a bounded part of its log, and reports the dropped lines once the
// log is read again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOG_BUFFER_BYTES_MAX } from '../../src/log/limits.ts';
import { OPERATOR_TOKEN } from '../world/world.ts';
import { UNLIMITED } from '../world/unlimited.ts';
import { Connection, inFolder, mintToken, until } from './parts/server.ts';

const MAIN = join(import.meta.dirname, '../../dist/src/main.js');
/** What a pipe holds, with room. */
const PIPE_BYTES = 1024 * 1024;
const ID = 'r'.repeat(128);
const PROBES_AT_ONCE = 200;
const FULL_MS = 45_000;

/** Makes a program crash on a signal. */
const CRASHING = ['--import', `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('crash'); })`];

/** A server whose standard output is a pipe that is read on demand only. */
class Unread {
  readonly child: ChildProcess;
  #text = '';

  constructor(dataDir: string, flags: readonly string[] = []) {
    const env = {
      ...UNLIMITED,
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'debug',
      CARACAL_COORDINATOR_TOKEN: OPERATOR_TOKEN,
    };
    this.child = spawn(process.execPath, [...flags, MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.#text += chunk.toString()));
  }

  /** The address, once it is logged; nothing is read from then on. */
  async listening(): Promise<string> {
    for (;;) {
      const [, url] = /"url":"([^"]+)"/.exec(this.#text) ?? [];
      if (url !== undefined) {
        this.child.stdout?.pause();
        return url;
      }
      await once(this.child.stdout as NodeJS.ReadableStream, 'data');
    }
  }

  /** Reads on until there is a line with that message. */
  async readTo(message: string): Promise<Readonly<Record<string, unknown>>> {
    this.child.stdout?.resume();
    for (;;) {
      const line = this.lines.find(({ msg }) => msg === message);
      if (line) return line;
      await once(this.child.stdout as NodeJS.ReadableStream, 'data');
    }
  }

  get lines(): Readonly<Record<string, unknown>>[] {
    const whole = this.#text.split('\n').slice(0, -1);
    return whole.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  }
}

/** Asks whether the server lives, each time with a long name in the log. */
const probe = async (url: string, count: number): Promise<void> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ask = `GET /health HTTP/1.1\r\nhost: x\r\nx-request-id: ${ID}\r\n\r\n`;
  socket.write(ask.repeat(count));
  let answers = 0;
  while (answers < count) answers += String((await once(socket, 'data'))[0]).split('{"ok":true}').length - 1;
  socket.destroy();
};

const droppedLines = async (connection: Connection): Promise<number> => {
  const { body } = await connection.call('GET', '/stats', { token: OPERATOR_TOKEN });
  const figures = body as { readonly coordinator_log_lines_dropped_total: readonly { readonly value: number }[] };
  const [counted] = figures.coordinator_log_lines_dropped_total;
  return counted?.value ?? 0;
};

describe('a server whose log is not read', function () {
  this.timeout(FULL_MS);

  it('serves requests, and reports the dropped lines once its log is read again', () =>
    inFolder(async (dataDir) => {
      const server = new Unread(dataDir);
      try {
        const url = await server.listening();
        const connection = new Connection(url);
        const token = await mintToken(dataDir, 'z1', 'app-a');
        const start = { token, body: { application_id: 'app-a' } };
        // More than everything that may wait: the buffer, the pipe, and what this process has read ahead.
        const enough = (LOG_BUFFER_BYTES_MAX + PIPE_BYTES) * 2;
        for (let logged = 0; logged < enough; logged += PROBES_AT_ONCE * ID.length) {
          await probe(url, PROBES_AT_ONCE);
          expect(await connection.call('POST', '/zones/z1/agents', start)).to.include({ status: 201 });
        }
        const dropped = await until(
          () => droppedLines(connection),
          (count) => count > 0,
        );
        expect(await connection.call('GET', '/health')).to.include({ status: 200 });

        const report = await server.readTo('log lines were dropped: the log was not read fast enough');
        expect(report).to.include({ level: 'warn' });
        expect(Number(report['lines'])).to.be.at.least(dropped);
        connection.close();
        server.child.kill('SIGTERM');
        expect(await once(server.child, 'close')).to.deep.equal([0, null]);
        expect(server.lines.at(-1)).to.include({ msg: 'stopped' });
      } finally {
        server.child.kill('SIGKILL');
      }
    }));

  it('crashes without waiting for its reader', () =>
    inFolder(async (dataDir) => {
      const server = new Unread(dataDir, CRASHING);
      try {
        const url = await server.listening();
        for (let logged = 0; logged < PIPE_BYTES * 2; logged += PROBES_AT_ONCE * ID.length)
          await probe(url, PROBES_AT_ONCE);
        server.child.kill('SIGUSR2');
        expect(await once(server.child, 'exit')).to.deep.equal([1, null]);
      } finally {
        server.child.kill('SIGKILL');
      }
    }));

  it('says why it crashes where its log is read', () =>
    inFolder(async (dataDir) => {
      const server = new Unread(dataDir, CRASHING);
      try {
        await server.listening();
        server.child.stdout?.resume();
        server.child.kill('SIGUSR2');
        expect(await once(server.child, 'close')).to.deep.equal([1, null]);
        expect(server.lines.at(-1)).to.include({ level: 'fatal' });
      } finally {
        server.child.kill('SIGKILL');
      }
    }));

  it('stops on a signal without waiting for its reader', () =>
    inFolder(async (dataDir) => {
      const server = new Unread(dataDir);
      try {
        const url = await server.listening();
        for (let logged = 0; logged < PIPE_BYTES * 2; logged += PROBES_AT_ONCE * ID.length)
          await probe(url, PROBES_AT_ONCE);
        server.child.kill('SIGTERM');
        expect(await once(server.child, 'exit')).to.deep.equal([0, null]);
      } finally {
        server.child.kill('SIGKILL');
      }
    }));
});
