// The values of a checkpoint in ordered bytes: the same code reads the current state and a view.
import { unframe } from '../frame.ts';
import type { RangeOptions, StoredValue } from '../journal.ts';
import { assertZone, keyWithin, snapshotKey, snapshotsWithin, type KeyRange } from '../layout.ts';
import type { ReadableBytes } from '../ordered-bytes.ts';

/** See `SnapshotStore.get`. */
export const valueIn = (bytes: ReadableBytes, zone: string, key: string): Buffer | undefined => {
  assertZone(zone);
  const stored = bytes.get(snapshotKey(zone, key));
  return stored === undefined ? undefined : unframe(snapshotKey(zone, key), stored);
};

/** See `SnapshotStore.range`. */
export async function* rangeIn(
  bytes: ReadableBytes,
  zone: string,
  prefix: string,
  options: RangeOptions = {},
): AsyncIterable<StoredValue> {
  for await (const [key, value] of bytes.entries(rangeOf(zone, prefix, options))) {
    yield { key: keyWithin(key, snapshotKey(zone, '')), value: unframe(key, value) };
  }
}

/** See `SnapshotStore.keys`. */
export async function* keysIn(
  bytes: ReadableBytes,
  zone: string,
  prefix: string,
  options: RangeOptions = {},
): AsyncIterable<string> {
  for await (const key of bytes.keys(rangeOf(zone, prefix, options))) yield keyWithin(key, snapshotKey(zone, ''));
}

const rangeOf = (zone: string, prefix: string, { reverse = false, ...bounds }: RangeOptions): KeyRange => {
  assertZone(zone);
  return { ...snapshotsWithin(zone, prefix, bounds), reverse };
};
