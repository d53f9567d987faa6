// The background check of stored data: it finds damage before a request does, reports it once, reads a bounded amount at a time,
// and finds nothing in intact data.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import pino from 'pino';
import { openMemoryStore, type MemoryContents, type MemoryZone } from '../../src/journal/memory-engine.ts';
import { DamageReports } from '../../src/zone/checks/damage-reports.ts';
import {
  SCRUB_BYTES_PER_STEP,
  SCRUB_PASS_MS,
  SCRUB_ROWS_PER_TURN,
  SCRUB_START_MS,
  SCRUB_STEP_MS,
} from '../../src/zone/checks/limits.ts';
import { Scrub } from '../../src/zone/checks/scrub.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { eventually } from './stored.ts';

const flip = (bytes: Buffer | undefined): void => {
  bytes?.writeUInt8(bytes.readUInt8(bytes.length - 2) ^ 1, bytes.length - 2);
};

const firstKey = ({ snapshots }: MemoryZone, start: string): string =>
  Array.from(snapshots.keys()).find((key) => key.startsWith(start)) ?? '';

const lived = async (damage: (zone: MemoryZone) => void, metadata = {}): Promise<ZoneWorld> => {
  const contents: MemoryContents = new Map();
  const world = new ZoneWorld({ contents });
  await world.start({ id: 's-a', ttlSeconds: 86_400, metadata: { text: 'kept' } }, 'key-a');
  for (let n = 0; n < 5; n += 1) await world.start({ id: `s-${n}`, parentId: 's-a', metadata });
  for (let n = 0; n < 5; n += 1) await world.execute('session.terminate', { id: `s-${n}`, reason: 'done' });
  await world.zones.drain();
  const zone = contents.get('z1');
  if (!zone) throw new Error('no zone');
  damage(zone);
  world.open();
  await world.zones.start();
  return world;
};

/** Lets the clock run until everything was read once. */
const scrubbed = async (world: ZoneWorld): Promise<void> => {
  world.clock.advance(SCRUB_START_MS);
  await eventually(async () => {
    world.clock.advance(SCRUB_STEP_MS);
    await nextTurn();
    return world.zones.scrub.figures.passes > 0;
  });
};

describe('the scrub', () => {
  it('finds nothing in intact data, and reports what it has read', async () => {
    const world = await lived(() => {});
    await scrubbed(world);
    expect(world.zones.damage.zones()).to.deep.equal([]);
    const { bytes, zones, completedAt } = world.zones.scrub.figures;
    expect([bytes > 1_000, zones]).to.deep.equal([true, 1]);
    expect(completedAt).to.be.at.most(world.clock.now());
    expect(world.zones.awake, 'wakes no zone').to.equal(0);
    await world.zones.drain();
  });

  for (const [what, damage, says] of [
    ['an entry', ({ entries }: MemoryZone) => flip(entries[2]), /j\/z1\/0+3/],
    ['a body', ({ bodies }: MemoryZone) => flip(bodies.get(1)), /b\/z1\/0+1/],
    ['a live snapshot', ({ snapshots }: MemoryZone) => flip(snapshots.get('live/session/s-a')), /live\/session/],
    ['an archived session', (zone: MemoryZone) => flip(zone.snapshots.get('archive/session/s-1')), /archive\/session/],
    ['a lost list of children', (zone: MemoryZone) => zone.snapshots.delete('archive/child/s-a/s-1'), /archive\/child/],
    ['a lost receipt', (zone: MemoryZone) => zone.snapshots.delete(firstKey(zone, 'archive/receipt/')), /receipt/],
    [
      'a lost order of age',
      (zone: MemoryZone) => zone.snapshots.delete(firstKey(zone, 'age/session/')),
      /never forgotten/,
    ],
    [
      'a lost place in a history',
      (zone: MemoryZone) => zone.snapshots.delete(firstKey(zone, 'history/s-2/')),
      /history of s-2/,
    ],
  ] as const) {
    it(`finds ${what}, reports it once, and stops nothing`, async () => {
      const world = await lived(damage);
      await scrubbed(world);
      const [found, ...more] = world.zones.damage.zones();
      expect(more).to.deep.equal([]);
      expect(found?.zone).to.equal('z1');
      expect(found?.reason).to.match(says);
      const { count } = world.zones.damage;
      world.clock.advance(SCRUB_PASS_MS);
      await eventually(async () => {
        world.clock.advance(SCRUB_STEP_MS);
        await nextTurn();
        return world.zones.scrub.figures.passes > 1;
      });
      expect(world.zones.damage.count, 'the same findings again').to.equal(count);
      expect(world.zones.faulted()).to.deep.equal([]);
      await world.zones.drain();
    });
  }

  it('reads no more than it may in one step', async () => {
    const large = { text: 'x'.repeat(SCRUB_BYTES_PER_STEP / 2) };
    const world = await lived(() => {}, large);
    world.clock.advance(SCRUB_START_MS);
    let before = 0;
    await eventually(async () => {
      await nextTurn();
      const { bytes, passes } = world.zones.scrub.figures;
      expect(bytes - before).to.be.below(2 * SCRUB_BYTES_PER_STEP);
      before = bytes;
      world.clock.advance(SCRUB_STEP_MS);
      return passes > 0;
    });
    await world.zones.drain();
  });

  it('reads few entries in one turn of the event loop', async () => {
    const world = await lived(() => {});
    for (let n = 0; n < 6 * SCRUB_ROWS_PER_TURN; n += 1) await world.start();
    const { journal } = world.store;
    const at = journal.at.bind(journal);
    let reads = 0;
    let most = 0;
    journal.at = (zone, seq) => {
      reads += 1;
      most = Math.max(most, reads);
      return at(zone, seq);
    };
    world.clock.advance(SCRUB_START_MS);
    await eventually(async () => {
      world.clock.advance(SCRUB_STEP_MS);
      await nextTurn();
      reads = 0;
      return world.zones.scrub.figures.passes > 0;
    });
    expect(most).to.be.within(1, 2 * SCRUB_ROWS_PER_TURN);
    await world.zones.drain();
  });

  it('begins with each of the zones in turn, so that restarts keep it from none', async () => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents });
    await world.start();
    await world.zones.drain();
    const copied = contents.get('z1');
    if (!copied) throw new Error('no zone');
    // What is stored for one zone is damage in another.
    for (const zone of ['z2', 'z3', 'z4']) contents.set(zone, copied);
    const firstFound = async (): Promise<string | undefined> => {
      const store = openMemoryStore({ contents });
      const damage = new DamageReports(pino({ level: 'silent' }));
      const scrub = new Scrub({ store, clock: world.clock, damage });
      scrub.start();
      world.clock.advance(SCRUB_START_MS);
      await eventually(async () => {
        await nextTurn();
        return scrub.figures.passes > 0;
      });
      await scrub.stop();
      expect(damage.zones()).to.have.length(3);
      return damage.zones()[0]?.zone;
    };
    const found = new Set<string | undefined>();
    for (let start = 0; start < contents.size; start += 1) {
      found.add(await firstFound());
      world.clock.advance(1);
    }
    expect([...found]).to.have.members(['z2', 'z3', 'z4']);
  });

  it('ends with the zones, also in the middle of a pause', async () => {
    const world = await lived(() => {}, { text: 'x'.repeat(SCRUB_BYTES_PER_STEP) });
    world.clock.advance(SCRUB_START_MS);
    await eventually(() => world.zones.scrub.figures.bytes >= SCRUB_BYTES_PER_STEP);
    await world.zones.drain();
    const { answer } = await world.look('session.get', { id: 's-a' });
    expect(isRefusal(answer) && answer.code).to.equal('draining');
    expect(world.zones.scrub.figures.passes).to.equal(0);
  });
});
