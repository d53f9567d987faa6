// Where everything lies: the keys of an ordered store, and the two values that one record becomes. The zone is a fixed
// part of every key and sequences have a fixed width, so that byte order is the order of history.
import assert from 'node:assert/strict';
import { frame, unframe } from './frame.ts';
import { JournalError, type JournalRecord } from './journal.ts';
import { SNAPSHOT_KEY_LENGTH_MAX } from './limits.ts';

const ZONE = /^[A-Za-z0-9_.\-:]{1,128}$/;
const SNAPSHOT_KEY = new RegExp(`^[\\x20-\\x7e]{1,${SNAPSHOT_KEY_LENGTH_MAX}}$`);
const SEQ_DIGITS = 16;
const ENTRY_KEY = /^j\/([^/]+)\/(\d{16})$/;

// '0' is the byte after '/', and DEL the one after every character a snapshot's key may have.
const AFTER_SLASH = '0';
const AFTER_KEYS = '\x7f';

const BODY_ABSENT = 0;
const BODY_PRESENT = 1;

/** A record together with the zone it belongs to, as engines store it. */
export interface ZoneRecord extends JournalRecord {
  readonly zone: string;
}

export interface KeyRange {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

export const EVERYTHING: KeyRange = { gte: '', lt: AFTER_KEYS };
export const PROBE_KEY = 'p/probe';
export const ZONES: KeyRange = { gte: 'z/', lt: `z${AFTER_SLASH}` };
export const ENTRIES: KeyRange = { gte: 'j/', lt: `j${AFTER_SLASH}` };

export const entryKey = (zone: string, seq: number): string => `j/${zone}/${digits(seq)}`;
export const bodyKey = (zone: string, seq: number): string => `b/${zone}/${digits(seq)}`;
export const epochKey = (zone: string): string => `f/${zone}`;
export const zoneKey = (zone: string): string => `z/${zone}`;
export const snapshotKey = (zone: string, key: string): string => `s/${zone}/${key}`;

/** The entries of one zone from a sequence to another, or to the end. */
export function entriesFrom(zone: string, from: number, to?: number): KeyRange {
  return { gte: entryKey(zone, from), lt: to === undefined ? `j/${zone}${AFTER_SLASH}` : entryKey(zone, to + 1) };
}

/** The snapshots of one zone whose keys start with `prefix`, between two keys (both exclusive). */
export function snapshotsWithin(
  zone: string,
  prefix: string,
  { before, after }: { before?: string; after?: string },
): KeyRange {
  const end = prefix + AFTER_KEYS;
  const lt = snapshotKey(zone, before !== undefined && before < end ? before : end);
  if (after !== undefined && after >= prefix) return { gt: snapshotKey(zone, after), lt };
  return { gte: snapshotKey(zone, prefix), lt };
}

/** The last part of a key: a zone's id under `z/`, a snapshot's key under `s/<zone>/`. */
export const keyWithin = (key: string, start: string): string => key.slice(start.length);

/** Which record lies under a key of `ENTRIES`. */
export function entryOf(key: string): { zone: string; seq: number } {
  const [, zone, seq] = ENTRY_KEY.exec(key) ?? [];
  if (zone === undefined) throw new JournalError('CORRUPT', `The journal holds a key that nobody writes: ${key}.`);
  return { zone, seq: Number(seq) };
}

/** What is stored under `entryKey`: whether a body was recorded, and the data. A body that went missing shows. */
export function entryValue({ zone, seq, data, body }: ZoneRecord): Buffer {
  const payload = Buffer.allocUnsafe(1 + data.length);
  payload[0] = body === null ? BODY_ABSENT : BODY_PRESENT;
  data.copy(payload, 1);
  return frame(entryKey(zone, seq), payload);
}

/** What is stored under `bodyKey`. */
export function bodyValue(zone: string, seq: number, body: Buffer): Buffer {
  return frame(bodyKey(zone, seq), body);
}

/** The record that an entry's value and, where it says so, the value under `bodyKey` make. Throws `CORRUPT`. */
export function recordFrom(
  zone: string,
  seq: number,
  value: Buffer,
  readBody: () => Buffer | undefined,
): JournalRecord {
  const payload = unframe(entryKey(zone, seq), value);
  const data = payload.subarray(1);
  if (payload[0] === BODY_ABSENT) return { seq, data, body: null };
  const stored = readBody();
  if (stored === undefined) throw missing(zone, seq, 'The body of record');
  return { seq, data, body: unframe(bodyKey(zone, seq), stored) };
}

export function missing(zone: string, seq: number, what = 'Record'): JournalError {
  return new JournalError(
    'CORRUPT',
    `${what} ${seq} of zone ${zone} is missing. Restore the data directory from a backup.`,
  );
}

// A zone or a key of another shape is a bug in the caller: it would end up between the keys of somebody else.
export function assertZone(zone: string): void {
  assert.match(zone, ZONE, 'a zone id is 1 to 128 of A-Z a-z 0-9 _ . - :');
}

export function assertSnapshotKey(key: string): void {
  assert.match(key, SNAPSHOT_KEY, `a snapshot key is 1 to ${SNAPSHOT_KEY_LENGTH_MAX} printable ASCII characters`);
}

export function assertSeq(seq: number): void {
  assert(Number.isSafeInteger(seq) && seq >= 1, `a sequence is a whole number from 1: ${seq}`);
}

function digits(seq: number): string {
  return String(seq).padStart(SEQ_DIGITS, '0');
}
