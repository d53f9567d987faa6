// Changes that are larger than a journal entry: a command is refused before anything changes, and a change that a deadline causes
// is journaled in parts. Each part leaves the zone valid, and all of them are carried out, also after a crash between two.
import { expect } from 'chai';
import { ENTRY_BYTES_MAX } from '../../src/journal/limits.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { EDGES_LIVE_MAX, INVOCATIONS_LIVE_MAX } from '../../src/limits.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { announcementOf } from '../../src/zone/messages/messages.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { sessionStatusOf } from '../../src/zone/status-words.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { entriesFrom, expectSound } from './stored.ts';

const SESSIONS = 320;
const LIFE_MS = 60_000;
const ALL = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };
const LIMITS = { entryBytesMax: 1_500 };

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

/** A root with all other sessions below it, in a tree with three children per session. */
const grown = async (
  contents: MemoryContents,
  root: { readonly ttlSeconds?: number | null; readonly lifecycle?: 'service' },
) => {
  const world = new ZoneWorld({ contents, journalLimits: LIMITS, checkpointEveryEntries: 20 });
  const ids: string[] = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    const id = world.nextId();
    const parentId = n === 0 ? null : (ids[Math.floor((n - 1) / 3)] ?? null);
    const made = await world.start(n === 0 ? { id, ...root } : { id, parentId, ttlSeconds: 3_600 });
    expect(codeOf(made)).to.equal(null);
    ids.push(id);
  }
  return { world, ids };
};

const statuses = async (world: ZoneWorld): Promise<string[]> => {
  const { answer } = await world.look('session.list', ALL);
  if (isRefusal(answer) || !('items' in answer)) throw new Error('refused');
  return answer.items.map(({ record }) => sessionStatusOf(record));
};

/** The same journal, cut after one of its entries, as a crash would leave it. */
const cutAfter = (contents: MemoryContents, seq: number): MemoryContents =>
  new Map(
    Array.from(contents, ([zone, stored]) => [
      zone,
      { ...stored, entries: stored.entries.slice(0, seq), bodies: new Map(stored.bodies), snapshots: new Map() },
    ]),
  );

const CASES = [
  ['a session that expires', { ttlSeconds: LIFE_MS / 1000 }, LIFE_MS, 'session.expired', 'terminated', 'expired'],
  ['a lost lease', { lifecycle: 'service', ttlSeconds: null }, 120_000, 'session.lease-lost', 'suspended', 'suspended'],
] as const;

describe('a change that is too large for one entry', () => {
  it('is refused to a command and to its dry run, and changes nothing', async () => {
    const { world, ids } = await grown(new Map(), {});
    const root = ids[0] ?? '';
    const before = await world.store.journal.head('z1');
    for (const dryRun of [true, false]) {
      const reply = await world.execute('session.terminate', { id: root, reason: 'x' }, { dryRun });
      expect(codeOf(reply)).to.equal('change_too_large');
      if (isRefusal(reply.answer)) expect(reply.answer.details).to.include({ limit_bytes: LIMITS.entryBytesMax });
    }
    const large = await world.start({ metadata: { text: 'x'.repeat(LIMITS.entryBytesMax) } });
    expect(codeOf(large)).to.equal('change_too_large');
    expect(await world.store.journal.head('z1')).to.equal(before);
    expect(new Set(await statuses(world))).to.deep.equal(new Set(['active']));
    expect(codeOf(await world.execute('session.terminate', { id: ids.at(-1) ?? '', reason: 'x' }))).to.equal(null);
    await world.zones.drain();
    await expectSound(world.store);
  });

  for (const [what, root, afterMs, type, below, rootStatus] of CASES) {
    it(`happens in parts where it is ${what}, and to its end after a crash between any two`, async () => {
      const contents: MemoryContents = new Map();
      const { world } = await grown(contents, root);
      // Leases run from the first question on.
      await world.look('session.list', ALL);
      const from = (await world.store.journal.head('z1')) + 1;
      world.clock.advance(afterMs);
      const found = await statuses(world);
      expect(found.at(-1)).to.equal(rootStatus);
      expect(new Set(found.slice(0, -1))).to.deep.equal(new Set([below]));
      const entries = await entriesFrom(world.store, from);
      const parts = entries.filter(({ event }) => event.type === 'cascade.part');
      expect(parts).to.have.length.above(1);
      expect(entries.map(({ event }) => event.type).at(parts.length)).to.equal(type);
      const reached = entries.flatMap(({ affected }) => affected);
      expect(new Set(reached).size, 'each session once').to.equal(reached.length).and.to.equal(SESSIONS);
      expect(await replayZone('z1', world.store)).to.have.property('divergence', null);

      for (let seq = from; seq < from + parts.length; seq += 1) {
        const crashed = new ZoneWorld({ contents: cutAfter(contents, seq), journalLimits: LIMITS });
        crashed.clock.advance(world.clock.now() - crashed.clock.now());
        expect(await statuses(crashed), `cut after entry ${seq}`).to.deep.equal(found);
        await crashed.zones.drain();
        await expectSound(crashed.store);
      }
    });
  }

  it('happens in parts where a subject session lapses', async () => {
    const world = new ZoneWorld({ contents: new Map(), journalLimits: LIMITS });
    const facts = { sessionType: 'user', expiresAt: world.clock.now() + LIFE_MS } as const;
    const operator = { caller: { kind: 'operator' } } as const;
    await world.execute('directory.register', { table: 'subject-session', name: 'user-1', facts }, operator);
    for (let n = 0; n < SESSIONS; n += 1) await world.start({ ttlSeconds: 3_600 });
    const from = (await world.store.journal.head('z1')) + 1;
    world.clock.advance(LIFE_MS);
    await (await world.zones.get('z1')).tick();
    const entries = await entriesFrom(world.store, from);
    expect(entries.map(({ event }) => event.type)).to.include.members(['cascade.part', 'directory.lapsed']);
    expect(entries.flatMap(({ affected }) => affected)).to.have.length(SESSIONS);
    const told = entries.flatMap((entry) => announcementOf(entry, () => undefined).messages);
    expect(told.filter(({ payload }) => payload['event'] === 'terminate')).to.have.length(SESSIONS);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('has parts of one session that always fit, with all its edges and invocations', () => {
    const bytesPerId = 40;
    expect((EDGES_LIVE_MAX + 2 * INVOCATIONS_LIVE_MAX) * bytesPerId).to.be.below(ENTRY_BYTES_MAX / 2);
  });
});
