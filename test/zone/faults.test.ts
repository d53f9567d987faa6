// What a zone does when something below it fails: nothing is told that is not stored, nothing false is served, and what is
// stored is served again once that is possible.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { ZONE_RESTARTS_MAX, ZONE_RESTART_WINDOW_MS } from '../../src/limits.ts';
import { Tally } from '../../src/zone/checkpoints/inventory.ts';
import type { MemoryContents, MemoryZone } from '../../src/journal/memory-engine.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { ASK, ZoneWorld } from '../world/zone-world.ts';
import { heartbeatInput } from './inputs.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

describe('a zone whose journal fails', () => {
  it('shows only stored changes, answers queries from them, and continues from there', async () => {
    let failing = false;
    const disk = () => (failing ? Promise.reject(new Error('no space left')) : Promise.resolve());
    const world = new ZoneWorld({ contents: new Map(), disk });
    await world.start({ id: 's-a' });

    failing = true;
    const lost = await Promise.all([
      world.start({ id: 's-b' }),
      world.start({ id: 's-c' }),
      world.look('session.get', { id: 's-b' }),
    ]);
    expect(lost.map(codeOf)).to.deep.equal(['journal_unavailable', 'journal_unavailable', 'agent_not_found']);
    expect(lost.map(({ seq }) => seq)).to.deep.equal([null, null, 1]);

    failing = false;
    expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal(null);
    expect(codeOf(await world.look('session.get', { id: 's-b' }))).to.equal('agent_not_found');
    expect((await world.start({ id: 's-b' })).seq).to.equal(2);
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
  });

  it('answers what did not happen neither to a dry run nor to a refused command that relied on it', async () => {
    let failing = false;
    const disk = () => (failing ? Promise.reject(new Error('no space left')) : Promise.resolve());
    const world = new ZoneWorld({ contents: new Map(), disk });
    await world.start({ id: 's-a' });
    failing = true;
    const suspend = world.execute('session.suspend', { id: 's-a' });
    const again = world.execute('session.suspend', { id: 's-a' });
    const dry = world.execute('session.resume', { id: 's-a' }, { dryRun: true });
    expect((await Promise.all([suspend, again, dry])).map(codeOf)).to.deep.equal(Array(3).fill('journal_unavailable'));
  });
});

describe('a zone whose storage was altered', () => {
  const altered = async (alter: (contents: MemoryContents) => void): Promise<ZoneWorld> => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents });
    await world.start({ id: 's-a' });
    await world.start({ id: 's-b', parentId: 's-a' });
    await world.execute('session.terminate', { id: 's-b', reason: 'done' });
    await world.zones.drain();
    alter(contents);
    world.open();
    return world;
  };

  it('serves nothing, says why, and leaves other zones alone', async () => {
    const world = await altered((contents) => contents.get('z1')?.snapshots.delete('live/session/s-a'));
    const reply = await world.look('session.get', { id: 's-a' });
    expect(codeOf(reply)).to.equal('zone_faulted');
    expect(codeOf(await world.start())).to.equal('zone_faulted');
    const [faulted] = world.zones.faulted();
    expect(faulted?.zone).to.equal('z1');
    expect(faulted?.reason).to.contain('npm run verify');
    const other = await world.zones.get('z2');
    expect(codeOf(await other.look({ type: 'session.get', input: { id: 'nobody' } }, ASK))).to.equal('agent_not_found');
  });

  it('does not say that an ended session never was', async () => {
    const world = await altered((contents) => contents.get('z1')?.snapshots.delete('archive/session/s-b'));
    expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal(null);
    expect(codeOf(await world.look('session.get', { id: 's-b' }))).to.equal('history_damaged');
  });
});

describe('a zone whose archive or journal is damaged below its checkpoint', () => {
  const metadata = { text: 'kept' };

  /** Ended: `s-b`. Live, with a body and a history: `s-a`. Then some key or entry is damaged. */
  const damaged = async (damage: (zone: MemoryZone) => void): Promise<ZoneWorld> => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents });
    await world.start({ id: 's-a', metadata }, 'key-a');
    await world.start({ id: 's-b', parentId: 's-a' });
    await world.execute('session.terminate', { id: 's-b', reason: 'done' });
    await world.zones.drain();
    const zone = contents.get('z1');
    if (!zone) throw new Error('no zone');
    damage(zone);
    world.open();
    return world;
  };

  const flip = (bytes: Buffer | undefined): void => {
    bytes?.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2);
  };
  const PAGE = { limit: 10, cursor: null };

  for (const [what, damage, refused] of [
    [
      'an entry',
      ({ entries }: MemoryZone) => flip(entries[0]),
      (world: ZoneWorld) => world.look('session.history', { id: 's-a', ...PAGE }),
    ],
    [
      'a body',
      ({ bodies }: MemoryZone) => flip(bodies.get(1)),
      (world: ZoneWorld) => world.look('session.get', { id: 's-a' }),
    ],
    [
      'an archived session',
      ({ snapshots }: MemoryZone) => flip(snapshots.get('archive/session/s-b')),
      (world: ZoneWorld) => world.look('session.get', { id: 's-b' }),
    ],
    [
      'a list of children',
      ({ snapshots }: MemoryZone) => snapshots.delete('archive/child/s-a/s-b'),
      (world: ZoneWorld) => world.look('session.children', { ...ALL, id: 's-a' }),
    ],
    [
      'a receipt',
      ({ snapshots }: MemoryZone) => {
        for (const key of snapshots.keys()) if (key.startsWith('archive/receipt/')) snapshots.delete(key);
      },
      (world: ZoneWorld) => world.start({ id: 's-c' }, 'another key'),
    ],
    [
      'a place in a history',
      ({ snapshots }: MemoryZone) => snapshots.delete('history/s-a/0000000000000001'),
      (world: ZoneWorld) => world.look('session.history', { id: 's-a', ...PAGE }),
    ],
  ] as const) {
    it(`refuses requests that need ${what}, reports it once, and serves all others`, async () => {
      const world = await damaged(damage);
      expect(codeOf(await refused(world))).to.equal('history_damaged');
      expect(codeOf(await refused(world))).to.equal('history_damaged');
      expect(world.zones.faulted()).to.deep.equal([]);
      const [told, ...more] = world.zones.damage.zones();
      expect(more).to.deep.equal([]);
      expect(told).to.include({ zone: 'z1', findings: 1 });
      expect(codeOf(await world.start({ id: 's-d' }))).to.equal(null);
      expect(codeOf(await world.execute('session.suspend', { id: 's-a' }))).to.equal(null);
      expect(codeOf(await world.execute('session.terminate', { id: 's-d', reason: 'x' }))).to.equal(null);
      await world.zones.drain();
    });
  }

  it('says that a change was made if its answer cannot be shown', async () => {
    const world = await damaged(({ bodies }) => flip(bodies.get(1)));
    const before = await world.store.journal.head('z1');
    const { answer, seq } = await world.execute('session.heartbeat', heartbeatInput({ id: 's-a' }));
    if (isRefusal(answer)) expect([answer.code, answer.details]).to.deep.equal(['history_damaged', { changed: true }]);
    else throw new Error('shown');
    expect(seq).to.equal(before + 1);
    expect(await world.store.journal.head('z1')).to.equal(before + 1);
  });
});

describe('a zone that trips over its own snapshot', () => {
  it('is restarted a bounded number of times, and then stays as it is and says so', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a' });
    await world.zones.drain();
    const { snapshots } = world.store;
    const checkpoint = JSON.parse(String(snapshots.get('z1', 'checkpoint'))) as object;
    const nonsense = Buffer.from(
      String(snapshots.get('z1', 'live/session/s-a')).replace('"state":"active"', '"state":"asleep"'),
    );
    const live = new Tally();
    live.add('live/session/s-a', nonsense);
    const batch = snapshots.begin('z1');
    batch.put('live/session/s-a', nonsense);
    batch.put('checkpoint', Buffer.from(JSON.stringify({ ...checkpoint, live: live.inventory })));
    await batch.commit();
    world.open();

    const zone = await world.zones.get('z1');
    const finals: boolean[] = [];
    for (let n = 0; n <= ZONE_RESTARTS_MAX; n += 1) {
      expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal('zone_faulted');
      expect(zone.fault?.kind).to.equal('bug');
      finals.push(zone.fault?.final ?? false);
    }
    expect(finals).to.deep.equal([...Array(ZONE_RESTARTS_MAX).fill(false), true]);
    world.clock.advance(ZONE_RESTART_WINDOW_MS * 2);
    expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal('zone_faulted');
    expect(world.zones.faulted().map((each) => each.zone)).to.deep.equal(['z1']);
  });
});

describe('a checkpoint of other machines', () => {
  it('is made again from the journal', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a', metadata: { kept: true } }, 'key');
    await world.start({ id: 's-b', parentId: 's-a' });
    await world.execute('session.terminate', { id: 's-b', reason: 'done' });
    await world.zones.drain();
    const before = await replayZone('z1', world.store);

    const batch = world.store.snapshots.begin('z1');
    const record = JSON.parse(String(world.store.snapshots.get('z1', 'checkpoint'))) as object;
    batch.put('checkpoint', Buffer.from(JSON.stringify({ ...record, machines: 'agent-session 0' })));
    batch.put('live/session/s-a', Buffer.from('{"machine":"agent-session","version":"0"}'));
    await batch.commit();
    world.open();

    const { answer } = await world.look('session.children', { ...ALL, id: 's-a' });
    if (isRefusal(answer) || !('items' in answer)) throw new Error('refused');
    expect(answer.items.length).to.equal(1);
    expect(codeOf(await world.start({ id: 's-c', metadata: { kept: true } }, 'key'))).to.equal(null);
    await world.zones.drain();
    expect(await replayZone('z1', world.store)).to.deep.equal(before);
  });
});

describe('a checkpoint of an earlier format', () => {
  it('is made again from the journal, with the rows of the directory', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    const operator = { caller: { kind: 'operator' } } as const;
    const facts = { registrationMethod: 'managed', expiresAt: null } as const;
    await world.execute('directory.register', { table: 'application', name: 'app-a', facts }, operator);
    await world.zones.drain();
    const before = await replayZone('z1', world.store);

    const batch = world.store.snapshots.begin('z1');
    const record = JSON.parse(String(world.store.snapshots.get('z1', 'checkpoint'))) as object;
    batch.put('checkpoint', Buffer.from(JSON.stringify({ ...record, v: 3 })));
    const rows = [['app-a', { ...facts, registeredAt: world.clock.now(), endedAt: null }]];
    const directory = { application: rows, 'subject-session': [], resource: [] };
    batch.put('live/directory', Buffer.from(JSON.stringify(directory)));
    await batch.commit();
    world.open();

    const { answer } = await world.look('directory.get', { table: 'application', name: 'app-a' });
    expect(answer).to.have.nested.property('row.seq', 1);
    await world.zones.drain();
    expect(await replayZone('z1', world.store)).to.deep.equal(before);
  });
});

const ALL = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };

describe('the clock of a zone', () => {
  it('does not run backwards with the host’s', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a', ttlSeconds: 60 });
    world.clock.advance(30_000);
    await world.start({ id: 's-b' });
    world.clock.setBack(3_600_000);
    const { answer } = await world.start({ id: 's-c', ttlSeconds: 60 });
    if (isRefusal(answer) || !('session' in answer)) throw new Error('refused');
    expect(answer.session.record.context.startedAt).to.equal(world.clock.now() + 3_600_000);
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
  });

  it('wakes a zone that nobody calls for what is due, also after a restart', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.start({ id: 's-a', ttlSeconds: 60 });
    await world.zones.drain();
    world.open();
    await world.zones.start();
    expect(world.zones.awake).to.equal(0);
    world.clock.advance(60_000);
    expect(world.zones.awake).to.equal(1);
    // Nobody asks the zone; only the journal is watched until the entry is there.
    while ((await world.store.journal.head('z1')) < 2) await nextTurn();
    expect(world.zones.faulted()).to.deep.equal([]);
  });

  it('lets an idle zone go, and finds it again', async () => {
    const world = new ZoneWorld({ contents: new Map() });
    await world.zones.start();
    await world.start({ id: 's-a', ttlSeconds: null });
    world.clock.advance(600_000);
    expect(world.zones.awake).to.equal(0);
    expect(codeOf(await world.look('session.get', { id: 's-a' }))).to.equal(null);
    expect(world.zones.awake).to.equal(1);
  });
});
