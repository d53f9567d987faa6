// A stop with an idempotency key beside damaged receipts: the key must not keep the stop from being carried out.
import { expect } from 'chai';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { isRefusal, type Reply } from '../../src/zone/commands.ts';
import { ZoneWorld } from '../world/zone-world.ts';

const codeOf = ({ answer }: Reply<object>): string | null => (isRefusal(answer) ? answer.code : null);

describe('a stop with an idempotency key', () => {
  const worldWithDamagedReceipt = async (key: string) => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents });
    await world.start({ id: 's-a', ttlSeconds: 86_400 });
    await world.execute('session.suspend', { id: 's-a' }, { key });
    await world.zones.drain();
    const snapshots = contents.get('z1')?.snapshots ?? new Map<string, Buffer>();
    const receipts = [...snapshots].filter(([stored]) => stored.includes('archive/receipt/'));
    expect(receipts).to.have.length(1);
    for (const [, value] of receipts) value.writeUInt8(value.readUInt8(value.length - 2) ^ 1, value.length - 2);
    world.open();
    return world;
  };

  it('is carried out beside a damaged receipt of another key', async () => {
    const world = await worldWithDamagedReceipt('first');
    const stop = await world.execute('session.terminate', { id: 's-a', reason: 'requested' }, { key: 'second' });
    expect(codeOf(stop)).to.equal(null);
  });

  it('is judged by the state where its own receipt is damaged', async () => {
    const world = await worldWithDamagedReceipt('first');
    const again = await world.execute('session.suspend', { id: 's-a' }, { key: 'first' });
    expect(codeOf(again)).to.equal('agent_not_found_or_not_active');
  });

  it('leaves what adds to the receipts: a damaged one refuses it', async () => {
    const world = await worldWithDamagedReceipt('first');
    expect(codeOf(await world.execute('session.resume', { id: 's-a' }, { key: 'second' }))).to.equal('history_damaged');
    expect(codeOf(await world.execute('session.resume', { id: 's-a' }))).to.equal(null);
  });
});
