// Journals written by this and earlier versions: each must replay to the digest it had when it was written, and come out of
// a start of today's version as a zone that serves.
import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { openMemoryStore } from '../../src/journal/memory-engine.ts';
import type { Store } from '../../src/journal/journal.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { replayZone } from '../../src/zone/replay.ts';
import { ZoneWorld } from '../world/zone-world.ts';

interface Golden {
  readonly zone: string;
  readonly digest: string;
  readonly live: number;
  readonly ended: number;
  readonly records: readonly { readonly data: string; readonly body: string | null }[];
}

const FOLDER = 'test/golden';

const fill = async (store: Store, { zone, records }: Golden): Promise<void> => {
  const writer = await store.journal.open(zone, { atLeast: 0 });
  for (const { data, body } of records) {
    await writer.append({ seq: writer.next, data: Buffer.from(data), body: body === null ? null : Buffer.from(body) });
  }
  await writer.close();
};

describe('a journal of an earlier version', () => {
  for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.json'))) {
    const golden = JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Golden;

    it(`${name} replays to the same bytes`, async () => {
      const store = openMemoryStore();
      await fill(store, golden);
      const { digest, live, ended, divergence } = await replayZone(golden.zone, store);
      expect(divergence).to.equal(null);
      expect({ digest, live, ended }).to.deep.equal({ digest: golden.digest, live: golden.live, ended: golden.ended });
    });

    it(`${name} is served`, async () => {
      const contents = new Map();
      await fill(openMemoryStore({ contents }), golden);
      const world = new ZoneWorld({ contents });
      const { seq, answer } = await world.look('session.list', { ...ALL });
      if (isRefusal(answer) || !('items' in answer)) throw new Error('refused');
      expect([seq, answer.items.length]).to.deep.equal([golden.records.length, golden.live + golden.ended]);
    });
  }
});

const ALL = { status: null, lifecycle: null, applicationId: null, label: null, limit: 500, cursor: null };
