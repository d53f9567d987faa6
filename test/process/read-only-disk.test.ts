// The disk fills up under load, and stays full. Reads, verify and stops work, also after a restart, and additions are refused.
// Once there is room all commands work again, on all acknowledged changes and nothing else.
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createOwnIssuer } from '../../src/auth/own-issuer.ts';
import { systemClock } from '../../src/clock.ts';
import { OWN_ISSUER } from '../world/own-issuer.ts';
import { seedOfRun } from './parts/random.ts';
import { smallFileSystem } from './parts/scarce-disk.ts';
import { Connection, inFolder, mintToken, ServerProcess, until, type Answered } from './parts/server.ts';
import { Town } from './parts/town.ts';

const ANSWERS = 200;
const ZONE = 'stops';
const RESERVE_MIB = 8;

describe('a disk that stays full', function () {
  this.timeout(60_000);

  it('serves reads, verifications and stops, across restarts', async function () {
    await inFolder(async (folder) => {
      const dataDir = await smallFileSystem.make(folder).catch((error: unknown) => {
        process.stdout.write(`      skipped, not permitted here: ${String(error)}\n`);
        return this.skip();
      });
      const stage = new Stage(dataDir);
      try {
        await stage.play();
      } finally {
        await stage.end();
        await smallFileSystem.remove(dataDir);
      }
    });
  });
});

class Stage {
  readonly #dataDir: string;
  #server!: ServerProcess;
  #connection!: Connection;
  #token = '';

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async play(): Promise<void> {
    const seed = seedOfRun();
    process.stdout.write(`      SEED=${seed}\n`);
    const town = await Town.found(this.#dataDir, { zones: 2, tenantsPerZone: 3 }, seed);
    this.#token = await mintToken(this.#dataDir, ZONE, 'app-a');
    await this.#start();
    expect((await stat(join(this.#dataDir, 'reserve'))).size).to.equal(RESERVE_MIB * 1024 * 1024);
    const [held, ended, kept] = [await this.#session(), await this.#session(), await this.#session()];

    let filled = Promise.resolve();
    await town.work(this.#server, ANSWERS, () => {
      filled = smallFileSystem.fill(this.#dataDir, this.#server);
    });
    await filled;
    for (const { stoppedBy } of town.tenants) expect(stoppedBy).to.equal('journal_unavailable');
    await this.#until('lessening');
    await this.#expectStops(held, ended, kept);
    await town.checkReads(this.#server);

    await this.#restart();
    await this.#until('lessening');
    await this.#expectStopped(held, ended, kept);

    // Without any free byte, stored data is read from a copy on another file system.
    await smallFileSystem.fill(this.#dataDir, this.#server);
    await this.#restart();
    await this.#until('nothing');
    await this.#expectStopped(held, ended, kept);
    expect(await this.#call('PATCH', `agents/${kept}/suspend`)).to.have.nested.property(
      'body.details.reason',
      'disk_full',
    );
    await town.checkReads(this.#server);

    await smallFileSystem.free(this.#dataDir, this.#server);
    await until(
      () => this.#connection.call('GET', '/ready'),
      ({ status }) => status === 200,
    );
    await this.#expectStopped(held, ended, kept);
    await town.check(this.#server);
    expect((await this.#call('PATCH', `agents/${held}/resume`)).status).to.equal(200);
    await town.work(this.#server, ANSWERS, () => this.#server.signal('SIGKILL'));
    await this.#start();
    await town.check(this.#server);
    expect(await this.#server.stop()).to.include({ code: 0 });
  }

  async end(): Promise<void> {
    this.#connection?.close();
    this.#server?.signal('SIGKILL');
    await this.#server?.exited;
    await rm(join(this.#dataDir, 'ballast'), { force: true });
  }

  async #expectStops(held: string, ended: string, kept: string): Promise<void> {
    expect(await this.#verified(held)).to.equal('valid');
    expect((await this.#call('PATCH', `agents/${held}/suspend`)).status).to.equal(200);
    expect((await this.#call('DELETE', `agents/${ended}`)).status).to.equal(204);
    await this.#expectStopped(held, ended, kept);
    const refused = await this.#call('POST', 'agents', { application_id: 'app-a' });
    expect(refused.status).to.equal(503);
    expect(refused.headers['retry-after']).to.equal('5');
    expect(refused.body).to.deep.include({ error: 'journal_unavailable', details: { reason: 'disk_full' } });
  }

  async #expectStopped(held: string, ended: string, kept: string): Promise<void> {
    expect(await this.#verified(held)).to.equal('session_suspended');
    expect(await this.#verified(ended)).to.equal('session_terminated');
    expect(await this.#verified(kept)).to.equal('valid');
    const { status, body } = await this.#call('GET', 'agents');
    expect(status).to.equal(200);
    expect(body?.['items']).to.have.length(3);
    expect((await this.#call('GET', `agents/${held}/history`)).status).to.equal(200);
  }

  /** Returns the accepted changes from `/ready`. */
  async #until(takes: 'lessening' | 'nothing'): Promise<void> {
    const { body } = await until(
      () => this.#connection.call('GET', '/ready'),
      ({ status, body: said }) => status === 503 && takesOf(said) === takes,
    );
    expect(body).to.deep.include({ ok: false, dependency: 'journal', read_only: { reason: 'disk_full', takes } });
  }

  async #start(): Promise<void> {
    this.#connection?.close();
    this.#server = await ServerProcess.start({ DATA_DIR: this.#dataDir, DISK_RESERVE_MIB: String(RESERVE_MIB) });
    this.#connection = new Connection(this.#server.url);
  }

  async #restart(): Promise<void> {
    this.#server.signal('SIGKILL');
    await this.#server.exited;
    await this.#start();
  }

  async #session(): Promise<string> {
    const { body } = await this.#call('POST', 'agents', { application_id: 'app-a' });
    return String(body?.['agent_session_id']);
  }

  /** `valid`, or why a token of the session is not. */
  async #verified(agentSessionId: string): Promise<string> {
    const issuer = createOwnIssuer({ dataDir: this.#dataDir, issuer: OWN_ISSUER, clock: systemClock });
    const token = await issuer.mint({
      zone: ZONE,
      applicationId: 'app-a',
      subject: 'tester',
      scope: 'agent:lifecycle',
      sid: 'user-1',
      agentSessionId,
      ttlSeconds: 3_600,
      now: systemClock.now(),
    });
    const { body } = await this.#connection.call('POST', '/v1/verify', { body: { token } });
    return body?.['valid'] === true ? 'valid' : String(body?.['reason'] ?? body?.['error']);
  }

  #call(method: string, path: string, body?: object): Promise<Answered> {
    const sending = { token: this.#token, ...(body && { body }) };
    return this.#connection.call(method, `/zones/${ZONE}/${path}`, sending);
  }
}

const takesOf = (body: Answered['body']): unknown => (body?.['read_only'] as { takes?: string } | undefined)?.takes;
