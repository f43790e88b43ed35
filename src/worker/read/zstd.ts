import { Decompress } from 'fzstd';
import xxhash, { type XXHash, type XXHashAPI } from 'xxhash-wasm';
import { ArchiveError, truncated } from './archive-error.js';
import { ByteReader } from './byte-reader.js';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;
const HAS_CHECKSUM = 0b100;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
/** A frame may ask for any window; the zstd program refuses more than this, too, unless it is told to. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
const MAX_SKIP_BYTES = 64 * 1024;

/**
 * One or more frames (RFC 8878). Frames and blocks are told apart here and their content is decoded by fzstd, a block
 * (at most 128 KiB) at a time, since fzstd neither compares checksums nor bounds what one call gives. Node has its own
 * decoder from 22.15 on.
 */
export async function* decompressZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(chunks);
  const hashes = await xxhash();
  try {
    while (await reader.has(1)) {
      const magic = (await take(reader, 4)).readUInt32LE(0);
      if (magic >>> 4 === SKIPPABLE_MAGIC) await skip(reader);
      else if (magic === FRAME_MAGIC) yield* decompressFrame(reader, hashes);
      else throw new ArchiveError('bytes between its frames are no frame');
    }
  } finally {
    await reader.close();
  }
}

async function* decompressFrame(reader: ByteReader, hashes: XXHashAPI): AsyncGenerator<Buffer> {
  const header = await takeHeader(reader);
  const hash = header.hasChecksum ? hashes.create64() : null;
  const decoder = new BlockDecoder(header.bytes);
  for (let isLast = false; !isLast; ) {
    const start = await take(reader, 3);
    const block = readBlockHeader(start);
    isLast = block.isLast;
    const content = await take(reader, block.sizeBytes);
    for (const piece of decoder.decode(Buffer.concat([start, content]), isLast)) {
      hash?.update(piece);
      yield piece;
    }
  }
  if (hash !== null) checkHash(hash, await take(reader, 4));
}

function checkHash(hash: XXHash<bigint>, expected: Buffer): void {
  if (Number(hash.digest() & 0xffffffffn) !== expected.readUInt32LE(0))
    throw new ArchiveError('a checksum does not agree');
}

function readBlockHeader(bytes: Buffer): { isLast: boolean; sizeBytes: number } {
  const header = bytes.readUIntLE(0, 3);
  const kind = (header >>> 1) & 3;
  if (kind === RESERVED_BLOCK) throw new ArchiveError('a block is of no known kind');
  return { isLast: (header & 1) === 1, sizeBytes: kind === RLE_BLOCK ? 1 : header >>> 3 };
}

/** The frame's header with its magic number, and without the flag of the checksum, which is compared here. */
async function takeHeader(reader: ByteReader): Promise<{ bytes: Buffer; hasChecksum: boolean }> {
  const descriptor = (await take(reader, 1)).readUInt8(0);
  const isSingleSegment = (descriptor & 0b100000) !== 0;
  const sizeFlag = descriptor >>> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const rest = await take(reader, (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes);
  if (dictionaryBytes > 0 && rest.readUIntLE(isSingleSegment ? 0 : 1, dictionaryBytes) !== 0)
    throw new ArchiveError('it was compressed with a dictionary');
  const windowBytes = isSingleSegment
    ? readContentSize(rest.subarray(dictionaryBytes))
    : readWindowSize(rest.readUInt8(0));
  if (windowBytes > MAX_WINDOW_BYTES)
    throw new ArchiveError(`it needs a window of ${windowBytes} bytes, more than 128 MiB`);
  const magic = Buffer.alloc(5);
  magic.writeUInt32LE(FRAME_MAGIC, 0);
  magic.writeUInt8(descriptor & ~HAS_CHECKSUM, 4);
  return { bytes: Buffer.concat([magic, rest]), hasChecksum: (descriptor & HAS_CHECKSUM) !== 0 };
}

function readContentSize(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE(0));
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0);
}

function readWindowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** fzstd for one frame. */
class BlockDecoder {
  readonly #fzstd: Decompress;
  #pieces: Buffer[] = [];
  #header: Buffer | null;

  constructor(header: Buffer) {
    this.#header = header;
    this.#fzstd = new Decompress((bytes) => {
      if (bytes.length > 0) this.#pieces.push(Buffer.from(bytes));
    });
  }

  decode(block: Buffer, isLast: boolean): Buffer[] {
    const input = this.#header === null ? block : Buffer.concat([this.#header, block]);
    this.#header = null;
    this.#pieces = [];
    try {
      this.#fzstd.push(input, isLast);
    } catch (cause) {
      throw new ArchiveError('a block can not be decoded', { cause });
    }
    return this.#pieces;
  }
}

async function take(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.takeUpTo(count);
  if (bytes.length < count) throw truncated();
  return bytes;
}

async function skip(reader: ByteReader): Promise<void> {
  for (let left = (await take(reader, 4)).readUInt32LE(0); left > 0; ) {
    left -= (await take(reader, Math.min(left, MAX_SKIP_BYTES))).length;
  }
}
