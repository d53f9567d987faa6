// `POST /v1/verify` says at once when what a token names is no longer active: its agent session, or the delegation edge it
// stands on, be that because of an edge or a session further up.
import { expect } from 'chai';
import { OPERATOR_TOKEN, World } from '../world/world.ts';
import { Callers } from './callers.ts';
import { issue, verdictOf, verify } from './issuing.ts';
import { Registry } from './registry.ts';

const GOOD = [200];
const bad = (reason: string) => [401, false, 'token_invalid', reason];

/** A chain of sessions, each of which hands on what it holds: three edges, the last of them the token's. */
interface Chain {
  readonly sessions: readonly string[];
  readonly edges: readonly string[];
}

describe('/v1/verify of what a token names', () => {
  let world: World;
  let callers: Callers;
  beforeEach(async () => {
    world = await World.create();
    callers = new Callers(world);
  });
  afterEach(() => world.destroy());

  const ofSession = async (id: string) => issue(world, { agent_session_id: id });
  const ofEdge = async (id: string) => issue(world, { delegation_edge_id: id });
  const verdict = async (token: string) => verdictOf(await verify(world, { token }));
  const revoke = (id: string) =>
    world.call('PATCH', `/zones/z1/delegations/${id}/revoke`, undefined, { token: OPERATOR_TOKEN });

  const chained = async (fields: object = {}): Promise<Chain> => {
    const sessions = [await world.session(), await world.session(), await world.session(), await world.session()];
    const edges: string[] = [];
    for (const [n, source] of sessions.slice(0, -1).entries()) {
      const constraints = { max_hops: 3 - n, ttl_seconds: 600 };
      const made = await callers.delegate(source, sessions[n + 1] ?? '', { constraints, ...fields });
      edges.push(String(made.body['delegation_edge_id']));
    }
    return { sessions, edges };
  };

  describe('an agent session', () => {
    it('is good while it is active, again after a resume, and bad in between', async () => {
      const session = await world.session();
      const token = await ofSession(session);
      expect(await verdict(token)).to.deep.equal(GOOD);
      await callers.patchSession(session, 'suspend');
      expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
      await world.restart();
      expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
      await callers.patchSession(session, 'resume');
      expect(await verdict(token)).to.deep.equal(GOOD);
    });

    it('is suspended and ended with the one above it', async () => {
      const root = await world.session();
      const child = await world.session({ parent_id: root });
      const token = await ofSession(await world.session({ parent_id: child }));
      await callers.patchSession(root, 'suspend');
      expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
      await callers.end(root);
      expect(await verdict(token)).to.deep.equal(bad('session_terminated'));
    });

    it('that has ended stays so through a restart', async () => {
      const session = await world.session();
      const token = await ofSession(session);
      await callers.end(session);
      expect(await verdict(token)).to.deep.equal(bad('session_terminated'));
      await world.restart();
      expect(await verdict(token)).to.deep.equal(bad('session_terminated'));
    });

    it('expires on its instant, though nobody calls, and its children end', async () => {
      const root = await world.session({ ttl_seconds: 60 });
      const tokens = [await ofSession(root), await ofSession(await world.session({ parent_id: root }))] as const;
      world.clock.advance(59_999);
      for (const token of tokens) expect(await verdict(token)).to.deep.equal(GOOD);
      world.clock.advance(1);
      expect(await verdict(tokens[0])).to.deep.equal(bad('session_expired'));
      expect(await verdict(tokens[1])).to.deep.equal(bad('session_terminated'));
    });

    it('is suspended on the instant on which its lease is lost', async () => {
      const token = await ofSession(await world.session({ lifecycle: 'service' }));
      world.clock.advance(119_999);
      expect(await verdict(token)).to.deep.equal(GOOD);
      world.clock.advance(1);
      expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
    });

    it('ends with its application, though the token is of another', async () => {
      const registry = new Registry(world);
      await registry.register('applications', 'app-a');
      const token = await issue(world, { client_id: 'app-b', agent_session_id: await world.session() });
      await registry.archive('applications', 'app-a');
      expect(await verdict(token)).to.deep.equal(bad('session_terminated'));
    });

    it('that was never there, or is of another zone, counts as ended', async () => {
      const session = await world.session();
      for (const id of ['nothing', '__proto__', '../session', 'ä'.repeat(300)]) {
        expect(await verdict(await ofSession(id))).to.deep.equal(bad('session_terminated'));
      }
      const elsewhere = await issue(world, { zone_id: 'z2', agent_session_id: session }, 'z2');
      expect(await verdict(elsewhere)).to.deep.equal(bad('session_terminated'));
    });
  });

  describe('a delegation edge', () => {
    it('is good until it is revoked, and stays revoked through a restart', async () => {
      const { edges } = await chained();
      const token = await ofEdge(edges[2] ?? '');
      expect(await verdict(token)).to.deep.equal(GOOD);
      await revoke(edges[2] ?? '');
      expect(await verdict(token)).to.deep.equal(bad('delegation_revoked'));
      await world.restart();
      expect(await verdict(token)).to.deep.equal(bad('delegation_revoked'));
    });

    for (const [nth, name] of [
      [0, 'first'],
      [1, 'second'],
    ] as const) {
      it(`is bad once the ${name} of the edges it stands on is revoked`, async () => {
        const { edges, sessions } = await chained();
        const tokens = await Promise.all(edges.map(ofEdge));
        const agents = await Promise.all(sessions.map(ofSession));
        await revoke(edges[nth] ?? '');
        for (const [n, token] of tokens.entries()) {
          expect(await verdict(token)).to.deep.equal(n < nth ? GOOD : bad('delegation_revoked'));
        }
        // Whoever held it has ended; whoever handed it on has not.
        for (const [n, token] of agents.entries()) {
          expect(await verdict(token)).to.deep.equal(n <= nth ? GOOD : bad('session_terminated'));
        }
      });
    }

    it('is revoked with the session that handed it on, at any distance', async () => {
      const { edges, sessions } = await chained();
      const token = await ofEdge(edges[2] ?? '');
      await callers.end(sessions[0] ?? '');
      expect(await verdict(token)).to.deep.equal(bad('delegation_revoked'));
    });

    it('expires on its instant, and stays expired when what it stood on is revoked', async () => {
      const { edges } = await chained();
      const last = edges[2] ?? '';
      const token = await ofEdge(last);
      world.clock.advance(599_999);
      expect(await verdict(token)).to.deep.equal(GOOD);
      world.clock.advance(1);
      expect(await verdict(token)).to.deep.equal(bad('delegation_expired'));
      await world.restart();
      expect(await verdict(token)).to.deep.equal(bad('delegation_expired'));
    });

    it('expires with the one it stands on where that ends first', async () => {
      const [source, middle, target] = [await world.session(), await world.session(), await world.session()];
      const until = (ms: number) => new Date(world.clock.now() + ms).toISOString();
      const wide = { ttl_seconds: null, constraints: { max_hops: 2 }, expires_at: until(60_000) };
      await callers.delegate(source, middle, wide);
      const narrow = await callers.delegate(middle, target, { ttl_seconds: null, expires_at: until(30_000) });
      const token = await ofEdge(String(narrow.body['delegation_edge_id']));
      world.clock.advance(30_000);
      expect(await verdict(token)).to.deep.equal(bad('delegation_expired'));
    });

    it('that a child carries forward is bad with its parent’s', async () => {
      const [source, parent] = [await world.session(), await world.session()];
      const made = await callers.delegate(source, parent);
      const started = await world.call('POST', '/zones/z1/agents', { application_id: 'app-a', parent_id: parent });
      const carried = String(started.body['delegation_edge_id']);
      const token = await ofEdge(carried);
      expect(await verdict(token)).to.deep.equal(GOOD);
      await revoke(String(made.body['delegation_edge_id']));
      expect(await verdict(token)).to.deep.equal(bad('delegation_revoked'));
    });

    it('is invalid while its target session, or any source session of its chain, is suspended', async () => {
      const { edges, sessions } = await chained();
      const token = await ofEdge(edges[2] ?? '');
      const root = await world.session();
      for (const id of sessions.toReversed()) {
        await callers.patchSession(id, 'suspend');
        expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
        await callers.patchSession(id, 'resume');
        expect(await verdict(token)).to.deep.equal(GOOD);
      }
      await callers.patchSession(root, 'suspend');
      expect(await verdict(token)).to.deep.equal(GOOD);
    });

    it('is invalid while a session above one of its source sessions is suspended', async () => {
      const root = await world.session();
      const [source, target] = [await world.session({ parent_id: root }), await world.session()];
      const made = await callers.delegate(source, target);
      const token = await ofEdge(String(made.body['delegation_edge_id']));
      await callers.patchSession(root, 'suspend');
      expect(await verdict(token)).to.deep.equal(bad('session_suspended'));
    });

    it('that was never there, or is of another zone, counts as revoked', async () => {
      const { edges } = await chained();
      for (const id of ['nothing', 'constructor', 'a/b']) {
        expect(await verdict(await ofEdge(id))).to.deep.equal(bad('delegation_revoked'));
      }
      const elsewhere = await issue(world, { zone_id: 'z2', delegation_edge_id: edges[2] }, 'z2');
      expect(await verdict(elsewhere)).to.deep.equal(bad('delegation_revoked'));
    });
  });

  describe('that do not belong together', () => {
    const appB = async (fields: object = {}) =>
      world.session({ application_id: 'app-b', ...fields }, { token: await world.token({ app: 'app-b' }) });

    it('is invalid if the session is of another application', async () => {
      const session = await appB();
      expect(await verdict(await ofSession(session))).to.deep.equal(bad('binding_mismatch'));
      const own = await issue(world, { client_id: 'app-b', agent_session_id: session });
      expect(await verdict(own)).to.deep.equal(GOOD);
    });

    it('is invalid if the edge was received by another application', async () => {
      const [source, target] = [await world.session(), await appB()];
      const token = await world.token({ scope: 'coordinator.delegate_to:app-b' });
      const made = await callers.delegate(source, target, { receiver_application_id: 'app-b' }, { token });
      const edge = String(made.body['delegation_edge_id']);
      expect(await verdict(await ofEdge(edge))).to.deep.equal(bad('binding_mismatch'));
      const own = { client_id: 'app-b', delegation_edge_id: edge };
      expect(await verdict(await issue(world, own))).to.deep.equal(GOOD);
      expect(await verdict(await issue(world, { ...own, agent_session_id: target }))).to.deep.equal(GOOD);
    });

    it('is invalid if the edge leads to another session', async () => {
      const { edges, sessions } = await chained();
      for (const [n, id] of sessions.entries()) {
        const token = await issue(world, { agent_session_id: id, delegation_edge_id: edges[2] });
        expect(await verdict(token)).to.deep.equal(n === 3 ? GOOD : bad('binding_mismatch'));
      }
    });

    it('is checked only between active actors', async () => {
      const { edges, sessions } = await chained();
      const token = await issue(world, { agent_session_id: sessions[0], delegation_edge_id: edges[2] });
      await revoke(edges[2] ?? '');
      expect(await verdict(token)).to.deep.equal(bad('delegation_revoked'));
    });
  });

  it('tells the session before the edge, and both only of a token that is good', async () => {
    const { edges, sessions } = await chained();
    const claims = { agent_session_id: sessions[3], delegation_edge_id: edges[2] };
    const token = await issue(world, claims);
    const ending = await issue(world, { ...claims, exp: Math.floor(world.clock.now() / 1000) + 10 });
    expect(await verdict(token)).to.deep.equal(GOOD);
    await revoke(edges[2] ?? '');
    expect(await verdict(token)).to.deep.equal(bad('session_terminated'));
    expect(verdictOf(await verify(world, { token, required_scope: 'mail' }))).to.deep.equal(bad('missing_scope'));
    world.clock.advance(70_000);
    expect(await verdict(ending)).to.deep.equal(bad('invalid_token'));
  });

  it('tells of a revocation to whoever asks right behind it', async () => {
    const { edges } = await chained();
    const token = await ofEdge(edges[2] ?? '');
    const asked = await Promise.all([
      revoke(edges[0] ?? '').then(async (done) => [done, await verify(world, { token })] as const),
      ...Array.from({ length: 10 }, async () => [null, await verify(world, { token })] as const),
    ]);
    const [[done, after]] = asked;
    expect(done.status).to.equal(200);
    expect(verdictOf(after)).to.deep.equal(bad('delegation_revoked'));
    const revokedAt = Number(done.headers.get('coordinator-seq'));
    for (const [, answer] of asked.slice(1)) {
      const isBefore = Number(answer.headers.get('coordinator-seq')) < revokedAt;
      expect(verdictOf(answer)).to.deep.equal(isBefore ? GOOD : bad('delegation_revoked'));
    }
  });
});
