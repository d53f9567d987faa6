// Entries of earlier versions neither name the sessions below a receiver nor record whether a subject was proven. They replay,
// and their sessions follow the current rule.
import { expect } from 'chai';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import type { ZoneEntry } from '../../src/zone/events.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { storeOf } from '../golden/shown.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { asWrittenBefore, rewritten } from './old-entries.ts';
import { expectSound } from './stored.ts';

const edgeInput = (id: string, source: string, target: string, ttlSeconds = 3_600) => ({
  id,
  sourceSessionId: source,
  targetSessionId: target,
  issuerApplicationId: 'app-a',
  receiverApplicationId: 'app-a',
  parentEdgeId: null,
  resourceId: 'resource-1',
  scopes: ['read'],
  constraints: {},
  expiresAt: null,
  ttlSeconds,
});

const found = <Answer extends object>({ answer }: Reply<Answer>): Answer => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

describe('a zone of entries that earlier versions wrote', () => {
  let contents: MemoryContents;
  let world: ZoneWorld;
  const roles = { issuer: '', root: '', child: '', grandchild: '', late: '', lapsed: '', below: '' };

  beforeEach(async () => {
    const old = new ZoneWorld();
    const start = async (parentId: string | null = null): Promise<string> => {
      const id = old.nextId();
      found(await old.start({ id, parentId, parentAuthority: 'none', ttlSeconds: null, lifecycle: 'service' }));
      return id;
    };
    roles.issuer = await start();
    roles.root = await start();
    roles.child = await start(roles.root);
    roles.grandchild = await start(roles.child);
    roles.lapsed = await start();
    found(await old.execute('edge.create', edgeInput('e-1', roles.issuer, roles.root)));
    found(await old.execute('edge.create', edgeInput('e-2', roles.issuer, roles.lapsed, 1)));
    roles.late = await start(roles.root);
    old.clock.advance(1_000);
    roles.below = await start(roles.lapsed);
    contents = new Map();
    await storeOf(await rewritten(old, asWrittenBefore), contents);
    world = new ZoneWorld({ contents });
    world.clock.advance(1_000);
  });

  const authorities = async () => {
    const all = Object.entries(roles).map(async ([role, id]) => {
      const { record } = found(await world.look('session.get', { id }));
      return [role, record.context.authority] as const;
    });
    return Object.fromEntries(await Promise.all(all));
  };

  it('gives every session the authority that follows from what it and those above it received', async () => {
    const expected = {
      issuer: 'own',
      root: 'received',
      child: 'none',
      grandchild: 'none',
      late: 'none',
      lapsed: 'received',
      below: 'none',
    };
    expect(await authorities()).to.deep.equal(expected);
    await world.zones.drain();
    world.open();
    expect(await authorities()).to.deep.equal(expected);
  });

  it('lets none of them delegate authority that it does not hold', async () => {
    const target = 'target';
    found(await world.start({ id: target }));
    for (const role of ['child', 'grandchild', 'late', 'lapsed', 'below'] as const) {
      const reply = await world.execute('edge.create', edgeInput(`from-${role}`, roles[role], target));
      expect([role, reply.answer]).to.deep.equal([role, { code: 'parent_delegation_not_active' }]);
    }
    found(await world.execute('edge.create', edgeInput('e-4', roles.issuer, target)));
  });

  it('has no proven subject, because no entry records a proof', async () => {
    const { record } = found(await world.look('session.get', { id: roles.issuer }));
    expect(record.context.subjectProven).to.equal(false);
  });

  it('replays, also with newer entries after them, and to the bytes that are stored', async () => {
    found(await world.execute('edge.create', edgeInput('e-3', roles.issuer, roles.child)));
    const served = await replayZone('z1', world.store);
    expect(served.divergence).to.equal(null);
    await world.zones.drain();
    expect(await replayZone('z1', world.store)).to.deep.equal(served);
    await expectSound(world.store);
  });

  it('finds damage in a current entry that omits a session it reached', async () => {
    const now = new ZoneWorld();
    const [issuer, root, child] = [now.nextId(), now.nextId(), now.nextId()];
    for (const [id, parentId] of [[issuer, null] as const, [root, null] as const, [child, root] as const])
      await now.start({ id, parentId });
    found(await now.execute('edge.create', edgeInput('e-1', issuer, root)));
    const thinned = (entry: ZoneEntry) => ({ ...entry, affected: entry.affected.filter((id) => id !== child) });
    const { divergence } = await replayZone('z1', await storeOf(await rewritten(now, thinned, 4)));
    expect(divergence).to.deep.include({ entry: 4, actor: child, field: 'affected' });
  });
});
