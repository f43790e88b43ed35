import { CopydockError } from '../../loads/errors.js';
import { ArchiveError } from './archive-error.js';
import { decompressBzip2 } from './bzip2.js';
import type { Compression } from './compression.js';
import { decompressGzip } from './gzip.js';
import { decompressZstd } from './zstd.js';

type Decompressor = (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

const DECOMPRESSORS: Record<Compression, Decompressor> = {
  gzip: decompressGzip,
  zstd: decompressZstd,
  bzip2: decompressBzip2,
};

/**
 * The content of a compressed object: all of it, checksums compared, or an error that names the object. What comes out
 * at a time is bounded, however much a small archive holds.
 */
export async function* decompress(
  chunks: AsyncIterable<Buffer>,
  compression: Compression,
  location: string,
): AsyncGenerator<Buffer> {
  try {
    yield* DECOMPRESSORS[compression](chunks);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    throw new CopydockError('archive_damaged', `${location} is damaged ${compression}: ${error.message}.`, {
      object: location,
      cause: error,
    });
  }
}
