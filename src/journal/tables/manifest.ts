// Reads LevelDB's MANIFEST, the log of the tables and logs of the database, and compares it with the existing files. LevelDB
// treats a truncated MANIFEST as a shorter history: it then deletes tables with acknowledged records, and reuses their names.
//
// After a crash, additional files are normal: tables of an unfinished or completed compaction, and logs older than the one
// that the MANIFEST names. Truncation is detected nevertheless. LevelDB deletes a log only after an edit that names a newer
// one, and a table only after an edit without it. If such an edit is lost, the deleted log or table is missing. If only the
// edit is lost, its log still exists and is replayed.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { masked, Numbers } from './encoding.ts';

// leveldb/doc/log_format.md
const BLOCK_BYTES = 32_768;
const HEADER_BYTES = 7;
const LENGTH_AT = 4;
const KIND_AT = 6;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

// The tags of an edit: leveldb/db/version_edit.cc.
const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_TABLE = 6;
const NEW_TABLE = 7;
const PREVIOUS_LOG = 9;

export interface Manifest {
  /** Sizes of the tables of the database by their number, bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** The oldest log with records that are in no table. It and all newer logs are replayed. 0 before the first is named. */
  readonly logNumber: number;
  /** The name of the file itself. */
  readonly name: string;
}

/** The MANIFEST that CURRENT names; null where there is no database yet. Throws a `RangeError` that says what is wrong. */
export async function readManifest(location: string): Promise<Manifest | null> {
  const current = await readFile(join(location, 'CURRENT'), 'utf8').catch(missingAsNull);
  if (current === null) return null;
  const [, name] = /^(MANIFEST-\d+)\n$/.exec(current) ?? [];
  if (name === undefined) throw new RangeError('its file CURRENT names no MANIFEST');
  const bytes = await readFile(join(location, name)).catch(missingAsNull);
  if (bytes === null) throw new RangeError(`${name}, which CURRENT names, is missing`);
  return { name, ...contentsOf(bytes, name) };
}

/** Returns the differences between the MANIFEST and the existing files. */
export async function unmetBy({ tables, logNumber, name }: Manifest, location: string): Promise<string[]> {
  const files = new Map(
    (await readdir(location)).flatMap((file) => {
      const [, number, kind] = /^(\d+)\.(ldb|sst|log)$/.exec(file) ?? [];
      return number === undefined ? [] : [[`${kind === 'log' ? 'log' : 'table'} ${Number(number)}`, file] as const];
    }),
  );
  const problems: string[] = [];
  for (const [number, bytes] of tables) {
    const file = files.get(`table ${number}`);
    const size = file === undefined ? null : await sizeOf(join(location, file));
    if (size === null) problems.push(`the table ${number}, which ${name} names, is missing`);
    else if (size !== bytes) problems.push(`the table ${file} has ${size} bytes, and ${bytes} were written`);
  }
  const holdsTables = Array.from(files.keys()).some((file) => file.startsWith('table'));
  if (logNumber === 0 && holdsTables) problems.push(`${name} names no log, although there are tables: it is truncated`);
  if (logNumber > 0 && !files.has(`log ${logNumber}`))
    problems.push(`the log ${logNumber}, which ${name} names, is missing: either it was lost or ${name} is truncated`);
  return problems;
}

function contentsOf(bytes: Buffer, name: string): Pick<Manifest, 'tables' | 'logNumber'> {
  const tables = new Map<number, number>();
  let logNumber = 0;
  let isComplete = false;
  for (const edit of editsIn(bytes, name)) {
    for (const number of edit.deleted) tables.delete(number);
    for (const [number, size] of edit.added) tables.set(number, size);
    logNumber = edit.logNumber ?? logNumber;
    isComplete ||= edit.hasNextFile;
  }
  if (!isComplete) throw new RangeError(`${name} is truncated`);
  return { tables, logNumber };
}

interface Edit {
  readonly added: [number: number, size: number][];
  readonly deleted: number[];
  logNumber: number | null;
  hasNextFile: boolean;
}

function* editsIn(bytes: Buffer, name: string): Generator<Edit> {
  try {
    for (const record of recordsIn(bytes)) yield editOf(record);
  } catch (error) {
    throw new RangeError(`${name} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads records up to the end, or up to a truncated one: LevelDB was killed while it wrote, or the file is damaged. */
function* recordsIn(bytes: Buffer): Generator<Buffer> {
  let parts: Buffer[] = [];
  for (const { kind, data } of fragmentsIn(bytes)) {
    if (kind === FULL || kind === FIRST) parts = [];
    parts.push(data);
    if (kind === FULL || kind === LAST) yield Buffer.concat(parts);
  }
}

function* fragmentsIn(bytes: Buffer): Generator<{ kind: number; data: Buffer }> {
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) {
      at += left;
      continue;
    }
    const end = at + HEADER_BYTES + bytes.readUInt16LE(at + LENGTH_AT);
    const kind = bytes.readUInt8(at + KIND_AT);
    if (end > bytes.length) return;
    if (end - at > left || kind < FULL || kind > LAST) throw new RangeError(`its record at ${at} has no valid header`);
    if (masked(crc32c(bytes.subarray(at + KIND_AT, end))) !== bytes.readUInt32LE(at)) {
      throw new RangeError(`the checksum of its record at ${at} does not match`);
    }
    yield { kind, data: bytes.subarray(at + HEADER_BYTES, end) };
    at = end;
  }
}

function editOf(record: Buffer): Edit {
  const edit: Edit = { added: [], deleted: [], logNumber: null, hasNextFile: false };
  const numbers = new Numbers(record);
  while (!numbers.isDone) readField(numbers, edit);
  return edit;
}

function readField(numbers: Numbers, edit: Edit): void {
  const tag = numbers.next();
  switch (tag) {
    case COMPARATOR:
      return numbers.skipBytes();
    case LOG_NUMBER:
      edit.logNumber = numbers.next();
      return;
    case NEXT_FILE:
      edit.hasNextFile = true;
      numbers.next();
      return;
    case LAST_SEQUENCE:
    case PREVIOUS_LOG:
      numbers.next();
      return;
    case COMPACT_POINTER:
      numbers.next();
      return numbers.skipBytes();
    case DELETED_TABLE:
      numbers.next();
      edit.deleted.push(numbers.next());
      return;
    case NEW_TABLE: {
      numbers.next();
      edit.added.push([numbers.next(), numbers.next()]);
      numbers.skipBytes();
      return numbers.skipBytes();
    }
    default:
      throw new RangeError(`an edit has the unknown tag ${tag}`);
  }
}

const sizeOf = async (path: string): Promise<number | null> => stat(path).then(({ size }) => size, missingAsNull);

const missingAsNull = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};
