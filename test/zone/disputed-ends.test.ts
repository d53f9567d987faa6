// While the wall clock is ahead and not yet believed: a session or an edge that it ends does not act in any command, and neither
// does what would end with it.
import { expect } from 'chai';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { OWNER, startInput, ZoneWorld } from '../world/zone-world.ts';
import { edgeInput, heartbeatInput, invocationInput, serviceInput } from './inputs.ts';

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);
const detailsOf = ({ answer }: Reply<object>) => (isRefusal(answer) ? answer.details : undefined);

describe('an end by a disputed wall clock', () => {
  let world: ZoneWorld;

  const handed = async (id: string, from: string, to: string, seconds: number, hops = 3): Promise<void> => {
    const constraints = { max_hops: hops };
    const edge = { id, sourceSessionId: from, targetSessionId: to, ttlSeconds: seconds, constraints };
    expect(codeOf(await world.execute('edge.create', edgeInput(edge)))).to.equal(null);
  };
  const verdict = async (agentSessionId: string | null, delegationEdgeId: string | null = null) => {
    const { answer } = await world.look('token.liveness', { agentSessionId, delegationEdgeId });
    return isRefusal(answer) ? answer.code : answer.reason;
  };
  const startUnder = (parentId: string) =>
    world.execute('session.start', startInput({ id: 's-new', parentId, ttlSeconds: 60 }));
  const handOn = (from: string, to: string, fields: object = {}) =>
    world.execute(
      'edge.create',
      edgeInput({ id: 'e-new', sourceSessionId: from, targetSessionId: to, ttlSeconds: 60, ...fields }),
      { dryRun: true },
    );
  const active = async (): Promise<readonly string[]> => {
    const { answer } = await world.look('edge.active', { limit: 10, cursor: null });
    return isRefusal(answer) ? [answer.code] : answer.items.map(({ record }) => record.id).toSorted();
  };

  beforeEach(async () => {
    world = new ZoneWorld({ contents: new Map() });
    for (const id of ['s-a', 's-b', 's-c', 's-d']) await world.start({ id, ttlSeconds: DAY_SECONDS });
    await world.start({ id: 's-short', ttlSeconds: 600 });
  });

  it('lets a session create, start and resume nothing, and take no lease', async () => {
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    await world.start({ id: 's-held', ttlSeconds: 600 });
    await world.start({ id: 's-service', parentId: null, lifecycle: 'service', ttlSeconds: 600 });
    await world.execute('invocation.create', invocationInput({ id: 'i-1', sourceSessionId: 's-short' }), {
      key: 'k-1',
    });
    await world.execute('session.suspend', { id: 's-held' });
    const attempts = async () => [
      await world.execute('invocation.create', invocationInput({ id: world.nextId(), targetSessionId: 's-short' }), {
        key: world.nextId(),
      }),
      await world.execute('invocation.start', { id: 'i-1' }, { dryRun: true }),
      await world.execute('session.resume', { id: 's-held' }, { dryRun: true }),
      await world.execute('session.take-lease', { id: 's-service' }, { dryRun: true }),
    ];
    expect((await attempts()).map(codeOf)).to.deep.equal([null, null, null, null]);
    world.clock.wallAheadMs = HOUR_MS;
    const refused = await attempts();
    expect(refused.map(codeOf)).to.deep.equal([
      'agent_session_not_found',
      'invocation_session_suspended',
      'agent_not_found_or_not_suspended',
      'session_not_live',
    ]);
    const expired = { state: 'terminated', status: 'expired' };
    expect(refused.map(detailsOf).slice(1)).to.deep.equal([
      { agent_session_id: 's-short', state: 'expired' },
      expired,
      expired,
    ]);
    world.clock.wallAheadMs = 0;
    expect((await attempts()).map(codeOf)).to.deep.equal([null, null, null, null]);
  });

  it('still lets a session report and be stopped', async () => {
    await world.start({ id: 's-service', lifecycle: 'service', ttlSeconds: 600 });
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.execute('session.heartbeat', heartbeatInput({ id: 's-service' })))).to.equal(null);
    expect(codeOf(await world.execute('session.suspend', { id: 's-service' }))).to.equal(null);
  });

  it('of a session reaches the sessions below it and the edges that touch them', async () => {
    world.clock.advance(1_000);
    await world.start({ id: 's-child', parentId: 's-short', ttlSeconds: 600 });
    await world.start({ id: 's-grandchild', parentId: 's-child', ttlSeconds: 600 });
    await handed('e-1', 's-grandchild', 's-a', 600);
    await handed('e-2', 's-a', 's-b', 600, 2);
    await handed('e-3', 's-c', 's-d', DAY_SECONDS);
    // Only the topmost of them is over by its own length.
    world.clock.wallAheadMs = 599_500;
    expect(await verdict('s-grandchild')).to.equal('session_expired');
    expect(await verdict(null, 'e-1')).to.equal('session_expired');
    expect(codeOf(await startUnder('s-grandchild'))).to.equal('parent_not_found');
    expect(codeOf(await handOn('s-c', 's-grandchild'))).to.equal('delegation_endpoint_not_found');
    expect(codeOf(await handOn('s-a', 's-c'))).to.equal('parent_delegation_not_active');
    expect(await active()).to.deep.equal(['e-3']);
    const caller = { ...OWNER, agentSessionId: 's-grandchild' };
    const start = await world.execute('session.start', startInput({ id: 's-new' }), { caller });
    expect([codeOf(start), detailsOf(start)]).to.deep.equal([
      'caller_session_not_active',
      { reason: 'session_expired' },
    ]);
    world.clock.wallAheadMs = 0;
    expect(await verdict('s-grandchild')).to.equal(null);
    expect(codeOf(await startUnder('s-grandchild'))).to.equal(null);
    expect(await active()).to.deep.equal(['e-1', 'e-2', 'e-3']);
  });

  it('of a registration reaches its sessions', async () => {
    const facts = { sessionType: 'user', expiresAt: world.clock.now() + 600_000 } as const;
    const row = { table: 'subject-session', name: 'user-2', facts } as const;
    await world.execute('directory.register', row, { caller: { kind: 'operator' } });
    await world.start({ id: 's-user', subjectSessionId: 'user-2', ttlSeconds: DAY_SECONDS });
    expect(await verdict('s-user')).to.equal(null);
    world.clock.wallAheadMs = HOUR_MS;
    expect(await verdict('s-user')).to.equal('session_expired');
    expect(codeOf(await startUnder('s-user'))).to.equal('parent_not_found');
    world.clock.wallAheadMs = 0;
    expect(await verdict('s-user')).to.equal(null);
  });

  it('of one of two edges leaves the other as the one that is narrowed and listed', async () => {
    await handed('e-1', 's-a', 's-c', 600);
    await handed('e-2', 's-b', 's-c', DAY_SECONDS - 1);
    expect(codeOf(await handOn('s-c', 's-d'))).to.equal('parent_delegation_ambiguous');
    world.clock.wallAheadMs = HOUR_MS;
    // All other checks are passed by then.
    expect(codeOf(await handOn('s-c', 's-d'))).to.equal('clock_disputed');
    expect(codeOf(await handOn('s-c', 's-d', { parentEdgeId: 'e-1' }))).to.equal('parent_delegation_not_active');
    expect(await active()).to.deep.equal(['e-2']);
  });
});
