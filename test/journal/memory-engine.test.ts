// The memory engine keeps the contract, and plays a disk that fails.
import { expect } from 'chai';
import { openMemoryStore, type MemoryContents, type MemoryZone } from '../../src/journal/memory-engine.ts';
import { codeOf, failureOf, journalContract, record, type Contents } from './contract.ts';

async function memoryContents(): Promise<Contents> {
  const contents: MemoryContents = new Map();
  const zoneOf = (zone: string): MemoryZone => contents.get(zone) ?? expect.fail(`nothing stored for ${zone}`);
  return {
    open: async (limits = {}) => openMemoryStore({ contents, limits }),
    lose: async (zone, seq) => void (zoneOf(zone).entries[seq - 1] = undefined),
    loseBody: async (zone, seq) => void zoneOf(zone).bodies.delete(seq),
    flip: async (zone, seq) => void zoneOf(zone).entries[seq - 1]?.writeUInt8(0xff, 5),
    remove: async () => contents.clear(),
  };
}

journalContract('memory', memoryContents);

describe('a failed store', () => {
  it('ends every writer, tells what is certain, and lets the zones be opened again', async () => {
    let failing = true;
    const disk = async (): Promise<void> => {
      if (failing) throw new Error('no space left');
    };
    const { journal } = openMemoryStore({ disk });
    const [one, two] = [await journal.open('one', { atLeast: 0 }), await journal.open('two', { atLeast: 0 })];
    const failure = await failureOf(() => one.append(record(1)));
    expect([failure.code, failure.nothingStored]).to.deep.equal(['UNAVAILABLE', false]);
    expect((await two.ended).code).to.equal('UNAVAILABLE');
    const later = await failureOf(() => two.append(record(1)));
    expect([later.code, later.nothingStored]).to.deep.equal(['UNAVAILABLE', true]);
    expect(await codeOf(() => one.storedUpTo(1))).to.equal('UNAVAILABLE');
    failing = false;
    await (await journal.open('one', { atLeast: 0 })).append(record(1));
  });
});
