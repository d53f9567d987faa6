// While the wall clock is ahead and not yet followed, authority ends at the earlier end of both clocks. Such ends are not
// journaled: when the wall clock returns, everything is as it was.
import { expect } from 'chai';
import { authorityView, createdEdgeView } from '../../src/http/views/delegations.ts';
import { directoryView } from '../../src/http/views/directory.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { topLevelOf } from '../../src/zone/status-words.ts';
import type { Caller } from '../../src/authority/caller.ts';
import { OWNER, ZoneWorld } from '../world/zone-world.ts';
import { edgeInput } from './inputs.ts';
import { entriesFrom, expectSound } from './stored.ts';

const HOUR_MS = 3_600_000;

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

const disputedWorld = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map() });
  await world.start({ id: 's-short', ttlSeconds: 600 });
  await world.start({ id: 's-long', ttlSeconds: 86_400 });
  await world.start({ id: 's-target', ttlSeconds: 86_400 });
  const edge = { id: 'e-1', sourceSessionId: 's-long', targetSessionId: 's-target', ttlSeconds: 600 };
  expect(codeOf(await world.execute('edge.create', edgeInput(edge)))).to.equal(null);
  return world;
};

/** A zone a day ahead of the clock, with three sessions. */
const aheadWorld = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map() });
  world.clock.advance(24 * HOUR_MS);
  for (const id of ['s-a', 's-b', 's-c']) await world.start({ id, ttlSeconds: 86_400 });
  await world.zones.drain();
  world.clock.setBack(24 * HOUR_MS);
  world.open();
  return world;
};

describe('authority while the wall clock is disputed', () => {
  const seen = async (world: ZoneWorld): Promise<object> => {
    const reasonOf = async (input: { agentSessionId: string | null; delegationEdgeId: string | null }) => {
      const { answer } = await world.look('token.liveness', input);
      return isRefusal(answer) ? answer.code : answer.reason;
    };
    const { answer } = await world.look('session.authority', { id: 's-target' });
    const handed = { id: 'e-2', sourceSessionId: 's-short', targetSessionId: 's-long', ttlSeconds: 60 };
    const further = { id: 'e-3', sourceSessionId: 's-target', targetSessionId: 's-short', ttlSeconds: 60 };
    return {
      session: await reasonOf({ agentSessionId: 's-short', delegationEdgeId: null }),
      edge: await reasonOf({ agentSessionId: null, delegationEdgeId: 'e-1' }),
      inbound: isRefusal(answer) ? answer.code : answer.inbound.map(({ id }) => id),
      handed: codeOf(await world.execute('edge.create', edgeInput(handed), { dryRun: true })),
      further: codeOf(await world.execute('edge.create', edgeInput(further), { dryRun: true })),
    };
  };

  const childInput = (parentId: string) => ({
    id: 's-child',
    applicationId: 'app-a',
    subjectSessionId: null,
    parentId,
    lifecycle: 'task' as const,
    labels: [],
    ttlSeconds: 60,
    metadata: {},
    parentAuthority: 'none' as const,
    inheritParentEdgeId: null,
    edgeId: 's-child-edge',
  });

  it('ends by the earlier end of both clocks, and is as it was when the wall clock returns', async () => {
    const world = await disputedWorld();
    const before = await seen(world);
    expect(before).to.include({ session: null, edge: null, handed: null });
    const head = await world.store.journal.head('z1');
    world.clock.wallAheadMs = HOUR_MS;
    world.clock.advance(1_000);
    expect(await seen(world)).to.deep.include({
      session: 'session_expired',
      edge: 'delegation_expired',
      inbound: [],
      handed: 'delegation_endpoint_not_found',
    });
    expect(codeOf(await world.execute('session.start', childInput('s-short')))).to.equal('parent_not_found');
    expect(await world.store.journal.head('z1')).to.equal(head);
    world.clock.wallAheadMs = 0;
    expect(await seen(world)).to.deep.equal(before);
    expect(await world.store.journal.head('z1')).to.equal(head);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('starts nothing that would be over as soon as the wall clock is believed', async () => {
    const world = await disputedWorld();
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.execute('session.start', childInput('s-long')))).to.equal('clock_disputed');
    world.clock.wallAheadMs = 0;
    expect(codeOf(await world.execute('session.start', childInput('s-long')))).to.equal(null);
  });

  it('takes instants of callers by a wall clock that was set back and is believed', async () => {
    const world = await disputedWorld();
    world.clock.aheadOfWallMs = 3 * HOUR_MS;
    const facts = { registrationMethod: 'managed', expiresAt: world.clock.read().wallAt + HOUR_MS } as const;
    const operator = { caller: { kind: 'operator' } } as const;
    await world.execute('directory.register', { table: 'application', name: 'app-a', facts }, operator);
    expect(codeOf(await world.look('session.get', { id: 's-long' }))).to.equal(null);
    world.clock.advance(HOUR_MS);
    expect(codeOf(await world.look('session.get', { id: 's-long' }))).to.equal('identity_revoked');
  });

  it('still lets what lessens authority happen', async () => {
    const world = await disputedWorld();
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.execute('edge.revoke', { id: 'e-1' }))).to.equal(null);
    expect(codeOf(await world.execute('session.terminate', { id: 's-short', reason: 'done' }))).to.equal(null);
  });

  it('refuses work for a token that is bound to a session which is over by one of the clocks', async () => {
    const world = await disputedWorld();
    const caller: Caller = { ...OWNER, agentSessionId: 's-short' } as Caller;
    const input = { ...childInput('s-long'), id: 's-other' };
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.execute('session.start', input, { caller }))).to.equal('caller_session_not_active');
    world.clock.wallAheadMs = 0;
    expect(codeOf(await world.execute('session.start', input, { caller }))).to.equal(null);
  });

  it('registers nothing with an end while it cannot be counted from a believed clock', async () => {
    const world = await disputedWorld();
    const operator = { caller: { kind: 'operator' } } as const;
    const register = async (expiresAt: number | null) => {
      const input = {
        table: 'application',
        name: 'app-a',
        facts: { registrationMethod: 'managed', expiresAt },
      } as const;
      return codeOf(await world.execute('directory.register', input, operator));
    };
    world.clock.wallAheadMs = HOUR_MS;
    expect(await register(world.clock.now() + 2 * HOUR_MS)).to.equal('clock_disputed');
    expect(await register(null)).to.equal(null);
    world.clock.believe(HOUR_MS);
    expect(await register(world.clock.now() + HOUR_MS)).to.equal(null);
  });

  it('does not count an application whose registration is over by one of the clocks', async () => {
    const world = await disputedWorld();
    const facts = { registrationMethod: 'managed', expiresAt: world.clock.now() + 600_000 } as const;
    const operator = { caller: { kind: 'operator' } } as const;
    await world.execute('directory.register', { table: 'application', name: 'app-a', facts }, operator);
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.look('session.get', { id: 's-long' }))).to.equal('identity_revoked');
    world.clock.wallAheadMs = 0;
    expect(codeOf(await world.look('session.get', { id: 's-long' }))).to.equal(null);
  });

  it('counts an instant of a caller as a length, also in a zone that is ahead of the clock', async () => {
    const world = await aheadWorld();
    const expiresAt = world.clock.now() + 60_000;
    const edge = { id: 'e-1', sourceSessionId: 's-a', targetSessionId: 's-b', ttlSeconds: null, expiresAt };
    expect(codeOf(await world.execute('edge.create', edgeInput(edge)))).to.equal(null);
    const reason = async () => {
      const { answer } = await world.look('token.liveness', { agentSessionId: null, delegationEdgeId: 'e-1' });
      return isRefusal(answer) ? answer.code : answer.reason;
    };
    world.clock.advance(59_999);
    expect(await reason()).to.equal(null);
    world.clock.advance(1);
    expect(await reason()).to.equal('delegation_expired');
  });
});

describe('the end of authority in a zone that is ahead of the clock', () => {
  const TTL_SECONDS = 600;

  const created = async (world: ZoneWorld, fields: Parameters<typeof edgeInput>[0]) => {
    const { answer } = await world.execute('edge.create', edgeInput(fields));
    return isRefusal(answer) ? (answer.details ?? answer.code) : createdEdgeView('z1', answer).expires_at;
  };

  const reasonOf = async (world: ZoneWorld, id: string) => {
    const { answer } = await world.look('token.liveness', { agentSessionId: null, delegationEdgeId: id });
    return isRefusal(answer) ? answer.code : answer.reason;
  };

  const FIRST = { id: 'e-1', sourceSessionId: 's-a', targetSessionId: 's-b', constraints: { max_hops: 2 } };
  const SECOND = { id: 'e-2', sourceSessionId: 's-b', targetSessionId: 's-c', parentEdgeId: 'e-1' };

  it('is shown as the caller gave it, and a child edge may end at it', async () => {
    const world = await aheadWorld();
    const expiresAt = world.clock.now() + 1_000 * TTL_SECONDS;
    const shown = new Date(expiresAt).toISOString();
    expect(await created(world, { ...FIRST, ttlSeconds: null, expiresAt })).to.equal(shown);
    world.clock.advance(1_000);
    const later = { ...SECOND, ttlSeconds: null, expiresAt: expiresAt + 1 };
    expect(await created(world, later)).to.deep.equal({ exceeds: ['expires_at'] });
    expect(await created(world, { ...SECOND, ttlSeconds: null, expiresAt })).to.equal(shown);
    const { answer } = await world.look('session.authority', { id: 's-c' });
    expect(!isRefusal(answer) && authorityView(answer).earliest_expires_at).to.equal(shown);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('is shown by the clock of callers if they gave a TTL', async () => {
    const world = await aheadWorld();
    const shown = new Date(world.clock.now() + 1_000 * TTL_SECONDS).toISOString();
    expect(await created(world, { ...FIRST, ttlSeconds: TTL_SECONDS })).to.equal(shown);
    const named = { ...SECOND, ttlSeconds: TTL_SECONDS, expiresAt: Date.parse(shown) };
    expect(await created(world, named)).to.equal(shown);
  });

  it('may be the end of a child of an edge that was created before the clock was set back', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    for (const id of ['s-a', 's-b', 's-c']) await world.start({ id, ttlSeconds: 86_400 });
    const shown = new Date(world.clock.now() + 1_000 * TTL_SECONDS).toISOString();
    expect(await created(world, { ...FIRST, ttlSeconds: TTL_SECONDS })).to.equal(shown);
    await world.zones.drain();
    world.clock.setBack(HOUR_MS);
    world.open();
    const named = { ...SECOND, ttlSeconds: TTL_SECONDS, expiresAt: Date.parse(shown) };
    expect(await created(world, named)).to.equal(shown);
    expect(await reasonOf(world, 'e-2')).to.equal(null);
    world.clock.advance(1_000 * TTL_SECONDS);
    expect(await reasonOf(world, 'e-2')).to.equal('delegation_expired');
    expect(await reasonOf(world, 'e-1')).to.equal('delegation_expired');
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('applies at once when the wall clock is past it, also after a restart', async () => {
    const world = await aheadWorld();
    await created(world, { ...FIRST, ttlSeconds: TTL_SECONDS });
    for (const restarts of [0, 1]) {
      expect(await reasonOf(world, 'e-1'), String(restarts)).to.equal(null);
      world.clock.wallAheadMs = HOUR_MS;
      expect(await reasonOf(world, 'e-1'), String(restarts)).to.equal('delegation_expired');
      world.clock.wallAheadMs = 0;
      await world.zones.drain();
      world.open();
    }
  });

  it('is the same to all who look, also after a downtime that the zone did not notice', async () => {
    const world = await aheadWorld();
    await created(world, { ...FIRST, ttlSeconds: TTL_SECONDS });
    const states = async () => {
      const { answer } = await world.look('edge.inbound', { id: 's-b', limit: 5, cursor: null });
      const edge = isRefusal(answer) ? undefined : answer.items[0];
      return [await reasonOf(world, 'e-1'), edge && topLevelOf(edge.record.state)];
    };
    await world.zones.drain();
    world.clock.advance(2_000 * TTL_SECONDS);
    world.open();
    expect(await states()).to.deep.equal([null, 'active']);
    world.clock.advance(1_000 * TTL_SECONDS);
    expect(await states()).to.deep.equal(['delegation_expired', 'expired']);
  });

  it('of a directory row is shown as given, and applies when the wall clock is past it', async () => {
    const world = await aheadWorld();
    const expiresAt = world.clock.now() + 1_000 * TTL_SECONDS;
    const input = { table: 'application', name: 'app-a', facts: { registrationMethod: 'managed', expiresAt } } as const;
    const { answer } = await world.execute('directory.register', input, { caller: { kind: 'operator' } });
    if (isRefusal(answer)) throw new Error(answer.code);
    const shown = new Date(expiresAt).toISOString();
    expect(directoryView('z1', 'app-a', answer.row)).to.include({ expires_at: shown });
    await world.zones.drain();
    await expectSound(world.store);
    world.open();
    expect(codeOf(await world.look('caller.standing', {}))).to.equal(null);
    world.clock.wallAheadMs = HOUR_MS;
    expect(codeOf(await world.look('caller.standing', {}))).to.equal('identity_revoked');
  });

  it('is stored as one instant if the zone is not ahead', async () => {
    const world = await disputedWorld();
    const [entry] = (await entriesFrom(world.store, 1)).filter(({ event }) => event.type === 'edge.created');
    expect(JSON.stringify(entry)).to.not.contain('callersExpiresAt');
  });
});
