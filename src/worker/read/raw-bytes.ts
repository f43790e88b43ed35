import type { S3Client } from '@aws-sdk/client-s3';
import { objectLocation, type PinnedObject } from '../../s3/list.js';
import { readPinned } from '../../s3/read.js';
import { ByteReader } from './byte-reader.js';
import { type Compression, compressionOf, MAGIC_BYTES } from './compression.js';
import { decompress } from './decompress.js';

/** Whose bytes, and how much of them will be wanted: the head alone is read by a request of its own. */
export interface RawRequest {
  s3: S3Client;
  object: PinnedObject;
  isHeadOnly: boolean;
  signal: AbortSignal;
  /** Is told of every byte that S3 sent. */
  onBytes?: (count: number) => void;
}

export interface OpenedBytes {
  chunks: AsyncIterable<Buffer>;
  /** null: as they are stored. */
  compression: Compression | null;
  close(): Promise<void>;
}

const HEAD_BYTES = 64 * 1024;

/** The bytes of an object, decompressed where its first bytes say that it is compressed. */
export async function openBytes(request: RawRequest): Promise<OpenedBytes> {
  const reader = new ByteReader(readStored(request));
  const close = () => reader.close();
  const start = await reader.takeUpTo(MAGIC_BYTES);
  reader.giveBack(start);
  const compression = compressionOf(start);
  const chunks = reader.rest();
  if (compression === null) return { chunks, compression, close };
  return { chunks: decompress(chunks, compression, objectLocation(request.object)), compression, close };
}

async function* readStored({ s3, object, isHeadOnly, signal, onBytes }: RawRequest): AsyncGenerator<Buffer> {
  const headBytes = isHeadOnly ? Math.min(HEAD_BYTES, object.sizeBytes) : 0;
  const ranges = [
    { startByte: 0, endByte: headBytes },
    { startByte: headBytes, endByte: object.sizeBytes },
  ];
  for (const range of ranges) {
    for await (const chunk of readPinned(s3, 'source', object, range, signal)) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  }
}
