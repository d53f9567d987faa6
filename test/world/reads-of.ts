// The reading half of a snapshot store, for a test that replaces the writing half.
import type { SnapshotStore } from '../../src/journal/journal.ts';

export const readsOf = (snapshots: SnapshotStore): Omit<SnapshotStore, 'begin'> => ({
  get: snapshots.get.bind(snapshots),
  keys: snapshots.keys.bind(snapshots),
  range: snapshots.range.bind(snapshots),
  view: snapshots.view.bind(snapshots),
});
