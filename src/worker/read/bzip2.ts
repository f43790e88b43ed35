import { ArchiveError, truncated } from './archive-error.js';
import { BitReader } from './bit-reader.js';
import { ByteReader } from './byte-reader.js';
import { expandBlock } from './bzip2-expand.js';
import { readSymbols } from './bzip2-symbols.js';

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** A block's compressed size is bounded by its own and its tables'. */
const TABLES_BYTES = 64 * 1024;

/**
 * One or more archives one after another, block by block (at most 900 kB before run lengths are expanded). Checksums of
 * blocks and of archives are compared. The packages that npm has take ten times as long, or the whole archive at once.
 */
export async function* decompressBzip2(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks);
  try {
    while (await reader.has(1)) yield* decompressArchive(reader);
  } finally {
    await reader.close();
  }
}

async function* decompressArchive(reader: ByteReader): AsyncGenerator<Buffer> {
  const header = await reader.takeUpTo(4);
  if (header.length < 4) throw truncated();
  if (!/^BZh[1-9]$/.test(header.toString('latin1')))
    throw new ArchiveError('what follows its end is no archive');
  const blockBytes = Number(header.toString('latin1', 3)) * 100_000;
  let checksum = 0;
  for (let bitOffset = 0; ; ) {
    const bytes = await reader.takeUpTo(2 * blockBytes + TABLES_BYTES);
    const bits = new BitReader(bytes, bitOffset);
    const magic = bits.read(24) * 2 ** 24 + bits.read(24);
    const expected = (bits.read(16) * 2 ** 16 + bits.read(16)) >>> 0;
    if (magic === END_MAGIC) {
      if (bits.isBeyondEnd) throw truncated();
      if (expected !== checksum) throw new ArchiveError('its checksum does not agree');
      reader.giveBack(bytes.subarray(Math.ceil(bits.position / 8)));
      return;
    }
    if (magic !== BLOCK_MAGIC)
      throw bits.isBeyondEnd ? truncated() : new ArchiveError('a block has no beginning');
    const block = readBlock(bits, blockBytes);
    const found = yield* expandBlock(block.symbols, block.count, block.origin);
    if (found !== expected) throw new ArchiveError('the checksum of a block does not agree');
    checksum = (((checksum << 1) | (checksum >>> 31)) ^ found) >>> 0;
    reader.giveBack(bytes.subarray(bits.position >>> 3));
    bitOffset = bits.position & 7;
  }
}

function readBlock(
  bits: BitReader,
  blockBytes: number,
): { symbols: Uint32Array; count: number; origin: number } {
  if (bits.read(1) === 1) throw new ArchiveError('a block is of the obsolete randomised kind');
  const origin = bits.read(24);
  const symbols = new Uint32Array(blockBytes);
  try {
    const count = readSymbols(bits, symbols);
    if (bits.isBeyondEnd) throw truncated();
    if (origin >= count) throw new ArchiveError('a block begins outside of itself');
    return { symbols, count, origin };
  } catch (error) {
    throw bits.isBeyondEnd ? truncated() : error;
  }
}
