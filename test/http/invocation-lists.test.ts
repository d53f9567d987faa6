// Lists of invocations: every status, service and session as a filter, in pages, the same whether they are in memory, have
// just ended, or were read back from disk.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { Callers, itemsOf, refusalOf } from './callers.ts';

const FAILED = ['complete', { status: 'failed', error: { secret: 1 } }] as const;
type Move = readonly ['start' | 'cancel' | 'complete', object?];

/** How an invocation of two attempts comes to each status. */
const WAYS: readonly (readonly [string, readonly Move[]])[] = [
  ['pending', []],
  ['failed', [['start'], FAILED]],
  ['running', [['start']]],
  ['cancel_requested', [['start'], ['cancel', { reason: 'secret' }]]],
  ['canceled', [['cancel']]],
  ['succeeded', [['start'], ['complete', { status: 'succeeded' }]]],
  ['failed', [['start'], FAILED, ['start'], FAILED]],
  ['timed_out', [['start'], FAILED, ['start']]],
];
const TIMEOUT_MS = 1_000;

interface Made {
  readonly id: string;
  readonly status: string;
  readonly service: string;
  readonly sessions: readonly (string | null)[];
}

describe('lists of invocations', () => {
  let world: World;
  let callers: Callers;
  const made: Made[] = [];
  let services: readonly string[];
  let sessions: readonly string[];

  const make = async (n: number): Promise<Made> => {
    const [status, moves] = WAYS[n % WAYS.length] ?? ['pending', []];
    const service = services[n % 3 === 0 ? 1 : 0] ?? '';
    const [source, target] = [n % 2 ? (sessions[0] ?? null) : null, n % 5 === 0 ? (sessions[1] ?? null) : null];
    const id = await callers.invocation({
      service_id: service,
      source_session_id: source,
      target_session_id: target,
      params: { secret: n },
      metadata: { secret: n },
      timeout_ms: status === 'timed_out' ? TIMEOUT_MS : 900_000,
      retry_policy: { max_attempts: 2 },
    });
    for (const [verb, body] of moves) await callers.move(id, verb, body);
    return { id, status, service, sessions: [source, target] };
  };

  before(async () => {
    world = await World.create({ CHECKPOINT_EVERY_ENTRIES: '10' });
    callers = new Callers(world);
    services = [await callers.service(), await callers.service()];
    sessions = [await world.session(), await world.session()];
    for (let n = 0; n < 3 * WAYS.length; n += 1) made.unshift(await make(n));
    world.clock.advance(TIMEOUT_MS);
  });
  after(() => world.destroy());

  const rowsInPages = async (query: string, limit: number) => {
    const rows: Record<string, unknown>[] = [];
    for (let cursor = ''; ;) {
      const answer = await callers.list(`limit=${limit}${query}${cursor}`);
      expect(answer.status).to.equal(200);
      expect(itemsOf(answer).length).to.be.at.most(limit);
      rows.push(...itemsOf(answer));
      if (answer.body['next_cursor'] === null) return rows;
      cursor = `&cursor=${answer.body['next_cursor'] as string}`;
    }
  };
  const has = (session: number) => (each: Made) => each.sessions.includes(sessions[session] ?? '');

  for (const when of ['before a restart', 'after a restart']) {
    describe(when, () => {
      before(async () => {
        if (when === 'after a restart') await world.restart();
      });

      for (const limit of [1, 5, 500]) {
        it(`give all of them in pages of ${limit}, with their words`, async () => {
          const rows = await rowsInPages('', limit);
          expect(rows.map(({ id, status }) => [id, status])).to.deep.equal(made.map(({ id, status }) => [id, status]));
        });

        for (const status of new Set(WAYS.map(([word]) => word))) {
          it(`give those that are ${status} in pages of ${limit}`, async () => {
            const expected = made.filter((each) => each.status === status).map(({ id }) => id);
            expect((await rowsInPages(`&status=${status}`, limit)).map(({ id }) => id)).to.deep.equal(expected);
          });
        }
      }

      it('give those of a service and of a session, source or target, and of several filters at once', async () => {
        const idsOf = async (query: string) => (await rowsInPages(query, 2)).map(({ id }) => id);
        const expected = (fits: (each: Made) => boolean) => made.filter(fits).map(({ id }) => id);
        expect(await idsOf(`&service_id=${services[1]}`)).to.deep.equal(expected((e) => e.service === services[1]));
        for (const n of [0, 1]) expect(await idsOf(`&session_id=${sessions[n]}`)).to.deep.equal(expected(has(n)));
        const all = `&service_id=${services[0]}&session_id=${sessions[0]}&status=failed`;
        expect(await idsOf(all)).to.deep.equal(
          expected((e) => e.service === services[0] && has(0)(e) && e.status === 'failed'),
        );
        expect(await idsOf('&service_id=nobody')).to.deep.equal([]);
        expect(await idsOf('&session_id=nobody')).to.deep.equal([]);
      });

      it('show what one alone shows, without what was written freely', async () => {
        for (const row of await rowsInPages('', 100)) {
          const { params_json, metadata_json, error_json, ...rest } = (await callers.get(String(row['id']))).body;
          expect(row).to.deep.equal(rest);
          for (const written of [params_json, metadata_json, error_json]) expect(written).to.not.equal(undefined);
        }
        expect((await callers.list('limit=500')).text).to.not.contain('secret');
      });
    });
  }

  it('are empty for the status dead, which no invocation has', async () => {
    const { status, body } = await callers.list('status=dead');
    expect([status, body]).to.deep.equal([200, { items: [], next_cursor: null }]);
    expect(refusalOf(await callers.list('status=lost'))).to.deep.equal([400, 'invalid_query']);
  });

  it('have no next page after one that is exactly full', async () => {
    expect((await callers.list(`limit=${made.length}`)).body['next_cursor']).to.equal(null);
    const next = (await callers.list(`limit=${made.length - 1}`)).body['next_cursor'];
    expect(next).to.equal(made.at(-2)?.id);
  });

  it('refuse a cursor that is no id', async () => {
    for (const cursor of ['nobody', 'a.b', '1'])
      expect(refusalOf(await callers.list(`cursor=${cursor}`))).to.deep.equal([400, 'invalid_cursor']);
  });

  it('take any id as a place in their order', async () => {
    const last = made.at(-1)?.id ?? '';
    const between = `${last.slice(0, -1)}${last.endsWith('0') ? '1' : '0'}`;
    const rest = (await callers.list(`cursor=${between}`)).body['items'] as { id: string }[];
    expect(rest.map(({ id }) => id)).to.deep.equal(
      made
        .map(({ id }) => id)
        .filter((id) => id < between)
        .toSorted()
        .toReversed(),
    );
  });

  for (const query of [
    'limit=0',
    'limit=501',
    'limit=1e2',
    'status=',
    'status=cancelled',
    'service_id=',
    'session_id=%00',
  ]) {
    it(`refuse ?${query}`, async () => {
      const answer = await callers.list(query);
      expect(refusalOf(answer)).to.deep.equal([400, 'invalid_query']);
      const { issues } = answer.body['details'] as { issues: { path: string[] }[] };
      expect(issues[0]?.path).to.deep.equal([query.split('=')[0]]);
    });
  }
});
