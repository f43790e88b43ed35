const OUTPUT_BYTES = 256 * 1024;
const POLYNOMIAL = 0x04c11db7;

/** CRC-32 with the highest bit first, as bzip2 has it. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/**
 * Undoes the Burrows-Wheeler transform of a block and its runs (four equal bytes and a count of up to 251 more), in
 * pieces of bounded size; answers the checksum. The upper bits of `symbols` are used on the way.
 */
export function* expandBlock(symbols: Uint32Array, count: number, origin: number): Generator<Buffer, number> {
  linkSuccessors(symbols, count);
  let output = Buffer.allocUnsafe(OUTPUT_BYTES);
  let used = 0;
  let crc = -1;
  let entry = symbols[origin] ?? 0;
  let last = -1;
  let equal = 0;
  for (let left = count; left > 0; left -= 1) {
    entry = symbols[entry >>> 8] ?? 0;
    const byte = entry & 0xff;
    let repeat = 1;
    let value = byte;
    if (equal === 4) {
      repeat = byte;
      value = last;
      equal = 0;
      last = -1;
    } else if (byte === last) equal += 1;
    else {
      last = byte;
      equal = 1;
    }
    if (used + repeat > OUTPUT_BYTES) {
      yield output.subarray(0, used);
      output = Buffer.allocUnsafe(OUTPUT_BYTES);
      used = 0;
    }
    for (; repeat > 0; repeat -= 1) {
      output[used] = value;
      used += 1;
      crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ value] ?? 0);
    }
  }
  if (used > 0) yield output.subarray(0, used);
  return ~crc >>> 0;
}

/** Into the upper 24 bits of each element, the index of the one that follows it. */
function linkSuccessors(symbols: Uint32Array, count: number): void {
  const next = new Int32Array(257);
  for (let at = 0; at < count; at += 1) {
    const index = ((symbols[at] ?? 0) & 0xff) + 1;
    next[index] = (next[index] ?? 0) + 1;
  }
  for (let byte = 1; byte <= 256; byte += 1) next[byte] = (next[byte] ?? 0) + (next[byte - 1] ?? 0);
  for (let at = 0; at < count; at += 1) {
    const byte = (symbols[at] ?? 0) & 0xff;
    const to = next[byte] ?? 0;
    next[byte] = to + 1;
    symbols[to] = ((symbols[to] ?? 0) | (at << 8)) >>> 0;
  }
}
