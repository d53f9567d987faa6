// What clients of each generation do over several calls, where an answer of one call decides about the next.
import { expect } from 'chai';
import { World } from '../world/world.ts';
import { APP, Setting } from './setting.ts';

const LEASE_MS = 120_000;

describe('a client that makes several calls', () => {
  let world: World;
  before(async () => {
    world = await World.create();
  });
  after(() => world.destroy());

  describe('of 1.0', () => {
    let setting: Setting;
    let session: string;
    beforeEach(async () => {
      setting = await Setting.of(world, '1.0');
      session = await setting.session({ lifecycle: 'service' });
    });

    const codeOf = async (answer: ReturnType<Setting['one']['heartbeat']>) => {
      const { status, body } = await answer;
      return [status, body['error'] ?? null];
    };

    it('fences the former holder after a takeover', async () => {
      const successor = setting.one.inAnotherProcess();
      expect((await successor.attach(session)).body).to.include({ status: 'active', lease_generation: 2 });
      expect(await codeOf(setting.one.heartbeat(session))).to.deep.equal([409, 'session_lease_fenced']);
      expect(await codeOf(setting.one.end(session))).to.deep.equal([409, 'session_lease_fenced']);
      expect(await codeOf(successor.heartbeat(session))).to.deep.equal([200, null]);
      expect(await codeOf(successor.end(session))).to.deep.equal([204, null]);
      expect(await codeOf(successor.heartbeat(session))).to.deep.equal([409, 'session_not_live']);
    });

    it('does not fence the holder of a suspended session', async () => {
      const successor = setting.one.inAnotherProcess();
      await setting.client.call('PATCH', `agents/${session}/suspend`);
      expect(await codeOf(successor.attach(session))).to.deep.equal([409, 'session_suspended']);
      await setting.client.call('PATCH', `agents/${session}/resume`);
      expect(await codeOf(setting.one.heartbeat(session))).to.deep.equal([200, null]);
    });

    it('takes the lease over after it expired and an operator resumed the session', async () => {
      const successor = setting.one.inAnotherProcess();
      world.clock.advance(LEASE_MS);
      expect(await codeOf(setting.one.heartbeat(session))).to.deep.equal([409, 'session_lease_expired']);
      expect(await codeOf(successor.attach(session))).to.deep.equal([409, 'session_suspended']);
      await setting.operator.call('PATCH', `agents/${session}/resume`);
      expect(await codeOf(successor.attach(session))).to.deep.equal([200, null]);
      expect(await codeOf(setting.one.heartbeat(session))).to.deep.equal([409, 'session_lease_fenced']);
    });

    it('fences the former holder after a restart', async () => {
      await setting.one.inAnotherProcess().attach(session);
      await world.restart();
      expect(await codeOf(setting.one.heartbeat(session))).to.deep.equal([409, 'session_lease_fenced']);
    });
  });

  describe('of July', () => {
    it('starts a child without authority below a parent with expired edges', async () => {
      const july = await Setting.of(world, 'july');
      const [source, parent] = [await july.session(), await july.session()];
      const expires_at = new Date(world.clock.now() + 1_000).toISOString();
      await july.edge(source, parent, { expires_at });
      world.clock.advance(1_000);
      const { status, body } = await july.client.start({ ...APP, parent_id: parent });
      expect([status, body['authority'], body['delegation_edge_id']]).to.deep.equal([201, 'none', null]);
      const child = String(body['agent_session_id']);
      const onward = await july.delegate(child, await july.session(), { constraints: { max_hops: 1 } });
      expect(onward.body['error']).to.equal('parent_delegation_not_active');
      await july.edge(source, child);
      expect((await july.client.call('GET', `agents/${child}`)).body['authority']).to.equal('received');
    });
  });
});
