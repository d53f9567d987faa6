// Decompresses what LevelDB compressed: the raw format of Snappy (google/snappy, format_description.txt). A length in front,
// then literals and copies of what is already there.

/** Throws a `RangeError` where the bytes are no Snappy. */
export function unsnap(bytes: Buffer): Buffer {
  const { value: length, next } = varint(bytes, 0);
  const out = Buffer.alloc(length);
  let written = 0;
  let at = next;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at);
    const { from, size, end } = (tag & 3) === 0 ? literal(bytes, at, tag) : copy(bytes, at, tag);
    if (from < 0) {
      for (let each = 0; each < size; each += 1) out.writeUInt8(out.readUInt8(written + from + each), written + each);
    } else {
      if (bytes.copy(out, written, from, from + size) !== size) throw new RangeError('a literal is cut off');
    }
    written += size;
    at = end;
  }
  if (written !== length) throw new RangeError('the length is another');
  return out;
}

/** A number as LevelDB and Snappy write it: seven bits a byte, the lowest first. */
export function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes.readUInt8(at + index);
    value += (byte & 127) * 2 ** (7 * index);
    if (byte < 128) return { value, next: at + index + 1 };
  }
  throw new RangeError('a number is too long');
}

/** `size` bytes from `from`: in the input, or where it is negative that far back in the output. `end` is the next tag. */
interface Piece {
  readonly from: number;
  readonly size: number;
  readonly end: number;
}

function literal(bytes: Buffer, at: number, tag: number): Piece {
  const short = tag >>> 2;
  const more = Math.max(short - 59, 0);
  const from = at + 1 + more;
  const size = 1 + (more === 0 ? short : bytes.readUIntLE(at + 1, more));
  return { from, size, end: from + size };
}

function copy(bytes: Buffer, at: number, tag: number): Piece {
  const kind = tag & 3;
  if (kind === 1) {
    const back = ((tag >>> 5) << 8) + bytes.readUInt8(at + 1);
    return { from: -back, size: 4 + ((tag >>> 2) & 7), end: at + 2 };
  }
  const width = kind === 2 ? 2 : 4;
  return { from: -bytes.readUIntLE(at + 1, width), size: 1 + (tag >>> 2), end: at + 1 + width };
}
