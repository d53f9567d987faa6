// Journals written by this and earlier versions: each must replay, reaching the actors it reached then, and come out of a
// start of today's version as a zone that shows callers what it showed when it was written.
import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import type { MemoryContents } from '../../src/journal/memory-engine.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { ZoneWorld } from '../world/zone-world.ts';
import { expectSound } from '../zone/stored.ts';
import { shownAfter, storeOf, type GoldenRecord, type Shown } from './shown.ts';

/** A file of before there was something says nothing of it. */
interface Golden extends Pick<Shown, 'shown'>, Partial<Omit<Shown, 'shown'>> {
  readonly zone: string;
  readonly live: number;
  readonly ended: number;
  readonly records: readonly GoldenRecord[];
}

const FOLDER = 'test/golden';

describe('a journal of an earlier version', () => {
  for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.json'))) {
    const golden = JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Golden;

    it(`${name} replays`, async () => {
      const store = await storeOf(golden.records);
      const { live, ended, divergence } = await replayZone(golden.zone, store);
      expect(divergence).to.equal(null);
      expect({ live, ended }).to.deep.equal({ live: golden.live, ended: golden.ended });
    });

    it(`${name} shows what it showed`, async () => {
      const { shown, services, invocations, leases, edges, authority, directory } = await shownAfter(golden.records);
      expect(shown).to.deep.equal(golden.shown);
      expect(services).to.deep.equal(golden.services ?? []);
      expect(invocations).to.deep.equal(golden.invocations ?? []);
      if (golden.leases) expect(leases).to.deep.equal(golden.leases);
      expect(edges).to.deep.equal(golden.edges ?? []);
      if (golden.authority) expect(authority).to.deep.equal(golden.authority);
      expect(directory).to.deep.equal(golden.directory ?? []);
    });

    it(`${name} comes to the same bytes whenever it is folded, and to those that a zone stores of it`, async () => {
      const contents: MemoryContents = new Map();
      const first = await replayZone(golden.zone, await storeOf(golden.records, contents));
      expect(await replayZone(golden.zone, await storeOf(golden.records))).to.deep.equal(first);
      const world = new ZoneWorld({ contents });
      await world.look('caller.standing', {});
      await world.zones.drain();
      await expectSound(world.store);
    });
  }
});
