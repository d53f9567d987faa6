// Actors that ended stay in memory until a checkpoint has stored them. Their bytes are bounded as well as their number: a
// checkpoint is made when the entries since the last one have many bytes, while a zone serves and while its journal is folded.
import { expect } from 'chai';
import { EDGE_BYTES_MAX } from '../../src/limits.ts';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { UNSTORED_BYTES_MAX } from '../../src/zone/checkpoints/limits.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { readCheckpoint } from '../../src/zone/waking/recovery.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { edgeInput } from './inputs.ts';
import { eventually, expectSound } from './stored.ts';

const SCOPES = Array.from({ length: 200 }, (_, index) => `${index}.`.padEnd(256, 'x'));
/** Edges whose entries have more bytes than may be without a checkpoint. */
const EDGES = Math.ceil(UNSTORED_BYTES_MAX / (SCOPES.length * 256)) + 1;

const edgesThatEnd = async (world: ZoneWorld): Promise<void> => {
  expect(SCOPES.join('').length).to.be.below(EDGE_BYTES_MAX);
  await world.start({ id: 's-a' });
  for (let n = 0; n < EDGES; n += 1) {
    const [id, targetSessionId] = [`e-${n}`, `s-${n}`];
    await world.start({ id: targetSessionId });
    const edge = edgeInput({ id, sourceSessionId: 's-a', targetSessionId, scopes: SCOPES });
    const { answer } = await world.execute('edge.create', edge);
    if (isRefusal(answer)) throw new Error(answer.code);
    await world.execute('edge.revoke', { id });
  }
};

const storedSeq = (world: ZoneWorld): number => readCheckpoint(world.store.snapshots, 'z1')?.seq ?? 0;

describe('the bytes of entries without a checkpoint', () => {
  it('are bounded while a zone serves', async () => {
    const world = new ZoneWorld({ contents: new Map(), checkpointEveryEntries: 1_000_000 });
    await edgesThatEnd(world);
    await eventually(() => storedSeq(world) > 0);
    const seq = storedSeq(world);
    await world.execute('session.suspend', { id: 's-a' });
    expect(storedSeq(world), 'no further checkpoint for few bytes').to.equal(seq);
    await world.zones.drain();
    await expectSound(world.store);
  });

  it('are bounded while the journal of a zone is folded', async () => {
    const contents: MemoryContents = new Map();
    const world = new ZoneWorld({ contents, checkpointEveryEntries: 1_000_000 });
    await edgesThatEnd(world);
    await world.zones.drain();
    contents.get('z1')?.snapshots.clear();
    world.open();
    await world.look('session.get', { id: 's-a' });
    expect(storedSeq(world)).to.be.above(0);
    expect(await world.look('edge.history', { id: 'e-0', limit: 10, cursor: null })).to.have.nested.property(
      'answer.items.length',
      2,
    );
    await expectSound(world.store);
  });
});
