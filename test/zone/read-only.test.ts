// A zone whose journal cannot be written, or has space only for changes that lessen authority: it serves stored data.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { isRefusal, type CommandInputs, type CommandType, type Reply } from '../../src/zone/commands.ts';
import { sessionTag } from '../../src/zone/entity-tags.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { startInput, type ZoneWorld } from '../world/zone-world.ts';
import { Scarce } from './scarce.ts';
import { eventually } from './stored.ts';

const PAGE = { limit: 100, cursor: null };
const ALL = { status: null, lifecycle: null, applicationId: null, label: null, ...PAGE };

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

describe('a read-only zone', () => {
  it('answers queries from what is stored, and refuses what adds with the reason and when to try again', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.start({ id: 's-a', metadata: { kept: true } }, 'key');
    await world.start({ id: 's-b', parentId: 's-a' });
    scarce.runFull('reads');

    expect(await scarce.status('s-b')).to.equal('active');
    expect(await scarce.state()).to.equal('readOnly');
    expect((await scarce.session('s-a')).metadata).to.deep.equal({ kept: true });
    expect(await scarce.reason('s-a')).to.equal(null);
    const list = await world.look('session.list', ALL);
    expect(list).to.have.nested.property('answer.items.length', 2);
    expect(codeOf(await world.look('session.history', { id: 's-a', ...PAGE }))).to.equal(null);
    expect(codeOf(await world.look('zone.announcements', { after: 0, most: 10 }))).to.equal(null);

    const refused = await world.start({ id: 's-c' });
    expect(refused).to.deep.equal({
      seq: 2,
      answer: { code: 'journal_unavailable', details: { reason: 'disk_full' }, retryAfterSeconds: 5 },
    });
    expect(codeOf(await world.start({ id: 's-d', parentId: 'nobody' }))).to.equal('parent_not_found');
    const repeated = await world.start({ id: 's-a', metadata: { kept: true } }, 'key');
    expect(repeated.answer).to.include({ replayed: true });
    expect(await scarce.head()).to.equal(2);
  });

  it('names another reason if the disk fails for one', async () => {
    const scarce = new Scarce();
    scarce.cause = 'disk_failed';
    await scarce.world.start({ id: 's-a' });
    scarce.runFull('reads');
    expect(await scarce.world.start()).to.have.nested.property('answer.details.reason', 'disk_failed');
  });

  const stops: { readonly [T in CommandType]?: CommandInputs[T] } = {
    'session.suspend': { id: 's-a' },
    'session.terminate': { id: 's-a', reason: 'stop' },
    'edge.revoke': { id: 'e-1' },
    'directory.archive': { table: 'application', name: 'app-a' },
  };

  for (const [type, input] of Object.entries(stops) as [CommandType, never][]) {
    it(`carries out ${type} only while there is space for changes that lessen authority`, async () => {
      const scarce = new Scarce();
      const { world } = scarce;
      const operator = { caller: { kind: 'operator' } } as const;
      const facts = { registrationMethod: 'managed', expiresAt: null } as const;
      await world.execute('directory.register', { table: 'application', name: 'app-a', facts }, operator);
      await world.start({ id: 's-a' });
      await world.start({ id: 's-b' });
      await scarce.edge('e-1', 's-a', 's-b', 600);
      const head = await scarce.head();

      scarce.runFull('reads');
      expect(codeOf(await world.execute(type, input, operator))).to.equal('journal_unavailable');
      expect(codeOf(await world.execute(type, input, { ...operator, dryRun: true }))).to.equal(null);
      expect(await scarce.head()).to.equal(head);

      scarce.access = 'lessening';
      expect(await world.execute(type, input, operator)).to.have.property('seq', head + 1);
      expect(await scarce.state()).to.equal('readOnly');
      expect(codeOf(await world.start())).to.be.oneOf(['journal_unavailable', 'identity_revoked']);
      expect((await replayZone('z1', world.store)).divergence).to.equal(null);
    });
  }

  it('shows due changes with all their effects, and journals them when it can', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.start({ id: 's-a', ttlSeconds: 60 });
    await world.start({ id: 's-b', parentId: 's-a', ttlSeconds: null });
    await world.start({ id: 's-c', ttlSeconds: null });
    await world.start({ id: 's-d', ttlSeconds: null });
    await scarce.edge('e-1', 's-c', 's-d', 60);
    await scarce.edge('e-2', 's-a', 's-d', 600);
    const history = (id: string) => world.look('session.history', { id, ...PAGE });
    const before = await history('s-b');
    const head = await scarce.head();
    const due = world.clock.now() + 60_000;

    scarce.runFull('reads');
    const tag = sessionTag(await scarce.session('s-b'));
    world.clock.advance(59_999);
    expect(await scarce.reason('s-a')).to.equal(null);
    world.clock.advance(1);
    expect(await scarce.reason('s-a')).to.equal('session_expired');
    expect(await scarce.reason('s-b')).to.equal('session_terminated');
    expect(await scarce.reason('s-d', 'e-1')).to.equal('delegation_expired');
    expect(await scarce.reason('s-d', 'e-2')).to.equal('delegation_revoked');
    expect(await scarce.status('s-d')).to.equal('active');
    expect(await world.look('session.list', { ...ALL, status: 'active' })).to.have.nested.property(
      'answer.items.length',
      2,
    );
    // The shown state has another tag, and no entry.
    expect(sessionTag(await scarce.session('s-b'))).not.to.equal(tag);
    expect(await history('s-b')).to.deep.equal(before);
    expect(await scarce.head()).to.equal(head);
    expect((await world.look('session.get', { id: 's-a' })).seq).to.equal(head);

    world.clock.advance(5_000);
    scarce.access = 'everything';
    expect(await scarce.reason('s-a')).to.equal('session_expired');
    expect(await scarce.state()).to.equal('serving');
    expect(await scarce.head()).to.equal(head + 2);
    expect((await scarce.session('s-b')).record.context).to.include({ endedAt: due });
    expect((await replayZone('z1', world.store)).divergence).to.equal(null);
  });

  it('keeps leases from running out, since heartbeats are refused, and lets them run when it serves again', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.start({ id: 's-a', lifecycle: 'service', ttlSeconds: null });
    scarce.runFull('lessening');
    const beat = { id: 's-a', serviceId: null, health: 'healthy', metadata: {}, leaseGeneration: null } as const;
    expect(codeOf(await world.execute('session.heartbeat', beat))).to.equal('journal_unavailable');
    world.clock.advance(600_000);
    expect(await scarce.status('s-a')).to.equal('active');
    scarce.access = 'everything';
    expect(codeOf(await world.execute('session.heartbeat', beat))).to.equal(null);
    world.clock.advance(600_000);
    expect(await scarce.status('s-a')).to.equal('suspended');
  });

  it('serves again by itself, and then journals due changes', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.start({ id: 's-a', ttlSeconds: 60 });
    scarce.runFull('reads');
    expect(await scarce.status('s-a')).to.equal('active');
    world.clock.advance(60_000);
    await nextTurn();
    expect(await scarce.head()).to.equal(1);
    scarce.access = 'everything';
    for (let turns = 0; (await scarce.head()) < 2 && turns < 1_000; turns += 1) {
      world.clock.advance(1_000);
      await nextTurn();
    }
    expect(await scarce.head()).to.equal(2);
  });

  it('makes no checkpoint', async () => {
    const scarce = new Scarce({ checkpointEveryEntries: 2 });
    const { world } = scarce;
    await world.start({ id: 's-a' });
    scarce.runFull('lessening');
    for (let n = 0; n < 3; n += 1) {
      expect(codeOf(await world.execute('session.suspend', { id: 's-a' }))).to.equal(
        n === 0 ? null : 'agent_not_found_or_not_active',
      );
    }
    await world.execute('session.terminate', { id: 's-a', reason: 'stop' });
    await world.zones.drain();
    expect(world.store.snapshots.get('z1', 'checkpoint')).to.equal(undefined);
  });

  it('faults when the journal fails again, and answers the next query', async () => {
    let failing = false;
    const disk = () => (failing ? Promise.reject(new Error('ENOSPC: no space left on device')) : Promise.resolve());
    const scarce = new Scarce({ disk });
    const { world } = scarce;
    await world.start({ id: 's-a' });
    scarce.runFull('lessening');
    failing = true;
    expect(codeOf(await world.execute('session.suspend', { id: 's-a' }))).to.equal('journal_unavailable');
    expect(await scarce.status('s-a')).to.equal('active');
    expect(await scarce.head()).to.equal(1);
    expect(world.zones.faulted()).to.deep.equal([]);
  });
});

describe('a store of which nothing can be read', () => {
  it('leaves its zones faulted until it can be read', async () => {
    const scarce = new Scarce();
    await scarce.world.start({ id: 's-a' });
    scarce.runFull('reads');
    scarce.access = 'nothing';
    const look = () => scarce.world.look('session.get', { id: 's-a' });
    expect(codeOf(await look())).to.equal('journal_unavailable');
    expect(codeOf(await scarce.world.execute('session.start', startInput({ id: 's-b' })))).to.equal(
      'journal_unavailable',
    );
    scarce.access = 'reads';
    expect(codeOf(await look())).to.equal(null);
  });
});

const asOfOtherMachines = async ({ store }: ZoneWorld): Promise<Buffer> => {
  const record = JSON.parse(String(store.snapshots.get('z1', 'checkpoint'))) as object;
  const batch = store.snapshots.begin('z1');
  const other = Buffer.from(JSON.stringify({ ...record, machines: 'agent-session 0' }));
  batch.put('checkpoint', other);
  await batch.commit();
  return other;
};

describe('a read-only zone whose checkpoint is of other machines', () => {
  it('is folded from its first entry, and nothing is stored', async () => {
    const scarce = new Scarce();
    const { world } = scarce;
    await world.start({ id: 's-a' });
    await world.start({ id: 's-b', parentId: 's-a' });
    await world.execute('session.terminate', { id: 's-b', reason: 'done' });
    await world.zones.drain();
    const other = await asOfOtherMachines(world);
    scarce.runFull('reads');
    expect([await scarce.status('s-a'), await scarce.status('s-b')]).to.deep.equal(['active', 'terminated']);
    expect(codeOf(await world.look('session.history', { id: 's-b', ...PAGE }))).to.equal(null);
    expect(world.store.snapshots.get('z1', 'checkpoint')).to.deep.equal(other);
  });

  it('does not show again what was forgotten', async () => {
    const HOUR_MS = 3_600_000;
    const scarce = new Scarce({ retention: { session: HOUR_MS, receipt: HOUR_MS } });
    const { world } = scarce;
    await world.start({ id: 's-live', ttlSeconds: 86_400 });
    await world.start({ id: 's-old' }, 'key-old');
    await world.execute('session.terminate', { id: 's-old', reason: 'done' });
    await world.zones.drain();
    world.open();
    world.clock.advance(2 * HOUR_MS);
    await world.start({ id: 's-new' }, 'key-new');
    await world.execute('session.terminate', { id: 's-new', reason: 'done' });
    await eventually(() => world.store.snapshots.get('z1', 'archive/session/s-old') === undefined);
    await world.zones.drain();
    await asOfOtherMachines(world);
    scarce.runFull('reads');
    expect(await scarce.status('s-live')).to.equal('active');
    expect(await scarce.status('s-new')).to.equal('terminated');
    expect(codeOf(await world.look('session.get', { id: 's-old' }))).to.equal('agent_not_found');
    expect(codeOf(await world.look('session.history', { id: 's-old', ...PAGE }))).to.equal('agent_not_found');
    expect(codeOf(await world.start({ id: 's-new' }, 'key-new'))).to.equal('idempotency_result_inactive');
    expect(codeOf(await world.start({ id: 's-old' }, 'key-old'))).to.equal('journal_unavailable');
  });
});
