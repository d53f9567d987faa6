// Earlier versions let a caller take the lease of a suspended session. Their entries still replay, although such a
// command is refused now.
import { expect } from 'chai';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import type { ZoneEntry } from '../../src/zone/events.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { storeOf } from '../golden/shown.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { heartbeatInput } from './inputs.ts';
import { rewritten } from './old-entries.ts';

/** A heartbeat with a key leaves an entry that reaches the session, as the entry of a lease does. */
const asLeaseTaken = (entry: ZoneEntry): ZoneEntry =>
  entry.event.type === 'session.heard'
    ? { ...entry, event: { type: 'session.lease-taken', v: 1, id: entry.event.id } }
    : entry;

describe('the lease of a suspended session that an earlier version gave away', () => {
  for (const [held, what] of [
    ['s-child', 'by its own hold'],
    ['s-root', 'by its parent'],
  ] as const)
    it(`has the next generation after a replay, suspended ${what}`, async () => {
      const old = new ZoneWorld();
      await old.start({ id: 's-root', lifecycle: 'service', ttlSeconds: null });
      await old.start({ id: 's-child', parentId: 's-root', lifecycle: 'service', ttlSeconds: null });
      await old.execute('session.suspend', { id: held });
      await old.execute('session.heartbeat', heartbeatInput({ id: 's-child' }), { key: 'k-1' });
      const records = await rewritten(old, asLeaseTaken);
      expect((await replayZone('z1', await storeOf(records))).divergence).to.equal(null);

      const contents: MemoryContents = new Map();
      await storeOf(records, contents);
      const world = new ZoneWorld({ contents });
      const { answer } = await world.look('session.get', { id: 's-child' });
      if (isRefusal(answer)) throw new Error(answer.code);
      expect(answer.record.context.leaseGeneration).to.equal(2);
      expect(answer.record.state).to.deep.equal({ suspended: held === 's-child' ? 'own' : 'inherited' });
      const taken = await world.execute('session.take-lease', { id: 's-child' });
      expect(taken.answer).to.deep.include({ code: 'session_suspended' });
    });
});
