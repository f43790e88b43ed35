export type Compression = 'gzip' | 'zstd' | 'bzip2';

const COMPRESSION_BY_ENDING: Record<string, Compression> = {
  gz: 'gzip',
  gzip: 'gzip',
  zst: 'zstd',
  zstd: 'zstd',
  bz2: 'bzip2',
  bzip2: 'bzip2',
};

/** As many bytes as `compressionOf` wants to see. */
export const MAGIC_BYTES = 10;

const BZIP2_BLOCK = Buffer.from('314159265359', 'hex');
/** What follows the header of an archive of nothing. */
const BZIP2_END = Buffer.from('177245385090', 'hex');

/** What the name says: `data.csv.gz` is gzip. */
export function compressionOfName(key: string): Compression | null {
  return COMPRESSION_BY_ENDING[endingOf(key)] ?? null;
}

/** The name without what it says of compression: `data.csv`. */
export function withoutCompression(key: string): string {
  return compressionOfName(key) === null ? key : key.slice(0, key.lastIndexOf('.'));
}

/** In lower case and without its dot; empty where the name has none. */
export function endingOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** What the first bytes say, which outranks the name. No text that anybody writes begins so. */
export function compressionOf(bytes: Buffer): Compression | null {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  if (bytes.length >= 4 && isZstd(bytes.readUInt32LE(0))) return 'zstd';
  return isBzip2(bytes) ? 'bzip2' : null;
}

/** A frame, or a skippable one (RFC 8878), which parallel writers put first. */
function isZstd(magic: number): boolean {
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5;
}

function isBzip2(bytes: Buffer): boolean {
  if (!/^BZh[1-9]$/.test(bytes.toString('latin1', 0, 4))) return false;
  const block = bytes.subarray(4, 10);
  return block.equals(BZIP2_BLOCK) || block.equals(BZIP2_END);
}
