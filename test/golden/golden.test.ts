// Journals written by this and earlier versions: each must replay, reaching the actors it reached then, and come out of a
// start of today's version as a zone that shows callers what it showed when it was written.
import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { openMemoryStore } from '../../src/journal/memory-engine.ts';
import type { Store } from '../../src/journal/journal.ts';
import { replayZone } from '../../src/zone/replay.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { shownOf } from './shown.ts';

interface Golden {
  readonly zone: string;
  readonly live: number;
  readonly ended: number;
  readonly shown: readonly object[];
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

    it(`${name} replays`, async () => {
      const store = openMemoryStore();
      await fill(store, golden);
      const { live, ended, divergence } = await replayZone(golden.zone, store);
      expect(divergence).to.equal(null);
      expect({ live, ended }).to.deep.equal({ live: golden.live, ended: golden.ended });
    });

    it(`${name} shows what it showed`, async () => {
      const contents = new Map();
      await fill(openMemoryStore({ contents }), golden);
      expect(await shownOf(new ZoneWorld({ contents }))).to.deep.equal(golden.shown);
    });
  }
});
