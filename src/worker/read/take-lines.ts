import type { ByteReader } from './byte-reader.js';

const LF = 0x0a;
/** Beyond it no line is read: who splits lines refuses it. */
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * The first whole lines, about so many bytes of them, but at least one that is not blank, whatever its size; fewer only
 * where nothing follows.
 */
export async function takeLines(reader: ByteReader, sizeBytes: number): Promise<Buffer> {
  for (let wanted = sizeBytes; ; wanted *= 2) {
    const hasMore = await reader.has(wanted + 1);
    const bytes = await reader.takeUpTo(wanted);
    if (!hasMore || wanted >= MAX_BYTES) return bytes;
    const lines = bytes.subarray(0, bytes.lastIndexOf(LF) + 1);
    if (lines.some(isVisible)) return lines;
    reader.giveBack(bytes);
  }
}

function isVisible(byte: number): boolean {
  return byte > 0x20;
}
