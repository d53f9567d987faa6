// The history of a session: its entries from the journal, paged, wherever they lie.
import { expect } from 'chai';
import { World } from '../world/world.ts';

const AGENTS = '/zones/z1/agents';

describe('history', () => {
  let world: World;
  before(async () => {
    world = await World.create({ CHECKPOINT_EVERY_ENTRIES: '4' });
  });
  after(() => world.destroy());

  it('tells every entry that touched a session, oldest first, in pages, across checkpoints and restarts', async () => {
    const root = await world.session({}, { headers: { 'x-request-id': 'r-start' } });
    const child = await world.session({ parent_id: root });
    for (let round = 0; round < 5; round += 1) {
      await world.call('PATCH', `${AGENTS}/${root}/suspend`);
      await world.call('PATCH', `${AGENTS}/${root}/resume`);
    }
    await world.call('DELETE', `${AGENTS}/${root}?reason=over`);
    const events = async () => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const { body } = await world.call('GET', `${AGENTS}/${child}/history?limit=3${cursor}`);
        seen.push(...(body['items'] as { event: string }[]).map(({ event }) => event));
        cursor = body['next_cursor'] === null ? '' : `&cursor=${body['next_cursor'] as string}`;
      } while (cursor !== '');
      return seen;
    };
    const holds = Array.from({ length: 5 }, () => ['session.suspended', 'session.resumed']).flat();
    const expected = ['session.started', ...holds, 'session.terminated'];
    expect(await events()).to.deep.equal(expected);
    await world.restart();
    expect(await events()).to.deep.equal(expected);

    const { body } = await world.call('GET', `${AGENTS}/${root}/history`);
    const [first] = body['items'] as Record<string, unknown>[];
    expect(first).to.deep.equal({
      seq: 1,
      at: '2026-01-01T00:00:00.000Z',
      event: 'session.started',
      agent_session_id: root,
      reason: null,
      affected: 1,
      by: { client_id: 'app-a', subject: 'tester', request_id: 'r-start', trace_id: null },
    });
    expect(body['items']).to.have.length(12);
    expect((await world.call('GET', `${AGENTS}/${root}/history?cursor=2`)).body['error']).to.equal('invalid_cursor');
    expect((await world.call('GET', `${AGENTS}/nobody/history`)).status).to.equal(404);
  });
});
