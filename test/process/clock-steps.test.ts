// The real process under what happens to clocks: it is stopped for longer than a lease, and the wall clock of its host is set.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { Connection, inFolder, mintToken, ServerProcess, until } from './parts/server.ts';

const LEASE_SECONDS = 2;
const HOUR_MS = 3_600_000;

/** Moves `Date` by the number in a file, as a host does whose clock is set. */
const steppingDate = (file: string): string => `
import { readFileSync } from 'node:fs';
const Real = Date;
const real = Date.now.bind(Date);
const moved = () => real() + Number(readFileSync(${JSON.stringify(file)}, 'utf8'));
globalThis.Date = class extends Real {
  constructor(...given) { if (given.length === 0) super(moved()); else super(...given); }
  static now() { return moved(); }
};
`;

const A = '/zones/z1/agents';

const opened = async (dataDir: string, environment: Readonly<Record<string, string>> = {}) => {
  const server = await ServerProcess.start({
    DATA_DIR: dataDir,
    SERVICE_AGENT_LEASE_SECONDS: String(LEASE_SECONDS),
    ...environment,
  });
  const token = await mintToken(dataDir, 'z1', 'app-a');
  const call = (connection: Connection, method: string, path: string, body?: object) =>
    connection.call(method, path, body === undefined ? { token } : { token, body });
  const made = async (path: string, body: object, id: string): Promise<string> => {
    const { body: answer } = await call(new Connection(server.url), 'POST', path, { application_id: 'app-a', ...body });
    return String(answer?.[id]);
  };
  return { server, call, made };
};

describe('a process under a clock that is not steady', function () {
  this.timeout(40_000);

  it('keeps leases and running work through a stop that is longer, and takes what waited in its sockets', () =>
    inFolder(async (dataDir) => {
      const { server, call, made } = await opened(dataDir);
      const session = await made(A, { lifecycle: 'service' }, 'agent_session_id');
      const silent = await made(A, { lifecycle: 'service' }, 'agent_session_id');
      const service = await made('/zones/z1/agent-services', { endpoint_url: 'http://s.example/' }, 'id');
      const invocation = await made(
        '/zones/z1/invocations',
        {
          service_id: service,
          idempotency_key: 'k',
          method: 'm',
          timeout_ms: 1_500,
          retry_policy: { max_attempts: 1 },
        },
        'id',
      );
      const [beating, completing] = [new Connection(server.url), new Connection(server.url)];
      expect((await call(completing, 'PATCH', `/zones/z1/invocations/${invocation}/start`)).status).to.equal(200);
      expect((await call(beating, 'POST', `${A}/${session}/heartbeat`, {})).status).to.equal(200);
      server.signal('SIGSTOP');
      const waiting = Promise.all([
        call(beating, 'POST', `${A}/${session}/heartbeat`, {}),
        call(completing, 'PATCH', `/zones/z1/invocations/${invocation}/complete`, { status: 'succeeded' }),
      ]);
      await pause(2 * LEASE_SECONDS * 1_000);
      server.signal('SIGCONT');
      expect((await waiting).map(({ status }) => status)).to.deep.equal([200, 200]);
      for (const id of [session, silent])
        expect((await call(beating, 'GET', `${A}/${id}`)).body).to.include({ status: 'active' });
      const status = async () => (await call(beating, 'GET', `${A}/${silent}`)).body?.['status'];
      expect(await until(status, (seen) => seen === 'suspended'), 'a lease still runs out').to.equal('suspended');
      expect(await server.stop()).to.include({ code: 0 });
    }));

  it('lets everything end at its own time although the wall clock is set back by an hour', () =>
    inFolder(async (dataDir) => {
      const offset = join(dataDir, 'offset');
      const preload = join(dataDir, 'stepping-date.mjs');
      await writeFile(offset, '0');
      await writeFile(preload, steppingDate(offset));
      const data = join(dataDir, 'data');
      const { server, call, made } = await opened(data, { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}` });
      const task = await made(A, { ttl_seconds: 3 }, 'agent_session_id');
      const service = await made(A, { lifecycle: 'service' }, 'agent_session_id');
      await writeFile(offset, String(-HOUR_MS));
      await server.logged('the wall clock stepped; see "Clock steps" in TROUBLESHOOTING');
      const connection = new Connection(server.url);
      const statuses = async () =>
        Promise.all([task, service].map(async (id) => (await call(connection, 'GET', `${A}/${id}`)).body?.['status']));
      const ended = await until(statuses, ([first, second]) => first === 'expired' && second === 'suspended');
      expect(ended).to.deep.equal(['expired', 'suspended']);
      const { status, body } = await connection.call('GET', '/ready');
      expect(status).to.equal(200);
      expect(body?.['clock']).to.include({ state: 'disputed' });
      expect(await server.stop()).to.include({ code: 0 });
    }));
});
