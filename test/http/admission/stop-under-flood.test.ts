// A stop while its application and its address flood a server with large lists and worthless bearers: it is answered, never refused,
// and does not queue behind the flood. Both times are measured at once, so that a slow machine slows both down. How soon a stop is
// answered on a quiet machine is measured by `npm run bench -- flood`.
import { expect } from 'chai';
import { askFor, closeAll, Connection, load, median, quantile, type Asked } from '../../../bench/client.ts';
import { inFolder, mintToken, OPERATOR_TOKEN, ServerProcess } from '../../process/parts/server.ts';

const AGENTS = '/zones/z1/agents';
const SESSIONS = 500;
/** Connections of the application that ask for lists, and of clients whose bearer proves nothing. */
const LISTING = 64;
const WORTHLESS = 8;
/** Stops of each kind. A median of so few does not show the slowest: those are the business of the bench. */
const STOPS = 20;
/** Without a lane of its own, a stop takes as long as a request of the flood. */
const FLOOD_TIMES_MIN = 4;
const MEDIAN_MS_MAX = 250;

describe('a stop under a flood', function () {
  this.timeout(120_000);

  it('is answered, by the operator and by the application, several times sooner than the flood', () =>
    inFolder(async (dataDir) => {
      // Tokens that prove nothing have a limit of their own, which they exceed.
      const server = await ServerProcess.start({ DATA_DIR: dataDir, COORDINATOR_RATE_LIMIT_PER_MIN: '1000000' });
      const port = Number(new URL(server.url).port);
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const open = (count: number, bearer: string) =>
        Promise.all(Array.from({ length: count }, () => Connection.open(port, bearer)));
      const [listing, worthless, [operator], [application]] = await Promise.all([
        open(LISTING, token),
        open(WORTHLESS, 'not.a.token'),
        open(1, OPERATOR_TOKEN),
        open(1, token),
      ]);
      const sessions = await started(listing);

      const flood = new Flood();
      const flooding = [
        ...listing.map((each) => flood.keepAsking(each, { method: 'GET', path: `${AGENTS}?limit=500` })),
        ...worthless.map((each) => flood.keepAsking(each, { method: 'GET', path: AGENTS })),
      ];
      while (flood.times.length < LISTING || !flood.statuses.has(429)) await nextTurn();

      const suspend = (id?: string): Asked => ({ method: 'PATCH', path: `${AGENTS}/${id}/suspend` });
      const verify = { method: 'POST', path: '/v1/verify', body: JSON.stringify({ token }) };
      const times: number[] = [];
      for (let n = 0; n < STOPS; n += 1) {
        times.push((await askFor(operator as Connection, suspend(sessions[n]), 200)).ms);
        times.push((await askFor(application as Connection, suspend(sessions[STOPS + n]), 200)).ms);
        times.push((await askFor(application as Connection, verify, 200)).ms);
      }
      flood.end();
      await Promise.all(flooding);
      closeAll([...listing, ...worthless, operator as Connection, application as Connection]);
      await server.stop();

      const shown = (values: readonly number[]) => [0.5, 0.99].map((q) => quantile(values, q).toFixed(1)).join(' / ');
      process.stdout.write(`      stops p50 / p99 ${shown(times)} ms, lists of the flood ${shown(flood.times)} ms\n`);
      expect(median(times)).to.be.lessThan(MEDIAN_MS_MAX);
      expect(median(times) * FLOOD_TIMES_MIN, 'so many times the median of stops').to.be.lessThan(median(flood.times));
    }));
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const started = async (connections: readonly Connection[]): Promise<readonly string[]> => {
  const ids: string[] = [];
  const start = { method: 'POST', path: AGENTS, body: JSON.stringify({ application_id: 'app-a' }) };
  await load(
    connections,
    SESSIONS,
    () => start,
    201,
    ({ body }) => {
      ids.push(String((JSON.parse(body) as Record<string, unknown>)['agent_session_id']));
    },
  );
  return ids;
};

class Flood {
  readonly statuses = new Set<number>();
  /** Of what was answered with success, milliseconds. */
  readonly times: number[] = [];
  #isOver = false;

  async keepAsking(connection: Connection, asked: Asked): Promise<void> {
    while (!this.#isOver) {
      const { status, ms } = await connection.ask(asked);
      this.statuses.add(status);
      if (status === 200) this.times.push(ms);
    }
  }

  end(): void {
    this.#isOver = true;
  }
}
