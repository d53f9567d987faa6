// Authority never comes back to where it came from: circles of any length are refused with the way round, and what only
// looks like one is not.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { Delegators } from './delegators.ts';

const CYCLE = [409, 'delegation_cycle_denied'];
const constraints = { max_hops: 2 };

describe('a circle of delegations', () => {
  let world: World;
  let delegators: Delegators;
  before(async () => {
    world = await World.create();
    delegators = new Delegators(world);
  });
  after(() => world.destroy());

  const sessions = (count: number) => Promise.all(Array.from({ length: count }, () => delegators.session()));

  /** Sessions in a row, each with an edge to the next. Made from the last one on, so that no edge has a parent. */
  const chain = async (count: number): Promise<string[]> => {
    const row = await sessions(count);
    for (let n = count - 2; n >= 0; n -= 1) {
      await delegators.edge(String(row[n]), String(row[n + 1]), { constraints });
    }
    return row;
  };

  const close = (row: readonly string[]) => delegators.delegate(String(row.at(-1)), String(row[0]));

  for (const length of [2, 3, 40]) {
    it(`of ${length} edges is refused, and told from its source round to its source`, async () => {
      const row = await chain(length);
      const answer = await close(row);
      expect(refusalOf(answer)).to.deep.equal(CYCLE);
      expect(answer.body['details']).to.deep.equal({ path: [row.at(-1), ...row] });
      expect(await delegators.inbound(String(row[0]))).to.deep.equal([]);
    });
  }

  it('is refused after a restart as before', async () => {
    const row = await chain(4);
    await world.restart();
    const answer = await close(row);
    expect(answer.body['details']).to.deep.equal({ path: [row.at(-1), ...row] });
  });

  it('is told by one way that is there where there are several', async () => {
    const row = (await chain(5)) as [string, string, string, string, string];
    const [first, , , fourth, last] = row;
    await delegators.edge(first, fourth, { constraints });
    const { details } = (await close(row)).body as { details: { path: string[] } };
    const ways = [row, [first, fourth, last]].map((way) => [last, ...way].join());
    expect(ways).to.include(details.path.join());
  });

  it('may lie across applications', async () => {
    const [own, theirs] = [await delegators.session(), await delegators.session('app-b')];
    const admin = await delegators.as('app-a', 'coordinator.delegate_from:app-b coordinator.delegate_to:app-b');
    await delegators.edge(own, theirs, { receiver_application_id: 'app-b', constraints }, admin);
    const back = await delegators.delegate(theirs, own, { issuer_application_id: 'app-b' }, admin);
    expect(refusalOf(back)).to.deep.equal(CYCLE);
  });

  it('is none once one of its edges has run out', async () => {
    const [first, second, last] = (await sessions(3)) as [string, string, string];
    await delegators.edge(second, last, { constraints });
    await delegators.edge(first, second, { constraints, ttl_seconds: 1 });
    const back = { ttl_seconds: 60 };
    expect(refusalOf(await delegators.look(last, first, back))).to.deep.equal(CYCLE);
    world.clock.advance(1_000);
    expect((await delegators.look(last, first, back)).status).to.equal(200);
  });

  it('is not what edges side by side are, nor two ways to one session', async () => {
    const [top, left, right, bottom] = (await sessions(4)) as [string, string, string, string];
    const parallel = [await delegators.edge(left, bottom), await delegators.edge(left, bottom)];
    expect(new Set(parallel).size).to.equal(2);
    for (const [from, to] of [
      [right, bottom],
      [top, left],
      [top, right],
    ] as const) {
      await delegators.edge(from, to, { constraints });
    }
    expect((await delegators.inbound(bottom)).length).to.equal(3);
  });

  it('is not what parents and children of sessions make', async () => {
    const parent = await delegators.session();
    const child = await delegators.session('app-a', { parent_id: parent });
    expect((await delegators.delegate(child, parent)).status).to.equal(201);
  });
});
