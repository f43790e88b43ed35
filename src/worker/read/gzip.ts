import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ArchiveError, truncated } from './archive-error.js';

const OUTPUT_BYTES = 256 * 1024;

/** One or more members (RFC 1952), their checksums and lengths compared by zlib. */
export async function* decompressGzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let fedBytes = 0;
  let isFedWhole = false;
  async function* counted() {
    for await (const chunk of chunks) {
      fedBytes += chunk.length;
      yield chunk;
    }
    isFedWhole = true;
  }
  const gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  pipeline(Readable.from(counted(), { highWaterMark: 1 }), gunzip, () => {});
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    throw asArchiveError(error);
  } finally {
    gunzip.destroy();
  }
  // zlib stops without an error at a zero byte after a member, whatever follows.
  if (!isFedWhole || gunzip.bytesWritten !== fedBytes)
    throw new ArchiveError('other bytes follow the end of the archive');
}

function asArchiveError(error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === 'Z_BUF_ERROR') return truncated();
  return code?.startsWith('Z_') ? new ArchiveError((error as Error).message) : error;
}
