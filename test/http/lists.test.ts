// Lists: newest first, filters, cursors; the same whether a session is live, has just ended, or was read back from disk.
import { expect } from 'chai';
import { World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';
interface Row {
  readonly agent_session_id: string;
}

describe('lists of sessions', () => {
  let world: World;
  const ids: string[] = [];
  before(async () => {
    world = await World.create({ MAX_AGENT_CHILDREN: '50' });
    const token = await world.token({ app: 'app-b' });
    for (let n = 0; n < 24; n += 1) {
      const own = n % 3 === 0 ? { application_id: 'app-b' } : {};
      const parent = n > 0 && n < 12 && n % 3 !== 0 ? { parent_id: ids[1] ?? null } : {};
      const lifecycle = n % 4 === 0 ? 'service' : 'task';
      const labels = n % 2 === 0 ? ['even', 'number'] : ['odd'];
      const under = n > 1 ? parent : {};
      ids.push(
        await world.session(
          { labels, lifecycle: 'parent_id' in under ? 'task' : lifecycle, ...own, ...under },
          'application_id' in own ? { token } : {},
        ),
      );
    }
    for (const n of [2, 4, 13, 20, 23]) await world.call('DELETE', `${AGENTS}/${ids[n]}`);
    await world.call('PATCH', `${AGENTS}/${ids[1]}/suspend`);
  });
  after(() => world.destroy());

  const rowsOf = async (path: string) => {
    const { status, body } = await world.call('GET', path);
    expect(status).to.equal(200);
    return {
      ids: (body['items'] as Row[]).map((row) => row.agent_session_id),
      next: body['next_cursor'] as string | null,
    };
  };
  const allOf = async (path: string, limit: number) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const joint = path.includes('?') ? '&' : '?';
      const page: { ids: string[]; next: string | null } = await rowsOf(
        `${path}${joint}limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`,
      );
      expect(page.ids.length).to.be.at.most(limit);
      seen.push(...page.ids);
      cursor = page.next;
    } while (cursor !== null);
    return seen;
  };

  const expectations: readonly [string, (n: number) => boolean][] = [
    ['', () => true],
    ['?status=terminated', (n) => [2, 4, 13, 20, 23].includes(n)],
    ['?status=active', (n) => ![2, 4, 13, 20, 23].includes(n) && !(n >= 1 && n < 12 && n % 3 !== 0)],
    ['?status=suspended', (n) => n >= 1 && n < 12 && n % 3 !== 0 && n !== 2 && n !== 4],
    ['?status=expired', () => false],
    ['?label=even', (n) => n % 2 === 0],
    ['?application_id=app-b', (n) => n % 3 === 0],
    ['?label=even&application_id=app-b&status=active', (n) => n % 6 === 0 && n !== 4],
  ];

  for (const when of ['before a checkpoint', 'after a restart']) {
    describe(when, () => {
      before(async () => {
        if (when === 'after a restart') await world.restart();
      });

      for (const [query, matches] of expectations) {
        for (const limit of [1, 5, 500]) {
          it(`gives the rows of "${query}" in pages of ${limit}`, async () => {
            const expected = ids.filter((_, n) => matches(n)).toReversed();
            expect(await allOf(`${AGENTS}${query}`, limit)).to.deep.equal(expected);
          });
        }
      }

      it('gives the direct children, ended ones too, with filters', async () => {
        const children = ids.filter((_, n) => n > 1 && n < 12 && n % 3 !== 0);
        expect(await allOf(`${AGENTS}/${ids[1]}/children`, 2)).to.deep.equal(children.toReversed());
        const even = children.filter((id) => ids.indexOf(id) % 2 === 0).toReversed();
        expect(await allOf(`${AGENTS}/${ids[1]}/children?label=even`, 2)).to.deep.equal(even);
        const ended = [ids[4], ids[2]];
        expect(await allOf(`${AGENTS}/${ids[1]}/children?status=terminated`, 2)).to.deep.equal(ended);
        expect((await rowsOf(`${AGENTS}/${ids[2]}/children`)).ids).to.deep.equal([]);
      });
    });
  }

  it('has no next page after one that is exactly full', async () => {
    expect((await rowsOf(`${AGENTS}?limit=24`)).next).to.equal(null);
  });

  it('refuses a cursor that names nothing, and children of nobody', async () => {
    expect((await world.call('GET', `${AGENTS}?cursor=nobody`)).body['error']).to.equal('invalid_cursor');
    const { status, body } = await world.call('GET', `${AGENTS}/nobody/children`);
    expect([status, body['error']]).to.deep.equal([404, 'agent_not_found']);
  });

  for (const query of [
    'limit=0',
    'limit=501',
    'limit=1e2',
    'limit=%205',
    'limit=0x10',
    'limit=5.0',
    'limit=',
    'limit=1&limit=2',
    'status=alive',
    'lifecycle=x',
    'label=%00',
    'label=',
  ]) {
    it(`refuses ?${query}`, async () => {
      const { status, body } = await world.call('GET', `${AGENTS}?${query}`);
      expect([status, body['error']]).to.deep.equal([400, 'invalid_query']);
      expect((body['details'] as { issues: { path: string[] }[] }).issues[0]?.path).to.deep.equal([
        query.split('=')[0],
      ]);
    });
  }
});
