import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { CopydockError } from '../loads/errors.js';
import { classifyS3Error, type S3Role } from './errors.js';
import { objectLocation, type PinnedObject } from './list.js';

export interface ReadRange {
  startByte: number;
  /** Exclusive; at most the object's size. */
  endByte: number;
}

/** A connection that breaks this often without a byte between is given up. */
const MAX_BREAKS = 5;

/**
 * Reads a range of a pinned object, whole or not at all: a broken connection is resumed where it stopped, a changed
 * object is an error (the returned ETag is compared, since not every server honours If-Match), and a body that ends
 * early never passes for a whole one.
 */
export async function* readPinned(
  client: S3Client,
  role: S3Role,
  object: PinnedObject,
  range: ReadRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let position = range.startByte;
  let breaks = 0;
  while (position < range.endByte) {
    try {
      for await (const chunk of openRange(client, role, object, { ...range, startByte: position }, signal)) {
        position += chunk.length;
        breaks = 0;
        yield chunk;
      }
      if (position < range.endByte) throw new Error('the body ended early');
    } catch (error) {
      signal.throwIfAborted();
      const classified = classifyS3Error(error, role, objectLocation(object));
      breaks += 1;
      if (classified.code !== 's3_unavailable' || breaks >= MAX_BREAKS) throw classified;
      await sleep(100 * 2 ** breaks, undefined, { signal });
    }
  }
}

/** Throws where the object is not as it was pinned: for those who read it by other ways than this process. */
export async function checkPinned(
  client: S3Client,
  role: S3Role,
  object: PinnedObject,
  signal: AbortSignal,
): Promise<void> {
  const { bucket: Bucket, key: Key, etag, sizeBytes } = object;
  const found = await client
    .send(new HeadObjectCommand({ Bucket, Key }), { abortSignal: signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      throw classifyS3Error(error, role, objectLocation(object));
    });
  if (found.ETag !== etag || found.ContentLength !== sizeBytes) throw changedObject(role, object);
}

async function* openRange(
  client: S3Client,
  role: S3Role,
  object: PinnedObject,
  { startByte, endByte }: ReadRange,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const isWhole = startByte === 0 && endByte === object.sizeBytes;
  const response = await client.send(
    new GetObjectCommand({
      Bucket: object.bucket,
      Key: object.key,
      IfMatch: object.etag,
      ...(isWhole ? {} : { Range: `bytes=${startByte}-${endByte - 1}` }),
    }),
    { abortSignal: signal },
  );
  const body = response.Body as Readable | undefined;
  if (body === undefined) throw new Error('S3 sent no body');
  addAbortSignal(signal, body);
  try {
    if (response.ETag !== object.etag || response.ContentLength !== endByte - startByte) {
      throw changedObject(role, object);
    }
    yield* body;
  } finally {
    body.destroy();
  }
}

function changedObject(role: S3Role, object: PinnedObject): CopydockError {
  const location = objectLocation(object);
  return role === 'source'
    ? new CopydockError('source_object_changed', `${location} changed after the load was planned.`, {
        object: location,
      })
    : new CopydockError('staged_object_changed', `${location} is not what was staged.`, { object: location });
}
