// Fractional retentions in the real process: ended records are deleted on time in a zone that writes too few entries for a
// checkpoint and stays awake.
import { expect } from 'chai';
import { Connection, inFolder, mintToken, ServerProcess, until, verify } from './parts/server.ts';

const DAYS = '0.0001';
const RETENTION_MS = Number(DAYS) * 86_400_000;
/** Time for the alarm, one checkpoint and the answer. */
const LATE_MS_MAX = 10_000;

/** The instant of an event may be earlier than its answer by this much. */
const EARLY_MS_MAX = 1_000;

const ZONE = '/zones/z1';

describe('a retention of seconds', function () {
  this.timeout(60_000);

  it('keeps ended records and an idempotency key for that long and no longer', () =>
    inFolder(async (dataDir) => {
      const server = await ServerProcess.start({
        DATA_DIR: dataDir,
        SESSION_RETENTION_DAYS: DAYS,
        DELEGATION_RETENTION_DAYS: DAYS,
        IDEMPOTENCY_RETENTION_SECONDS: String(RETENTION_MS / 1_000),
        CLOCK_STEADY_SECONDS: '0',
      });
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const connection = new Connection(server.url);
      const call = (method: string, path: string, body?: object, headers = {}) =>
        connection.call(method, `${ZONE}/${path}`, { token, headers, ...(body && { body }) });
      const started = async (body: object, key: string): Promise<string> => {
        const made = await call('POST', 'agents', { application_id: 'app-a', ...body }, { 'idempotency-key': key });
        return String(made.body?.['agent_session_id']);
      };
      const keyed = () => started({ lifecycle: 'service' }, 'key');

      const root = await keyed();
      const keyedAt = Date.now();
      const child = await started({ parent_id: root }, 'key-child');
      const edge = await call('POST', 'delegations', {
        source_session_id: root,
        target_session_id: child,
        issuer_application_id: 'app-a',
        receiver_application_id: 'app-a',
        resource_id: 'files',
        scopes: ['read'],
        ttl_seconds: 600,
      });
      expect(edge.status).to.equal(201);
      expect((await call('DELETE', `agents/${child}`)).status).to.equal(204);
      const endedAt = Date.now();

      const goneAfter = async (look: () => Promise<boolean>, since: number): Promise<number> => {
        await until(look, (isGone) => isGone);
        return Date.now() - since;
      };
      const ages = await Promise.all([
        goneAfter(async () => (await call('GET', `agents/${child}`)).status === 404, endedAt),
        goneAfter(async () => {
          const { body } = await call('GET', `delegations/inbound/${child}`);
          return (body?.['items'] as readonly unknown[] | undefined)?.length !== 1;
        }, endedAt),
        goneAfter(async () => (await keyed()) !== root, keyedAt),
      ]);
      for (const ageMs of ages) expect(ageMs).to.be.within(RETENTION_MS - EARLY_MS_MAX, RETENTION_MS + LATE_MS_MAX);
      expect((await call('GET', `agents/${root}`)).body).to.include({ status: 'active' });
      connection.close();
      expect(await server.stop()).to.include({ code: 0 });
      const { code, stdout } = await verify('--data', dataDir);
      expect(code, stdout).to.equal(0);
    }));
});
