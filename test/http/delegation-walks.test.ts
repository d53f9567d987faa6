// Traverse and impact in pages: together the pages equal one answer.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { GraphCallers } from './graph-callers.ts';

const LISTS = [
  'affected_edges',
  'also_revoked_edges',
  'affected_agents',
  'affected_subject_sessions',
  'terminated_agents',
  'cancelled_invocations',
];

describe('a walk over the graph', () => {
  let world: World;
  let graph: GraphCallers;
  let edge: string;

  before(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    const [a, b, c, d, e] = await graph.sessions();
    edge = await graph.edge(a, b, { hops: 3 });
    for (const target of [c, d, e]) await graph.edge(b, target, { hops: 2 });
    await world.session({ parent_id: c, parent_authority: 'none' });
  });

  after(() => world.destroy());

  const impact = async (query: string) => (await graph.get(`${edge}/impact${query}`)).body;

  it('is one answer if no limit is given', async () => {
    const body = await impact('');
    expect(body['next_cursor']).to.equal(null);
    expect(body['affected_edges']).to.have.length(4);
    expect(body['terminated_agents']).to.have.length(5);
  });

  it('gives the impact of a revocation in pages', async () => {
    const whole = await impact('');
    const found = new Map<string, unknown[]>(LISTS.map((list) => [list, []]));
    let cursor: string | null = null;
    let pages = 0;
    do {
      const query: string = cursor === null ? '?limit=2' : `?limit=2&cursor=${encodeURIComponent(cursor)}`;
      const body = await impact(query);
      const rows = LISTS.flatMap((list) => body[list] as unknown[]);
      expect(rows.length).to.be.at.most(2);
      for (const list of LISTS) found.get(list)?.push(...(body[list] as unknown[]));
      cursor = body['next_cursor'] as string | null;
      pages += 1;
    } while (cursor !== null);
    expect(pages).to.be.above(4);
    for (const list of LISTS) expect(found.get(list), list).to.deep.equal(whole[list]);
  });

  it('gives a traversal in pages, with the cursor in a header', async () => {
    const whole = JSON.parse((await graph.get(`${edge}/traverse`)).text) as unknown[];
    const first = await graph.get(`${edge}/traverse?limit=3`);
    const next = first.headers.get('coordinator-next-cursor');
    const second = await graph.get(`${edge}/traverse?limit=3&cursor=${next}`);
    expect([...JSON.parse(first.text), ...JSON.parse(second.text)]).to.deep.equal(whole);
    expect(second.headers.get('coordinator-next-cursor')).to.equal(null);
  });

  it('refuses a cursor that is not a place in it', async () => {
    for (const walk of ['impact', 'traverse']) {
      const { status, body } = await graph.get(`${edge}/${walk}?cursor=nowhere`);
      expect([status, body['error']]).to.deep.equal([400, 'invalid_cursor']);
    }
  });
});
