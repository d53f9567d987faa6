// CRC-32C (Castagnoli) as RFC 3720, appendix B.4, has it: the checksum inside LevelDB's own files. Eight bytes a step, since
// whole databases are checked with it.

const POLYNOMIAL = 0x82f63b78;
const LANES = 8;

const tables = tablesOf(POLYNOMIAL);
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

/** An unsigned 32-bit number. */
export function crc32c(bytes: Buffer): number {
  const { length } = bytes;
  let crc = 0xffffffff;
  let at = 0;
  for (; at + LANES <= length; at += LANES) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      (t7[low & 255] as number) ^
      (t6[(low >>> 8) & 255] as number) ^
      (t5[(low >>> 16) & 255] as number) ^
      (t4[low >>> 24] as number) ^
      (t3[high & 255] as number) ^
      (t2[(high >>> 8) & 255] as number) ^
      (t1[(high >>> 16) & 255] as number) ^
      (t0[high >>> 24] as number);
  }
  for (; at < length; at += 1) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}

// Table `n` says what a byte does to the checksum `n` bytes later.
function tablesOf(polynomial: number): Uint32Array[] {
  const first = new Uint32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    return crc;
  });
  const made = [first];
  for (let lane = 1; lane < LANES; lane += 1) {
    const before = made[lane - 1] as Uint32Array;
    made.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 255] as number)));
  }
  return made;
}
