// A process that did not run received no requests: no lease and no deadline of running work lapses because of the gap.
// Authority is not extended: times to live and edges end at their instant.
import { expect } from 'chai';
import * as fc from 'fast-check';
import { SLICE_EXTENDED } from '../../src/zone/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { actorOf } from '../../src/zone/events.ts';
import { ROOMY, ZoneWorld, type ZoneWorldOptions } from '../world/zone-world.ts';
import { edgeInput, heartbeatInput, invocationInput, serviceInput } from './inputs.ts';
import { entriesFrom, eventually, expectSound } from './stored.ts';

const LEASE_MS = ROOMY.serviceLeaseSeconds * 1_000;
const SERVICE = { lifecycle: 'service', ttlSeconds: null } as const;
const PAUSE_MS = 10 * LEASE_MS;

const newWorld = (options: ZoneWorldOptions = {}) => {
  const world = new ZoneWorld({ contents: new Map(), ...options });
  return { world, t0: world.clock.now() };
};

const running = async (world: ZoneWorld, id: string, timeoutMs: number): Promise<void> => {
  await world.execute('invocation.create', invocationInput({ id, timeoutMs, attemptsMax: 1 }));
  await world.execute('invocation.start', { id });
};

const byItself = async ({ store }: ZoneWorld, t0: number): Promise<(string | number | null)[][]> =>
  (await entriesFrom(store, 1))
    .filter(({ by }) => by === null)
    .map(({ event, at }) => [event.type, actorOf(event), at - t0]);

const session = async (world: ZoneWorld, id: string) => {
  const { answer } = await world.look('session.get', { id });
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer;
};

const invocation = async (world: ZoneWorld, id: string) => {
  const { answer } = await world.look('invocation.get', { id });
  if (isRefusal(answer)) throw new Error(answer.code);
  return answer.record;
};

describe('a process that did not run for a while', () => {
  it('extends leases, silences and deadlines by the gap, in one entry, before anything lapses', async () => {
    const { world, t0 } = newWorld();
    await world.start({ id: 's-service', ...SERVICE });
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    await running(world, 'i-1', 30_000);
    await running(world, 'i-2', 50_000);
    world.clock.advance(20_000);
    world.clock.pause(PAUSE_MS);
    expect((await session(world, 's-service')).leaseUntil).to.equal(t0 + LEASE_MS + PAUSE_MS);
    expect((await invocation(world, 'i-1')).context.deadlineAt).to.equal(t0 + 30_000 + PAUSE_MS);
    expect((await invocation(world, 'i-2')).state).to.deep.equal({ running: 'executing' });
    const [extension, ...others] = (await entriesFrom(world.store, 1)).filter(({ by }) => by === null);
    expect(others).to.deep.equal([]);
    expect(extension?.event).to.include({ type: 'work.extended', byMs: PAUSE_MS });
    expect(extension?.affected).to.deep.equal(['i-1', 'i-2']);
    world.clock.advance(9_999);
    expect((await invocation(world, 'i-1')).state).to.deep.equal({ running: 'executing' });
    world.clock.advance(LEASE_MS);
    await eventually(async () => (await session(world, 's-service')).record.state !== 'active');
    expect((await byItself(world, t0)).slice(1)).to.deep.equal([
      ['invocation.overran', 'i-1', 30_000 + PAUSE_MS],
      ['invocation.overran', 'i-2', 50_000 + PAUSE_MS],
      ['session.lease-lost', 's-service', LEASE_MS + PAUSE_MS],
      ['service.silenced', 'sv-1', LEASE_MS + PAUSE_MS],
    ]);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('takes a heartbeat and a completion that waited in the sockets', async () => {
    const { world } = newWorld();
    await world.start({ id: 's-service', ...SERVICE });
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    await running(world, 'i-1', 1_000);
    world.clock.pause(PAUSE_MS);
    const outcome = { id: 'i-1', status: 'succeeded', attempt: null, error: null, metadata: {} } as const;
    const [beat, done] = await Promise.all([
      world.execute('session.heartbeat', heartbeatInput({ id: 's-service' })),
      world.execute('invocation.complete', outcome),
    ]);
    expect([isRefusal(beat.answer), isRefusal(done.answer)]).to.deep.equal([false, false]);
    expect((await invocation(world, 'i-1')).state).to.deep.equal({ completed: 'succeeded' });
  });

  it('does not extend authority: what ended in the gap has ended at its instant', async () => {
    const { world, t0 } = newWorld();
    await world.start({ id: 's-service', ...SERVICE });
    await world.start({ id: 's-task', ttlSeconds: 60 });
    await world.start({ id: 's-target' });
    await world.execute(
      'edge.create',
      edgeInput({ id: 'e-1', sourceSessionId: 's-service', targetSessionId: 's-target', ttlSeconds: 90 }),
    );
    world.clock.pause(PAUSE_MS);
    await world.look('caller.standing', {});
    expect(await byItself(world, t0)).to.deep.equal([
      ['session.expired', 's-task', 60_000],
      ['edge.expired', 'e-1', 90_000],
      ['work.extended', null, PAUSE_MS],
    ]);
  });

  it('writes no entry if nothing runs', async () => {
    const { world, t0 } = newWorld();
    await world.start({ id: 's-task' });
    world.clock.pause(5_000);
    await world.look('caller.standing', {});
    expect(await byItself(world, t0)).to.deep.equal([]);
  });

  it('extends what runs in a zone that sleeps when that wakes, and what began after the gap not at all', async () => {
    const { world, t0 } = newWorld({ idleMs: 10_000 });
    await world.zones.start();
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    world.clock.advance(LEASE_MS);
    await eventually(async () => (await byItself(world, t0)).length === 1);
    await running(world, 'i-1', 600_000);
    world.clock.advance(20_000);
    await eventually(() => world.zones.awake === 0);
    world.clock.pause(900_000);
    world.clock.advance(0);
    await eventually(async () => (await byItself(world, t0)).length === 2);
    expect((await byItself(world, t0))[1]).to.deep.equal(['work.extended', null, LEASE_MS + 920_000]);
    await running(world, 'i-2', 700_000);
    world.clock.advance(20_000);
    await eventually(() => world.zones.awake === 0);
    world.clock.advance(560_000);
    await eventually(async () => (await byItself(world, t0)).length === 3);
    expect((await byItself(world, t0))[2]).to.deep.equal(['invocation.overran', 'i-1', LEASE_MS + 1_500_000]);
    expect((await invocation(world, 'i-2')).context.deadlineAt).to.equal(t0 + LEASE_MS + 920_000 + 700_000);
  });

  it('extends very many invocations in several entries, and none of them lapses meanwhile', async () => {
    const { world } = newWorld();
    await world.execute('service.register', serviceInput({ id: 'sv-1' }));
    const ids = Array.from({ length: SLICE_EXTENDED + 3 }, (_, index) => `i-${String(index).padStart(5, '0')}`);
    for (const id of ids) await running(world, id, 1_000);
    world.clock.pause(60_000);
    await world.look('caller.standing', {});
    const entries = (await entriesFrom(world.store, 1)).filter(({ by }) => by === null);
    expect(entries.map(({ event, affected }) => [event.type, affected.length])).to.deep.equal([
      ['work.extended', SLICE_EXTENDED],
      ['work.extended', 3],
    ]);
    expect(entries.flatMap(({ affected }) => affected)).to.deep.equal(ids);
    await world.zones.drain();
    await expectSound(world.store);
  });

  for (const restarted of ['zone', 'process'] as const) {
    it(`extends the rest of very many when the ${restarted} restarts between the entries`, async () => {
      let writesLeft = Infinity;
      const disk = () => {
        writesLeft -= 1;
        return writesLeft < 0 ? Promise.reject(new Error('EIO: i/o error')) : Promise.resolve();
      };
      const { world } = newWorld({ disk });
      await world.execute('service.register', serviceInput({ id: 'sv-1' }));
      const ids = Array.from({ length: SLICE_EXTENDED + 3 }, (_, index) => `i-${String(index).padStart(5, '0')}`);
      for (const id of ids) await running(world, id, 1_000);
      const head = await world.store.journal.head('z1');
      world.clock.pause(60_000);
      writesLeft = 1;
      await (await world.zones.get('z1')).tick();
      expect(await world.store.journal.head('z1')).to.equal(head + 1);
      writesLeft = Infinity;
      if (restarted === 'process') world.open();
      world.clock.advance(500);
      await (await world.zones.get('z1')).tick();
      const extended = (await entriesFrom(world.store, head + 1)).filter(({ event }) => event.type === 'work.extended');
      expect(extended.flatMap(({ affected }) => affected)).to.deep.equal(ids);
      for (const id of [ids[0], ids.at(-1)])
        expect((await invocation(world, id ?? '')).state).to.deep.equal({ running: 'executing' });
      await world.zones.drain();
      await expectSound(world.store);
    });
  }

  it('gives every lease exactly its length outside of gaps', async () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ pass: fc.integer({ min: 0, max: LEASE_MS / 2 }) }),
        fc.record({ pause: fc.integer({ min: 1_001, max: 5 * LEASE_MS }) }),
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(moves, async (all) => {
        const { world } = newWorld();
        await world.start({ id: 's-service', ...SERVICE });
        let heardMs = 0;
        for (const each of all) {
          if ('pass' in each) {
            world.clock.advance(each.pass);
            heardMs += each.pass;
          } else world.clock.pause(each.pause);
          const { state } = (await session(world, 's-service')).record;
          expect(state === 'active').to.equal(heardMs < LEASE_MS);
        }
        await world.zones.drain();
        await expectSound(world.store);
      }),
      { numRuns: 60 },
    );
  });
});
