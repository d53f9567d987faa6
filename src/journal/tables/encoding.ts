// How LevelDB writes numbers and checksums.

const MASK_DELTA = 0xa282ead8;

/** The stored form of a checksum: leveldb/util/crc32c.h. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;

/** Reads a varint of LevelDB and Snappy: seven bits a byte, the lowest first. Throws a `RangeError`. */
export function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes.readUInt8(at + index);
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, next: at + index + 1 };
  }
  throw new RangeError('a number is too long');
}

/** Reads numbers and byte strings in sequence. */
export class Numbers {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): number {
    const { value, next } = varint(this.#bytes, this.#at);
    this.#at = next;
    return value;
  }

  /** Skips a byte string with a length prefix. */
  skipBytes(): void {
    const length = this.next();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('a name is cut off');
  }
}
