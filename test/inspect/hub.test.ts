// What those see who look at the actors of a zone: everything there is and what happens to it, nothing before it is on disk, and
// nothing while nobody looks. And that the zone does not notice.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Hub } from '../../src/inspect/hub.ts';
import { INSPECTOR_KEEP_ALIVE_MS, INSPECTOR_QUEUE_MAX, INSPECTOR_VIEWERS_MAX, SLICE_ACTORS } from '../../src/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import type { SessionView } from '../../src/zone/views.ts';
import { replayZone } from '../../src/zone/replay.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { hubOf, isObserved, Watcher, type Told } from './watching.ts';

const suspend = (world: ZoneWorld, id: string) => world.execute('session.suspend', { id });
const resume = (world: ZoneWorld, id: string) => world.execute('session.resume', { id });
const terminate = (world: ZoneWorld, id: string) => world.execute('session.terminate', { id, reason: 'done' });

const valueOf = ({ snapshot }: Told): unknown => snapshot?.value;
const ofZone = (told: readonly Told[]) => told.filter(({ type }) => type === 'coordinator.zone');

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
    for (const [id, parentId] of [['r', null], ['r-1', 'r'], ['r-1-1', 'r-1'], ['other', null]] as const)
      await world.start({ id, parentId });
    const facts = {
      applicationId: 'app-a',
      endpointUrl: 'https://service.example',
      protocolVersions: [],
      frameworkName: null,
      frameworkVersion: null,
      capabilities: [],
    };
    await world.execute('service.register', { id: 'service', ...facts, metadata: {} } as never);
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
    let turns = 0;
    let longestMs = 0;
    let isOver = false;
    const counting = (async () => {
      for (let last = performance.now(); !isOver; last = performance.now()) {
        await nextTurn();
        turns += 1;
        longestMs = Math.max(longestMs, performance.now() - last);
      }
    })();
    const watcher = Watcher.of(hub);
    // What happens meanwhile is missed by nobody, whether it has been shown or not.
    await watcher.until((told) => told.length > 1_000);
    await world.start({ id: 't-born' });
    await suspend(world, 's-000001');
    await suspend(world, 's-005000');
    await watcher.synced();
    isOver = true;
    await counting;
    expect(turns).to.be.above(many / SLICE_ACTORS);
    expect(Math.max(...watcher.writes)).to.be.at.most(2 * SLICE_ACTORS + 2);
    expect(longestMs, 'milliseconds of the longest turn').to.be.below(100);
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

describe('what is looked at', () => {
  it('is told once it is on disk, and never where it will not be', async () => {
    let failing = false;
    let hold: Promise<void> | null = null;
    const disk = async () => {
      await hold;
      if (failing) throw new Error('no space left');
    };
    const world = new ZoneWorld({ contents: new Map(), disk });
    const hub = hubOf(world);
    await world.start({ id: 's-a' });
    const watcher = Watcher.of(hub);
    await watcher.synced();

    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const suspending = suspend(world, 's-a');
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(watcher.actors('@xstate.snapshot')).to.deep.equal([]);
    release();
    await suspending;
    await watcher.saw('s-a', ({ type }) => type === '@xstate.snapshot');

    failing = true;
    await world.start({ id: 's-lost' });
    await watcher.until((told) => ofZone(told).at(-1)?.['state'] === 'faulted');
    failing = false;
    await world.look('session.get', { id: 's-a' });
    await watcher.synced(2);
    expect(watcher.told.some(({ actor }) => actor === 's-lost')).to.equal(false);
    expect(valueOf(await watcher.saw('s-a'))).to.deep.equal({ suspended: 'own' });
    await resume(world, 's-a');
    await watcher.saw('s-a', (told) => told.type === '@xstate.snapshot' && valueOf(told) === 'active');
    hub.close();
    await world.zones.drain();
  });

  it('does not notice an observer that throws', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a' });
    const { inspection } = await world.zones.get('z1');
    const seen: string[] = [];
    let failures = 0;
    for (const thrownAt of ['@xstate.event', '@xstate.snapshot', '@xstate.microstep', '@xstate.action']) {
      inspection.attach({
        saw: ({ type }) => {
          if (type !== thrownAt) return;
          seen.push(type);
          throw new Error('a bug of whoever looks');
        },
        failed: () => {
          failures += 1;
        },
      });
    }
    for (const move of [suspend, resume, suspend]) expect(isRefusal((await move(world, 's-a')).answer)).to.equal(false);
    expect(seen.toSorted()).to.deep.equal(['@xstate.action', '@xstate.event', '@xstate.microstep', '@xstate.snapshot']);
    expect(failures).to.equal(4);
    expect(isObserved(inspection.supervisor.system)).to.equal(false);
    const reply = await world.look('session.get', { id: 's-a' });
    expect((reply.answer as SessionView).record.state).to.deep.equal({ suspended: 'own' });
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
    await world.zones.drain();
  });

  it('leaves the same journal behind, looked at or not', async () => {
    const journals = await Promise.all(
      [false, true].map(async (isWatched) => {
        const world = new ZoneWorld({ contents: new Map() });
        const hub = hubOf(world);
        const watchers = isWatched ? [Watcher.of(hub), Watcher.of(hub, { events: true, dialect: 'stately' })] : [];
        await world.start({ id: 's-a' });
        await world.start({ id: 's-b', parentId: 's-a' });
        for (const move of [suspend, resume, terminate]) await move(world, 's-a');
        const entries: string[] = [];
        for await (const { data } of world.store.journal.read('z1', 1, 5)) entries.push(data.toString());
        for (const { viewer } of watchers) viewer.end();
        await world.zones.drain();
        return entries;
      }),
    );
    expect(journals[0]).to.have.length(5);
    expect(journals[1]).to.deep.equal(journals[0]);
  });
});
