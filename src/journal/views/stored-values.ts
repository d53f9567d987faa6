// The values of a checkpoint in ordered bytes: reads of the present and of a view are the same code.
import { unframe } from '../frame.ts';
import type { RangeOptions, StoredValue } from '../journal.ts';
import { assertZone, keyWithin, snapshotKey, snapshotsWithin } from '../layout.ts';
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
  { reverse = false, ...bounds }: RangeOptions = {},
): AsyncIterable<StoredValue> {
  assertZone(zone);
  const range = { ...snapshotsWithin(zone, prefix, bounds), reverse };
  for await (const [key, value] of bytes.entries(range)) {
    yield { key: keyWithin(key, snapshotKey(zone, '')), value: unframe(key, value) };
  }
}
