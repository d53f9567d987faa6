// The memory of a server whose clients ask for the heaviest answers there are and read none of them. `UNREAD_SECONDS` says for how
// long: a few seconds show a limit that is missing, a minute shows a leak.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { Connection, inFolder, mintToken, ServerProcess } from './parts/server.ts';

const AGENTS = '/zones/z1/agents';
const SECONDS = Number(process.env['UNREAD_SECONDS'] ?? 5);
const RESIDENT_MIB_MAX = 400;
const CONNECTIONS = 64;
/** Requests that each of them pipelines. */
const PIPELINED = 60;
/** One alone may use half of the bytes. */
const APPLICATIONS = 8;
/** Two pages of 8 MiB. */
const SESSIONS = 60;
const METADATA = { text: 'x'.repeat(256 * 1024) };
const SAMPLE_MS = 100;
/** A connection that was closed is opened again. */
const REOPEN_MS = 100;
/** As `npm start` starts it. */
const NODE_OPTIONS = '--max-semi-space-size=64';

describe('a server whose clients read no answers', function () {
  this.timeout(60_000 + SECONDS * 1_000);

  it(`keeps its memory under ${RESIDENT_MIB_MAX} MiB, and goes on to answer others`, () =>
    inFolder(async (dataDir) => {
      const server = await ServerProcess.start({ DATA_DIR: dataDir, NODE_OPTIONS });
      const tokens: string[] = [];
      for (let n = 0; n < APPLICATIONS; n += 1) tokens.push(await mintToken(dataDir, 'z1', `app-${n}`));
      const other = new Connection(server.url);
      const [token = ''] = tokens;
      const ids: string[] = [];
      for (let n = 0; n < SESSIONS; n += 1) {
        const body = { application_id: 'app-0', metadata: METADATA };
        const started = await other.call('POST', AGENTS, { token, body });
        expect(started.status, JSON.stringify(started.body)).to.equal(201);
        ids.push(String(started.body?.['agent_session_id']));
      }
      const before = residentMiB(server.pid);
      const port = Number(new URL(server.url).port);
      const unread = Array.from({ length: CONNECTIONS }, (_, n) => new Unread(port, tokens[n % APPLICATIONS] ?? ''));

      let most = 0;
      for (const until = performance.now() + SECONDS * 1_000; performance.now() < until; await pause(SAMPLE_MS))
        most = Math.max(most, residentMiB(server.pid));
      const stop = await other.call('PATCH', `${AGENTS}/${ids[0]}/suspend`, { token });
      const verified = await other.call('POST', '/v1/verify', { body: { token } });
      for (const each of unread) each.end();
      other.close();
      process.stdout.write(`      resident: ${before} MiB before, at most ${most} MiB in ${SECONDS} s\n`);
      expect([stop.status, verified.status]).to.deep.equal([200, 200]);
      expect(most).to.be.within(before, RESIDENT_MIB_MAX);
      await server.stop('SIGKILL');
    }));
});

const residentMiB = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

/** A client that pipelines lists and reads nothing. */
class Unread {
  readonly #port: number;
  readonly #requests: string;
  #socket: Socket | null = null;
  #isOver = false;

  constructor(port: number, token: string) {
    this.#port = port;
    const list = (n: number) => `GET ${AGENTS}?limit=${500 - (n % 2)} HTTP/1.1\r\nhost: x\r\n`;
    const requests = Array.from({ length: PIPELINED }, (_, n) => `${list(n)}authorization: Bearer ${token}\r\n\r\n`);
    this.#requests = requests.join('');
    this.#open();
  }

  #open(): void {
    if (this.#isOver) return;
    const socket = connect(this.#port, '127.0.0.1');
    this.#socket = socket;
    socket.pause();
    socket.once('error', () => socket.destroy());
    socket.once('close', () => setTimeout(() => this.#open(), REOPEN_MS));
    socket.write(this.#requests);
  }

  end(): void {
    this.#isOver = true;
    this.#socket?.destroy();
  }
}
