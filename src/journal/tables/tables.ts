// Checks LevelDB's table files by the checksums that it writes and, as shipped, does not look at. A flipped bit in a table's
// index or filter makes single lookups miss what a scan still finds, so that no checksum of ours is ever asked (measured:
// five of 1,500 flips answered "not found" in silence); one in a block ends the process in the next compaction (15 of 1,500).
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { uncompressSync } from 'snappy';
import { masked, varint } from './encoding.ts';
import { readManifest, unmetBy } from './manifest.ts';

// Table format: leveldb/doc/table_format.md. A block is followed by its kind and by a masked checksum over both.
const FOOTER_BYTES = 48;
const MAGIC = Buffer.from('57fb808b247547db', 'hex');
const KIND_BYTES = 1;
const TRAILER_BYTES = 5;
const PLAIN = 0;

/** Where a block lies in its file, bytes. */
interface Place {
  readonly offset: number;
  readonly size: number;
}

/**
 * Returns the damage of a closed database; empty if it is intact. The files that its MANIFEST names must exist, and indexes and
 * filters of its tables must match their checksums; the blocks too if all tables together have at most `blockBytesMax`.
 */
export async function damageIn(location: string, blockBytesMax: number): Promise<string[]> {
  let before = await stateOf(location);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const problems = await problemsIn(location, blockBytesMax);
    const after = await stateOf(location);
    if (problems.length === 0 || after === before) return problems;
    before = after;
  }
  // Another process is writing, so it holds the lock. Opening the database reports that.
  return [];
}

/** How often a database that changes meanwhile is checked. */
const ATTEMPTS_MAX = 5;

/** The names and sizes of all files. They stay equal while no other process writes. */
async function stateOf(location: string): Promise<string> {
  const names = (await readdir(location)).toSorted();
  const sized = names.map(async (name) => `${name} ${(await stat(join(location, name)).catch(() => null))?.size}`);
  return (await Promise.all(sized)).join();
}

async function problemsIn(location: string, blockBytesMax: number): Promise<string[]> {
  try {
    const manifest = await readManifest(location);
    if (manifest === null) return [];
    const unmet = await unmetBy(manifest, location);
    return unmet.length > 0 ? unmet : await damagedTables(location, manifest.tables, blockBytesMax);
  } catch (error) {
    if (error instanceof RangeError) return [error.message];
    throw error;
  }
}

/** Tables that are not part of the database may be unfinished, and are deleted when it opens. */
async function damagedTables(
  location: string,
  sizes: ReadonlyMap<number, number>,
  blockBytesMax: number,
): Promise<string[]> {
  const blocks = Array.from(sizes.values()).reduce((sum, size) => sum + size, 0) <= blockBytesMax;
  const problems: string[] = [];
  for (const name of (await readdir(location)).toSorted()) {
    const [, number] = /^(\d+)\.(?:ldb|sst)$/.exec(name) ?? [];
    const size = number === undefined ? undefined : sizes.get(Number(number));
    if (size === undefined) continue;
    const problem = await problemOf(join(location, name), size, blocks);
    if (problem !== null) problems.push(`the table ${name} is not as it was written: ${problem}`);
  }
  return problems;
}

async function problemOf(path: string, size: number, blocks: boolean): Promise<string | null> {
  const file = await open(path, 'r');
  try {
    // A table whose every block is looked at is read in one go: LevelDB keeps them at about two megabytes.
    const whole = blocks ? await file.readFile() : null;
    await checkTable(new Table(file, size, whole), blocks);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  } finally {
    await file.close();
  }
}

async function checkTable(table: Table, blocks: boolean): Promise<void> {
  const footer = await table.footer();
  for (const place of placesIn(await table.block(footer.metaindex))) await table.block(place);
  const places = placesIn(await table.block(footer.index));
  if (blocks) for (const place of places) await table.checked(place);
}

class Table {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #whole: Buffer | null;

  constructor(file: FileHandle, size: number, whole: Buffer | null) {
    this.#file = file;
    this.#size = size;
    this.#whole = whole;
  }

  /** Throws a `RangeError` if the file does not end as a table. */
  async footer(): Promise<{ metaindex: Place; index: Place }> {
    if (this.#size < FOOTER_BYTES) throw new RangeError('it is cut off');
    const bytes = await this.#read(this.#size - FOOTER_BYTES, FOOTER_BYTES);
    if (!bytes.subarray(-MAGIC.length).equals(MAGIC)) throw new RangeError('it does not end as a table');
    const { place: metaindex, next } = placeAt(bytes, 0);
    return { metaindex, index: placeAt(bytes, next).place };
  }

  /** What a block holds. Throws a `RangeError` when its checksum is another, or it cannot be decompressed. */
  async block(place: Place): Promise<Buffer> {
    const bytes = await this.checked(place);
    const content = bytes.subarray(0, place.size);
    return bytes.readUInt8(place.size) === PLAIN ? content : plain(content, place.offset);
  }

  /** A block as it lies in the file, with its trailer. Throws a `RangeError` when its checksum is another. */
  async checked({ offset, size }: Place): Promise<Buffer> {
    const bytes = await this.#read(offset, size + TRAILER_BYTES);
    const stored = bytes.readUInt32LE(size + KIND_BYTES);
    if (masked(crc32c(bytes.subarray(0, size + KIND_BYTES))) !== stored) {
      throw new RangeError(`the checksum of its block at ${offset} does not match`);
    }
    return bytes;
  }

  async #read(offset: number, size: number): Promise<Buffer> {
    if (offset < 0 || offset + size > this.#size) throw new RangeError('it is cut off');
    if (this.#whole) return this.#whole.subarray(offset, offset + size);
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(size), 0, size, offset);
    if (bytesRead !== size) throw new RangeError('it is cut off');
    return buffer;
  }
}

function plain(content: Buffer, offset: number): Buffer {
  try {
    return uncompressSync(content, { asBuffer: true }) as Buffer;
  } catch {
    throw new RangeError(`its block at ${offset} cannot be decompressed`);
  }
}

/** What an index names: the values of its entries. Behind those stand restart points, and how many of them there are. */
function placesIn(block: Buffer): Place[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const end = block.length - 4 * (restarts + 1);
  const places: Place[] = [];
  for (let at = 0; at < end;) {
    const shared = varint(block, at);
    const unshared = varint(block, shared.next);
    const { value: size, next } = varint(block, unshared.next);
    places.push(placeAt(block, next + unshared.value).place);
    at = next + unshared.value + size;
  }
  return places;
}

function placeAt(bytes: Buffer, at: number): { place: Place; next: number } {
  const offset = varint(bytes, at);
  const { value: size, next } = varint(bytes, offset.next);
  return { place: { offset: offset.value, size }, next };
}
