// What has ended, and receipts, are forgotten when they are old enough, with all that is stored of them and with nobody
// having to ask. What lives is never forgotten, and what is stored stays sound.
import { expect } from 'chai';
import { isRefusal, type Reply, type SessionDone } from '../../src/zone/commands.ts';
import { DAY_MS, ZoneWorld } from '../world/zone-world.ts';
import { invocationInput, serviceInput } from './inputs.ts';
import { eventually, expectSound, storedKeys } from './stored.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

const idOf = ({ answer }: Reply<SessionDone>): string => {
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer.session.record.id;
};

const EVERYTHING = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };

const RETENTION = { session: 3 * DAY_MS, invocation: 2 * DAY_MS, receipt: DAY_MS };

/** A live root with an ended child, a service with an ended invocation, a receipt of each; all of it stored. */
const agingWorld = async (): Promise<ZoneWorld> => {
  const world = new ZoneWorld({ contents: new Map(), retention: RETENTION });
  await world.start({ id: 's-root', lifecycle: 'service', ttlSeconds: null });
  await world.start({ id: 's-child', parentId: 's-root' }, 'key-child');
  await world.execute('session.suspend', { id: 's-child' });
  await world.execute('session.terminate', { id: 's-child', reason: 'done' });
  await world.execute('service.register', serviceInput({ id: 'sv-1' }), { key: 'key-service' });
  await world.execute('invocation.create', invocationInput({ id: 'i-1' }), { key: 'key-invocation' });
  await world.execute('invocation.start', { id: 'i-1' });
  await world.execute('invocation.complete', {
    id: 'i-1',
    status: 'succeeded',
    attempt: null,
    error: null,
    metadata: {},
  });
  await world.zones.drain();
  return world;
};

const isGone = (world: ZoneWorld, prefix: string) => async (): Promise<boolean> =>
  (await storedKeys(world.store, prefix)).length === 0;

describe('what has ended', () => {
  it('is gone when it is old enough, each kind in its own time, with all that is stored of it', async () => {
    const world = await agingWorld();
    world.open();
    await world.zones.start();
    expect(await storedKeys(world.store, 'archive/receipt/')).to.have.length(3);

    world.clock.advance(DAY_MS);
    await eventually(isGone(world, 'archive/receipt/'));
    expect(codeOf(await world.look('invocation.get', { id: 'i-1' }))).to.equal(null);

    world.clock.advance(DAY_MS);
    await eventually(isGone(world, 'archive/invocation/'));
    expect(codeOf(await world.look('invocation.get', { id: 'i-1' }))).to.equal('invocation_not_found');
    expect(codeOf(await world.look('session.get', { id: 's-child' }))).to.equal(null);

    world.clock.advance(DAY_MS);
    await eventually(isGone(world, 'archive/session/'));
    expect(codeOf(await world.look('session.get', { id: 's-child' }))).to.equal('agent_not_found');
    const { answer } = await world.look('session.children', { ...EVERYTHING, id: 's-root' });
    expect(answer).to.deep.include({ items: [], nextCursor: null });
    for (const prefix of ['archive/', 'age/', 'history/s-child/', 'history/i-1/']) {
      expect(await storedKeys(world.store, prefix), prefix).to.deep.equal([]);
    }
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('is deleted when the zone writes too few entries for a checkpoint and never sleeps', async () => {
    const world = new ZoneWorld({ contents: new Map(), retention: RETENTION, idleMs: 365 * DAY_MS });
    await world.start({ id: 's-root', lifecycle: 'service', ttlSeconds: null });
    await world.start({ id: 's-child', parentId: 's-root' }, 'key-child');
    await world.execute('session.terminate', { id: 's-child', reason: 'done' });
    world.clock.advance(RETENTION.session);
    await eventually(async () => codeOf(await world.look('session.get', { id: 's-child' })) === 'agent_not_found');
    expect(await storedKeys(world.store, 'age/')).to.deep.equal([]);
    expect(codeOf(await world.look('session.get', { id: 's-root' }))).to.equal(null);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('stays until the very instant', async () => {
    const world = await agingWorld();
    world.open();
    world.clock.advance(3 * DAY_MS - 1);
    for (let asked = 0; asked < 3; asked += 1) {
      expect(codeOf(await world.look('session.get', { id: 's-child' }))).to.equal(null);
    }
    expect(await storedKeys(world.store, 'archive/session/')).to.have.length(1);
  });

  it('does not take with it what lives, however old', async () => {
    const world = await agingWorld();
    world.open();
    await world.execute('invocation.create', invocationInput({ id: 'i-waiting', sourceSessionId: 's-root' }), {
      key: 'key-waiting',
    });
    await world.zones.drain();
    world.clock.advance(1_000 * DAY_MS);
    world.open();
    await world.zones.start();
    await eventually(isGone(world, 'archive/'));
    await world.zones.drain();
    world.open();
    expect(codeOf(await world.look('session.get', { id: 's-root' }))).to.equal(null);
    expect(codeOf(await world.look('invocation.get', { id: 'i-waiting' }))).to.equal(null);
    expect(codeOf(await world.look('invocation.history', { id: 'i-waiting', limit: 5, cursor: null }))).to.equal(null);
    const { answer } = await world.look('service.list', { limit: 5, cursor: null });
    if (isRefusal(answer) || !('items' in answer)) throw new Error('refused');
    expect(answer.items.map(({ record }) => record.id)).to.deep.equal(['sv-1']);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('is forgotten as the retention is now, shorter or longer than when it ended', async () => {
    const world = await agingWorld();
    world.clock.advance(2 * DAY_MS);
    world.open({ retention: { session: 30 * DAY_MS } });
    await world.look('session.get', { id: 's-root' });
    world.clock.advance(10 * DAY_MS);
    await eventually(isGone(world, 'archive/invocation/'));
    expect(codeOf(await world.look('session.get', { id: 's-child' }))).to.equal(null);
    await world.zones.drain();

    world.open({ retention: { session: DAY_MS } });
    await world.look('session.get', { id: 's-root' });
    await eventually(isGone(world, 'archive/session/'));
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('a key whose receipt is old', () => {
  it('makes something new, and is remembered for that from then on', async () => {
    const world = new ZoneWorld({ contents: new Map(), retention: RETENTION });
    const service = { lifecycle: 'service', ttlSeconds: null } as const;
    const first = idOf(await world.start(service, 'key'));
    await world.zones.drain();
    world.open();
    world.clock.advance(DAY_MS - 1);
    expect(idOf(await world.start(service, 'key'))).to.equal(first);
    world.clock.advance(1);
    const second = idOf(await world.start(service, 'key'));
    expect(second).not.to.equal(first);
    expect(idOf(await world.start(service, 'key'))).to.equal(second);
    await world.zones.drain();
    expect(await storedKeys(world.store, 'archive/receipt/')).to.have.length(1);
    expect(await storedKeys(world.store, 'age/receipt/')).to.have.length(1);
    await expectSound(world.store);

    world.open();
    world.clock.advance(DAY_MS - 1);
    expect(idOf(await world.start(service, 'key'))).to.equal(second);
    world.clock.advance(1);
    await world.look('session.get', { id: second });
    await eventually(isGone(world, 'archive/receipt/'));
    await world.zones.drain();
    await expectSound(world.store);
  });
});

describe('a zone that sleeps', () => {
  /** A zone in which nothing is due but forgetting. */
  const sleepingWorld = async (): Promise<ZoneWorld> => {
    const world = new ZoneWorld({ contents: new Map(), retention: RETENTION });
    await world.zones.start();
    await world.start({ id: 's-1' });
    await world.execute('session.terminate', { id: 's-1', reason: 'done' });
    return world;
  };

  it('wakes by itself to forget, after a restart', async () => {
    const world = await sleepingWorld();
    await world.zones.drain();
    world.open();
    await world.zones.start();
    expect(world.zones.awake).to.equal(0);
    world.clock.advance(3 * DAY_MS);
    await eventually(isGone(world, 'archive/session/'));
  });

  it('wakes by itself to forget, after it has been idle', async () => {
    const world = await sleepingWorld();
    world.clock.advance(600_000);
    expect(world.zones.awake).to.equal(0);
    await eventually(async () => (await storedKeys(world.store, 'archive/session/')).length === 1);
    world.clock.advance(3 * DAY_MS);
    await eventually(isGone(world, 'archive/session/'));
  });

  it('wakes in the time of the retention that counts now', async () => {
    const world = await sleepingWorld();
    await world.zones.drain();
    world.open({ retention: { session: DAY_MS } });
    await world.zones.start();
    world.clock.advance(DAY_MS);
    await eventually(isGone(world, 'archive/session/'));
  });
});
