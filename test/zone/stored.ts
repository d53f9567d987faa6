// What a zone has stored, looked at from beside it, and the two proofs that it is sound: everything checks against the
// checkpoint that names it, and a replay of the journal comes to the same.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Store } from '../../src/journal/journal.ts';
import type { ZoneEntry, ZoneEvent } from '../../src/zone/events.ts';
import type { Notice } from '../../src/zone/messages/notices.ts';
import { decodeEntry } from '../../src/journal/entry.ts';
import { replayZone } from '../../src/zone/waking/replay.ts';
import { verifyZone } from '../../src/zone/checks/verify.ts';

export const storedKeys = async ({ snapshots }: Store, prefix: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { key } of snapshots.range('z1', prefix)) found.push(key);
  return found;
};

/** Entries of zone z1 from `from` on, oldest first. */
export const entriesFrom = async ({ journal }: Store, from: number): Promise<ZoneEntry[]> => {
  const entries: ZoneEntry[] = [];
  for await (const { seq, data } of journal.read('z1', from)) {
    entries.push(decodeEntry<ZoneEvent, Notice>(data, { zone: 'z1', seq }));
  }
  return entries;
};

const WAIT_MS_MAX = 10_000;

/** Lets the event loop turn until something is so. A wait that is in vain ends, or it would outlive its test. */
export const eventually = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const until = performance.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > until) throw new Error('it did not come to be so');
    await nextTurn();
  }
};

/** How often the event loop turns until something is done. */
export const turnsUntil = async (done: Promise<unknown>): Promise<number> => {
  const state = { over: false };
  let turns = 0;
  void done.finally(() => (state.over = true));
  while (!state.over) {
    await nextTurn();
    turns += 1;
  }
  return turns;
};

export const expectSound = async (store: Store): Promise<void> => {
  const { damage } = await verifyZone('z1', { ...store, head: undefined });
  expect(damage).to.deep.equal([]);
  expect((await replayZone('z1', store)).divergence).to.equal(null);
};
