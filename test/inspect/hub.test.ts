// What those see who look at the actors of a zone: everything there is and what happens to it, as they wish and as fast as they
// read; and that nothing is attached while nobody looks.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Hub } from '../../src/inspect/hub.ts';
import { INSPECTOR_KEEP_ALIVE_MS, INSPECTOR_QUEUE_MAX, INSPECTOR_VIEWERS_MAX, SLICE_ACTORS } from '../../src/limits.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { hubOf, isObserved, ofZone, resume, suspend, terminate, valueOf, Watcher, type Told } from './watching.ts';

describe('those who look at actors', () => {
  let world: ZoneWorld;
  let hub: Hub;

  beforeEach(() => {
    world = new ZoneWorld({ contents: new Map() });
    hub = hubOf(world);
  });
  afterEach(async () => {
    hub.close();
    await world.zones.drain();
  });

  const isAttached = async (id = 'z1') => isObserved((await world.zones.get(id)).inspection.supervisor.system);

  it('cost nothing while they are not there: nobody is attached before the first and after the last', async () => {
    await world.start({ id: 's-a' });
    expect(await isAttached()).to.equal(false);
    const [one, two] = [Watcher.of(hub), Watcher.of(hub)];
    expect(await isAttached()).to.equal(true);
    await world.zones.get('z2');
    expect(await isAttached('z2')).to.equal(false);
    one.viewer.end();
    expect(await isAttached()).to.equal(true);
    two.viewer.end();
    expect(await isAttached()).to.equal(false);
    expect(hub.viewers).to.equal(0);
  });

  it('are shown what exists as it is now, then what happens', async () => {
    await world.start({ id: 's-a' });
    await world.start({ id: 's-b', parentId: 's-a' });
    await suspend(world, 's-b');
    const watcher = Watcher.of(hub);
    const told = await watcher.synced();
    expect(told.map(({ type, actor, machine }) => [type, actor ?? machine])).to.deep.equal([
      ['coordinator.zone', undefined],
      ['coordinator.machine', 'zone-supervisor'],
      ['@xstate.actor', 'z1'],
      ['coordinator.machine', 'agent-session'],
      ['@xstate.actor', 's-a'],
      ['@xstate.actor', 's-b'],
      ['coordinator.synced', undefined],
    ]);
    expect(ofZone(told).map(({ state, reason }) => [state, reason])).to.deep.equal([['serving', 'joined']]);
    expect(valueOf(await watcher.saw('s-b'))).to.deep.equal({ suspended: 'own' });
    expect(told.at(-1)).to.include({ actors: 2, leftOut: false });

    await suspend(world, 's-a');
    expect(valueOf(await watcher.saw('s-b', ({ type }) => type === '@xstate.snapshot'))).to.deep.equal({
      suspended: 'both',
    });
    await world.start({ id: 's-c' });
    expect((await watcher.saw('s-c')).type).to.equal('@xstate.actor');
    await terminate(world, 's-a');
    await watcher.saw('s-b', ({ type }) => type === 'coordinator.actor.gone');
    expect(watcher.actors('coordinator.actor.gone')).to.deep.equal(['s-a', 's-b']);
    expect((await watcher.saw('s-a', ({ type }) => type === '@xstate.snapshot')).snapshot).to.deep.include({
      status: 'stopped',
      value: { terminated: 'ended' },
    });
  });

  it('are told of an actor under ids that no other process gives, with its parent', async () => {
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub);
    await watcher.synced();
    const [root, session] = [await watcher.saw('z1'), await watcher.saw('s-a')];
    expect(session['name']).to.equal('agent-session s-a');
    expect(session['sessionId']).to.match(/^[0-9a-f]{8}:x:\d+$/);
    expect(session['parentId']).to.equal(root['sessionId']);
    expect(session['rootId']).to.equal(root['sessionId']).and.to.equal(root['rootId']);
    const elsewhere = Watcher.of(hubOf(world));
    await elsewhere.synced();
    expect((await elsewhere.saw('s-a'))['sessionId']).to.not.equal(session['sessionId']);
    elsewhere.viewer.end();
  });

  it('see one subtree, with the calls and the edges that touch it, and nothing else', async () => {
    for (const [id, parentId] of [
      ['r', null],
      ['r-1', 'r'],
      ['r-1-1', 'r-1'],
      ['other', null],
    ] as const)
      await world.start({ id, parentId });
    const facts = {
      applicationId: 'app-a',
      endpointUrl: 'https://service.example',
      protocolVersions: [],
      frameworkName: null,
      frameworkVersion: null,
      capabilities: [],
    };
    await world.execute('service.register', { id: 'service', ...facts, metadata: {} });
    const watcher = Watcher.of(hub, { session: 'r-1' });
    await watcher.synced();
    expect(watcher.actors('@xstate.actor')).to.deep.equal(['z1', 'r-1', 'r-1-1']);
    await world.start({ id: 'r-1-1-1', parentId: 'r-1-1' });
    await world.start({ id: 'other-1', parentId: 'other' });
    await suspend(world, 'r');
    await suspend(world, 'other');
    await watcher.saw('r-1-1-1', (told) => told.snapshot?.value !== undefined);
    await watcher.saw('r-1', ({ type }) => type === '@xstate.snapshot');
    expect(new Set(watcher.told.map(({ actor }) => actor))).to.deep.equal(
      new Set([undefined, 'z1', 'r-1', 'r-1-1', 'r-1-1-1']),
    );
  });

  it('are shown a large zone in pieces, between which others get their turn', async function () {
    this.timeout(30_000);
    const many = 5_000;
    for (let n = 0; n < many; n += 1) await world.start({ ttlSeconds: 86_400 });
    const loop = { turns: 0, longestMs: 0 };
    const watcher = Watcher.of(hub);
    const isSynced = () => watcher.told.some(({ type }) => type === 'coordinator.synced');
    const counting = (async () => {
      for (let last = performance.now(); !isSynced(); last = performance.now()) {
        await nextTurn();
        loop.turns += 1;
        loop.longestMs = Math.max(loop.longestMs, performance.now() - last);
      }
    })();
    // What happens meanwhile is missed by nobody, whether it has been shown or not.
    await watcher.until((told) => told.length > 1_000);
    await world.start({ id: 't-born' });
    await suspend(world, 's-000001');
    await suspend(world, 's-005000');
    await counting;
    expect(loop.turns).to.be.above(many / SLICE_ACTORS);
    expect(Math.max(...watcher.writes)).to.be.at.most(2 * SLICE_ACTORS + 2);
    expect(loop.longestMs, 'milliseconds of the longest turn').to.be.below(100);
    const born = await watcher.saw('t-born');
    expect(valueOf(born)).to.equal('active');
    for (const id of ['s-000001', 's-005000']) {
      const held = ({ snapshot }: Told) => snapshot?.value !== 'active';
      expect(valueOf(await watcher.saw(id, held))).to.deep.equal({ suspended: 'own' });
    }
    const shown = watcher.actors('@xstate.actor');
    expect([shown.length, new Set(shown).size]).to.deep.equal([many + 2, many + 2]);
  });

  it('are given the latest of each actor when they read slowly, in little room', async () => {
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub);
    await watcher.synced();
    watcher.reads(false);
    for (let n = 0; n < 50; n += 1) {
      await suspend(world, 's-a');
      await resume(world, 's-a');
    }
    await suspend(world, 's-a');
    const before = watcher.told.length;
    expect(before).to.be.below(20);
    watcher.reads(true);
    const { snapshot } = await watcher.saw('s-a', (told) => told.snapshot?.context['changes'] === 102);
    expect(snapshot?.value).to.deep.equal({ suspended: 'own' });
    expect(watcher.told.length - before).to.be.below(3);
  });

  it('are shown the zone afresh when too much waits for them', async () => {
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub, { events: true });
    await watcher.synced();
    watcher.reads(false);
    // A change of the session is two messages, and its passing through the supervisor a third.
    for (let n = 0; n < INSPECTOR_QUEUE_MAX / 6 + 100; n += 1) {
      await suspend(world, 's-a');
      await resume(world, 's-a');
    }
    watcher.reads(true);
    const told = await watcher.synced(2);
    expect(ofZone(told).map(({ reason }) => reason)).to.deep.equal(['joined', 'behind']);
    expect(told.length).to.be.below(INSPECTOR_QUEUE_MAX / 2);
    expect(valueOf(await watcher.saw('s-a'))).to.equal('active');
  });

  it('are let go when they read nothing from one beat to the next', async () => {
    await world.start({ id: 's-a' });
    const [dead, alive] = [Watcher.of(hub), Watcher.of(hub)];
    await Promise.all([dead.synced(), alive.synced()]);
    dead.reads(false);
    await suspend(world, 's-a');
    await dead.saw('s-a', ({ type }) => type === '@xstate.snapshot');
    world.clock.advance(INSPECTOR_KEEP_ALIVE_MS);
    expect([dead.isCut, dead.beats, alive.beats]).to.deep.equal([false, 0, 1]);
    world.clock.advance(INSPECTOR_KEEP_ALIVE_MS);
    expect([dead.isCut, dead.isOver, alive.isOver]).to.deep.equal([true, true, false]);
    expect(hub.viewers).to.equal(1);
  });

  it('see events and every snapshot in their order when they ask for it', async () => {
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub, { events: true, session: 's-a' });
    await watcher.synced();
    const before = watcher.told.length;
    await suspend(world, 's-a');
    await resume(world, 's-a');
    await watcher.until((told) => told.length >= before + 4);
    expect(watcher.told.slice(before).map(({ type, event }) => [type, (event as Told).type])).to.deep.equal([
      ['@xstate.event', 'suspended'],
      ['@xstate.snapshot', 'suspended'],
      ['@xstate.event', 'resumed'],
      ['@xstate.snapshot', 'resumed'],
    ]);
    const root = await watcher.saw('z1');
    expect(watcher.told[before]).to.include({ sourceId: root['sessionId'] });
  });

  it('are bounded in number, which the door asks about', () => {
    const watchers = Array.from({ length: INSPECTOR_VIEWERS_MAX }, () => Watcher.of(hub));
    expect(hub.isFull).to.equal(true);
    watchers[0]?.viewer.end();
    expect(hub.isFull).to.equal(false);
  });

  it('see a zone fall asleep and wake, and its actors afresh', async () => {
    await world.zones.start();
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub);
    const first = (await watcher.synced()).find(({ actor }) => actor === 's-a');
    world.clock.advance(1_000_000);
    await watcher.until((told) => ofZone(told).at(-1)?.['state'] === 'asleep');
    await world.look('session.get', { id: 's-a' });
    await watcher.synced(2);
    expect(ofZone(watcher.told).map(({ state }) => state)).to.include.members(['serving', 'asleep', 'serving']);
    const again = await watcher.saw('s-a');
    expect(again['sessionId']).to.not.equal(first?.['sessionId']);
    expect(await isAttached()).to.equal(true);
    await suspend(world, 's-a');
    await watcher.saw('s-a', ({ type }) => type === '@xstate.snapshot');
  });

  it('wait for a zone that is not in memory, and do not wake it', async () => {
    const watcher = Watcher.of(hub);
    await watcher.until((told) => told.length > 0);
    expect(watcher.told).to.have.length(1);
    expect(watcher.told[0]).to.include({ type: 'coordinator.zone', state: 'asleep', reason: 'joined' });
    expect(world.zones.awake).to.equal(0);
    await world.start({ id: 's-a' });
    await watcher.saw('s-a');
  });
});
