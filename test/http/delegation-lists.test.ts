// Lists of edges: what a row says, which are in which list, pages, and who sees which of them; the same whether an edge is
// active, has just lapsed, or was read back from disk.
import { expect } from 'chai';
import { World, type CallOptions } from '../world/world.ts';
import { itemsOf, refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

describe('a row of a list of edges', () => {
  let world: World;
  let graph: GraphCallers;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
  });
  after(() => world.destroy());

  it('has the fields of the answer to its creation, its own name for the id, and why it is broad', async () => {
    const [source, target] = await graph.sessions();
    const constraints = { max_hops: 2, budget: 7, resources: ['resource-1'], ttl_seconds: 60 };
    const { body } = await graph.callers.delegate(source, target, { constraints, scopes: ['write', 'read'] });
    const { delegation_edge_id, warnings, allow_reason, effective_authority, ...terms } = body;
    const row = { id: delegation_edge_id, ...terms, broad_reason: null };
    expect(row).to.include({
      zone_id: 'z1',
      source_session_id: source,
      target_session_id: target,
      status: 'active',
      edge_version: 1,
      revoked_at: null,
      parent_edge_id: null,
      created_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-01T00:01:00.000Z',
    });
    for (const list of ['active', `inbound/${target}`, `outbound/${source}`])
      expect(itemsOf(await graph.get(list))).to.deep.equal([row]);
    expect([warnings, (allow_reason as string[]).length, typeof effective_authority]).to.deep.equal([[], 4, 'object']);
  });

  it('says why an edge without a resource was allowed', async () => {
    const [source, target] = await graph.sessions();
    const admin = await graph.as('app-a', 'coordinator.admin');
    const broad = { resource_id: null, constraints: {} };
    const silent = await graph.edge(source, target, broad, admin);
    const reasoned = await graph.edge(source, target, { ...broad, constraints: { broad_reason: 'migration' } }, admin);
    expect((await graph.row(silent))['broad_reason']).to.equal('resource_null_delegation');
    expect(await graph.row(reasoned)).to.deep.include({
      broad_reason: 'migration',
      resource_id: null,
      constraints_json: { ttl_seconds: 3_600, policy_approved: true, broad_reason: 'migration' },
    });
  });
});

describe('the lists of edges', () => {
  let world: World;
  let graph: GraphCallers;
  /** From the source, by when they were made: revoked with the end of their target, expired, and active ones by turns. */
  const ids: string[] = [];
  let source: string;
  let sink: string;
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    [source, sink] = await graph.sessions();
    for (let n = 0; n < 12; n += 1) await add(n);
    world.clock.advance(30_000);
  });
  after(() => world.destroy());

  const add = async (n: number) => {
    const target = n % 3 === 0 ? await world.session() : sink;
    const id = await graph.edge(source, target, { ttl_seconds: n % 3 === 1 ? 30 : 3_000 });
    if (n % 3 === 0) await graph.revoke(id);
    ids.push(id);
  };
  const pageOf = async (path: string, query: string) => {
    const { status, body } = await graph.get(`${path}?${query}`, OPERATOR);
    expect(status).to.equal(200);
    return body as { items: { id: string; status: string }[]; next_cursor: string | null };
  };
  const allOf = async (path: string, limit: number) => {
    const seen: [string, string][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await pageOf(path, cursor === '' ? `limit=${limit}` : `limit=${limit}&cursor=${cursor}`);
      expect(page.items.length).to.be.at.most(limit);
      seen.push(...page.items.map(({ id, status }): [string, string] => [id, status]));
      cursor = page.next_cursor;
    }
    return seen;
  };
  const STATUSES = ['revoked', 'expired', 'active'];
  const expectedOf = (fits: (n: number) => boolean) =>
    ids
      .map((id, n) => [id, STATUSES[n % 3]])
      .filter((_, n) => fits(n))
      .toReversed();

  for (const when of ['before a checkpoint', 'after a restart', 'after one more']) {
    describe(when, () => {
      before(async () => {
        if (when !== 'before a checkpoint') await world.restart();
        if (when === 'after one more') await add(12);
      });

      for (const limit of [1, 5, 500]) {
        it(`give edges of every status, the newest first, in pages of ${limit}`, async () => {
          expect(await allOf(`outbound/${source}`, limit)).to.deep.equal(expectedOf(() => true));
          expect(await allOf(`inbound/${sink}`, limit)).to.deep.equal(expectedOf((n) => n % 3 !== 0));
        });

        it(`give the active ones of the zone and no others in pages of ${limit}`, async () => {
          expect(await allOf('active', limit)).to.deep.equal(expectedOf((n) => n % 3 === 2));
        });
      }

      it('go on from an edge that has lapsed since the page before', async () => {
        const { items } = await pageOf(`outbound/${source}`, `cursor=${ids[3]}`);
        expect(items.map(({ id }) => id)).to.deep.equal([ids[2], ids[1], ids[0]]);
        expect((await pageOf('active', `cursor=${ids[3]}`)).items.map(({ id }) => id)).to.deep.equal([ids[2]]);
      });
    });
  }

  it('have no next page after one that is exactly full', async () => {
    expect((await pageOf(`outbound/${source}`, 'limit=12')).next_cursor).to.equal(null);
    expect((await pageOf(`outbound/${source}`, 'limit=11')).next_cursor).to.equal(ids[1]);
  });

  it('are empty for a session without edges, and know of no session that is not there', async () => {
    const alone = await world.session();
    for (const direction of ['inbound', 'outbound']) {
      expect((await graph.get(`${direction}/${alone}`)).body).to.deep.equal({ items: [], next_cursor: null });
      expect(refusalOf(await graph.get(`${direction}/nobody`))).to.deep.equal([404, 'agent_not_found']);
      expect(refusalOf(await graph.get(`${direction}/nobody?cursor=${alone}`))).to.deep.equal([404, 'agent_not_found']);
    }
  });

  it('give what a session that has ended held', async () => {
    const [from, target] = await graph.sessions();
    const id = await graph.edge(from, target);
    await graph.callers.end(target);
    expect(itemsOf(await graph.get(`inbound/${target}`)).map((each) => each['id'])).to.deep.equal([id]);
  });

  for (const query of ['limit=0', 'limit=501', 'limit=1.5', 'limit=1&limit=2']) {
    it(`refuse ?${query}`, async () => {
      for (const list of ['active', `inbound/${sink}`, `outbound/${source}`])
        expect(refusalOf(await graph.get(`${list}?${query}`))).to.deep.equal([400, 'invalid_query']);
    });
  }

  it('refuse a cursor that is no id', async () => {
    for (const list of ['active', `inbound/${sink}`, `outbound/${source}`])
      expect(refusalOf(await graph.get(`${list}?cursor=nobody`))).to.deep.equal([400, 'invalid_cursor']);
  });
});

describe('whoever lists edges', () => {
  let world: World;
  let graph: GraphCallers;
  let [source, receiver, other] = ['', '', ''];
  let [own, handed, foreign] = ['', '', ''];
  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    source = await world.session();
    const second = await world.session();
    [receiver, other] = [await graph.sessionOf('app-b'), await graph.sessionOf('app-b')];
    own = await graph.edge(source, second);
    const to = { receiver_application_id: 'app-b' };
    handed = await graph.edge(source, receiver, to, await graph.as('app-a', 'coordinator.delegate_to:app-b'));
    const within = { issuer_application_id: 'app-b', ...to };
    foreign = await graph.edge(other, receiver, within, await graph.as('app-b'));
  });
  after(() => world.destroy());

  const seen = async (path: string, options: CallOptions) =>
    itemsOf(await graph.get(path, options)).map((each) => each['id']);

  const callers: readonly [
    string,
    () => Promise<CallOptions>,
    () => { all: string[]; outbound: string[]; inbound: string[] },
  ][] = [
    [
      'as the issuer sees what it handed on',
      () => graph.as('app-a'),
      () => ({ all: [handed, own], outbound: [handed, own], inbound: [handed] }),
    ],
    [
      'as the receiver sees what it was handed',
      () => graph.as('app-b'),
      () => ({ all: [foreign, handed], outbound: [handed], inbound: [foreign, handed] }),
    ],
    ['as neither sees none', () => graph.as('app-c'), () => ({ all: [], outbound: [], inbound: [] })],
    [
      'and may delegate for another still sees none of that',
      () => graph.as('app-c', 'coordinator.delegate_from:app-a coordinator.delegate_to:app-b'),
      () => ({ all: [], outbound: [], inbound: [] }),
    ],
    [
      'as an admin sees all',
      () => graph.as('app-c', 'coordinator.admin'),
      () => ({ all: [foreign, handed, own], outbound: [handed, own], inbound: [foreign, handed] }),
    ],
    [
      'as the operator sees all',
      () => Promise.resolve(OPERATOR),
      () => ({ all: [foreign, handed, own], outbound: [handed, own], inbound: [foreign, handed] }),
    ],
  ];
  for (const [who, optionsOf, expectedOf] of callers) {
    it(who, async () => {
      const options = await optionsOf();
      const { all, outbound, inbound } = expectedOf();
      expect(await seen('active', options)).to.deep.equal(all);
      expect(await seen(`outbound/${source}`, options)).to.deep.equal(outbound);
      expect(await seen(`inbound/${receiver}`, options)).to.deep.equal(inbound);
      // Pages hold as many as the caller may see, whatever lies between.
      expect(await seen('active?limit=1', options)).to.deep.equal(all.slice(0, 1));
    });
  }

  it('of another zone, or with no token, is refused', async () => {
    for (const list of ['active', `inbound/${receiver}`, `outbound/${source}`]) {
      const elsewhere = { token: await world.token({ zone: 'z2' }) };
      expect(refusalOf(await graph.get(list, elsewhere))).to.deep.equal([403, 'zone_mismatch']);
      expect(refusalOf(await graph.get(list, { token: null }))).to.deep.equal([401, 'missing_token']);
    }
    const { body } = await world.call('GET', '/zones/z2/delegations/active', undefined, OPERATOR);
    expect(body['items']).to.deep.equal([]);
  });
});
