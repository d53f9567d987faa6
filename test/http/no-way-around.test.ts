// Ways around a bound, each of which was open once.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers, refusalOf } from './callers.ts';

const OPERATOR = { token: OPERATOR_TOKEN };

describe('no way around', () => {
  let world: World;
  let callers: Callers;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  afterEach(() => world.destroy());

  const resource = (id: string, identifier: string, owner: string, scopes: readonly string[]) =>
    world.call('PUT', `/zones/z1/resources/${id}`, { identifier, application_id: owner, scopes }, OPERATOR);

  it('leads from a fenced lease through the key that its session was started with', async () => {
    const headers = { 'idempotency-key': 'once' };
    const start = () =>
      world.call('POST', '/zones/z1/agents', { application_id: 'app-a', lifecycle: 'service' }, { headers });
    const first = await start();
    const id = String(first.body['agent_session_id']);
    await callers.takeLease(id);
    world.clock.advance(1_000);
    await callers.heartbeat(id, { lease_generation: 2 });
    const again = await start();
    expect([again.status, again.body]).to.deep.equal([200, first.body]);
    const stale = await callers.heartbeat(id, { lease_generation: Number(again.body['lease_generation']) });
    expect(refusalOf(stale)).to.deep.equal([409, 'session_lease_fenced']);
  });

  it('leads from the scopes of a resource through a name that nobody knows', async () => {
    await resource('files', 'urn:files', 'app-a', ['read']);
    const [source, target] = [await world.session(), await world.session()];
    const constraints = { resources: ['files', 'made-up'] };
    const answer = await callers.delegate(source, target, { scopes: ['erase'], resource_id: null, constraints });
    expect(refusalOf(answer)).to.deep.equal([403, 'delegation_scopes_exceed_resource']);
  });

  it('leads from one of two resources of one identifier to the other, not through a restart either', async () => {
    await resource('zz', 'urn:shared', 'app-b', ['read']);
    await resource('aa', 'urn:shared', 'app-a', ['read', 'erase']);
    const [source, target] = [await world.session(), await world.session()];
    const ask = () =>
      callers.delegate(source, target, {
        scopes: ['erase'],
        resource_id: null,
        constraints: { resources: ['urn:shared'] },
      });
    const before = (await ask()).status;
    await world.restart();
    expect((await ask()).status).to.equal(before);
  });

  it('leads from a resource that the issuer owns to another of the same identifier', async () => {
    await resource('aa', 'urn:ours', 'app-b', ['read', 'erase']);
    await resource('zz', 'urn:ours', 'app-a', ['read']);
    const edge = async (fields: object) =>
      callers.delegate(await world.session(), await world.session(), { resource_id: 'urn:ours', ...fields });
    const made = await edge({ scopes: ['read'] });
    expect([made.status, made.body['resource_id']]).to.deep.equal([201, 'zz']);
    const both = await edge({ scopes: ['read'], resource_id: 'zz', constraints: { resources: ['urn:ours'] } });
    expect(both.status).to.equal(201);
    expect(refusalOf(await edge({ scopes: ['erase'] }))).to.deep.equal([403, 'delegation_scopes_exceed_resource']);
  });

  it('leads to the edges of others through the effective authority of their session', async () => {
    const [source, target] = [await world.session(), await world.session()];
    const { body } = await callers.delegate(source, target);
    const seenBy = async (token: string) => {
      const answer = await world.call('GET', `/zones/z1/agents/${target}/effective-authority`, undefined, { token });
      return answer.body['inbound_edges'];
    };
    expect(await seenBy(await world.token())).to.deep.equal([body['delegation_edge_id']]);
    expect(await seenBy(OPERATOR_TOKEN)).to.deep.equal([body['delegation_edge_id']]);
    expect(await seenBy(await world.token({ app: 'app-z' }))).to.deep.equal([]);
  });

  it('leads from an archived application to what only the operator may ask', async () => {
    await world.call('PUT', '/zones/z1/applications/app-a', { registration_method: 'managed' }, OPERATOR);
    await world.call('DELETE', '/zones/z1/applications/app-a', undefined, OPERATOR);
    expect(refusalOf(await world.call('GET', '/zones/z1/applications'))).to.deep.equal([401, 'identity_revoked']);
  });

  it('leads to an archiving through a dry run of it', async () => {
    await world.call('PUT', '/zones/z1/applications/app-a', { registration_method: 'managed' }, OPERATOR);
    const session = await world.session();
    const looked = await world.call('DELETE', '/zones/z1/applications/app-a?dry_run=true', undefined, OPERATOR);
    expect(looked.body).to.deep.equal({
      dry_run: true,
      terminated: 1,
      agent_session_ids: [session],
      revoked_edges: 0,
      delegation_edge_ids: [],
    });
    expect((await callers.session(session))['status']).to.equal('active');
  });
});
