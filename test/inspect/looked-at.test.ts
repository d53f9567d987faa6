// What looking may not do: tell what is not on disk, or change anything that a zone does.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { isRefusal } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import type { SessionView } from '../../src/zone/reading/views.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { hubOf, isObserved, ofZone, resume, suspend, terminate, valueOf, Watcher } from './watching.ts';

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
