// `GET …/delegations/inbound/:sessionId/:id`: a receiver checks one active edge to a session.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { refusalOf } from './callers.ts';
import { GraphCallers, OPERATOR } from './graph-callers.ts';

const MISSING = [404, 'delegation_not_found'];

describe('an active edge to a session', () => {
  let world: World;
  let graph: GraphCallers;
  let source: string;
  let target: string;
  let edge: string;
  beforeEach(async () => {
    world = await World.create();
    graph = new GraphCallers(world);
    source = await world.session();
    target = await graph.sessionOf('app-b');
    const both = await graph.as('app-a', 'coordinator.delegate_to:app-b');
    edge = await graph.edge(source, target, { receiver_application_id: 'app-b', ttl_seconds: 60 }, both);
  });
  afterEach(() => world.destroy());

  const check = async (session: string, id: string, app = 'app-b', scope = '') =>
    graph.get(`inbound/${session}/${id}`, await graph.as(app, scope));

  it('is shown to its receiver, an admin and the operator', async () => {
    const expires_at = new Date(world.clock.now() + 60_000).toISOString();
    const shown = { id: edge, status: 'active', expires_at };
    for (const answer of [
      await check(target, edge),
      await check(target, edge, 'app-c', 'coordinator.admin'),
      await graph.get(`inbound/${target}/${edge}`, OPERATOR),
    ])
      expect([answer.status, answer.body]).to.deep.equal([200, shown]);
  });

  it('is not found by its issuer or another application, under another session, or with another id', async () => {
    for (const answer of [
      await check(target, edge, 'app-a'),
      await check(target, edge, 'app-c'),
      await check(source, edge),
      await check(target, source),
      await check('nothing', edge),
    ])
      expect(refusalOf(answer)).to.deep.equal(MISSING);
    expect(refusalOf(await check('a%20b', edge))).to.deep.equal([400, 'invalid_params']);
  });

  it('is not found from the instant that it expires', async () => {
    world.clock.advance(59_999);
    expect((await check(target, edge)).status).to.equal(200);
    world.clock.advance(1);
    expect(refusalOf(await check(target, edge))).to.deep.equal(MISSING);
  });

  it('is not found once it is revoked', async () => {
    await graph.revoke(edge);
    expect(refusalOf(await check(target, edge))).to.deep.equal(MISSING);
  });

  it('has an entity tag, which a receiver that polls it sends back', async () => {
    const { headers } = await check(target, edge);
    const options = await graph.as('app-b');
    const tag = { 'if-none-match': String(headers.get('etag')), 'cache-control': 'max-age=0' };
    const again = await graph.get(`inbound/${target}/${edge}`, { ...options, headers: tag });
    expect(again.status).to.equal(304);
  });
});
