import {
  type _Error,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { CopydockError } from '../loads/errors.js';
import { classifyS3Error } from './errors.js';
import { listPrefix } from './list.js';

export const STAGING_ROOT = 'tmp/postgres-copy/';
/** `tmp/postgres-copy/{table}-{unix seconds}-{8 hex}/`: nothing else is ever deleted. */
const STAGING_PREFIX = /^tmp\/postgres-copy\/[^/]+-\d+-[0-9a-f]{8}\/$/;
/** S3's limit for one DeleteObjects. */
const DELETE_BATCH = 1_000;

/**
 * Throws where the staging bucket is missing or refuses to be listed, which the clean-up will have to do: said before
 * the source is read. Some S3 servers would make a missing bucket at the first upload.
 */
export async function checkStagingBucket(
  client: S3Client,
  bucket: string,
  signal: AbortSignal,
): Promise<void> {
  await client
    .send(new ListObjectsV2Command({ Bucket: bucket, Prefix: STAGING_ROOT, MaxKeys: 1 }), {
      abortSignal: signal,
    })
    .catch((error: unknown) => {
      throw classifyS3Error(error, 'staging', `s3://${bucket}/${STAGING_ROOT}`);
    });
}

/**
 * A type of its own: parts are in whatever dialect and encoding the source has. SeaweedFS compresses what is said to be
 * text, and what has no type or `application/octet-stream` and looks like it (weed/operation/upload_content.go), which
 * takes half as long again as to store it.
 */
const PART_TYPE = 'application/vnd.copydock.part';
/** How long an upload may go on after it was told to stop. */
const GRACE_MS = 5_000;

/**
 * Uploads a part from memory: a streamed body whose source dies would crash the process. Answers the ETag.
 *
 * Hazard: a request that is aborted may still store its object, after the clean-up has looked. So one under way is let
 * end, within bounds.
 */
export async function putStagedObject(
  client: S3Client,
  { bucket, key, body, signal }: { bucket: string; key: string; body: Buffer; signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted();
  const location = `s3://${bucket}/${key}`;
  const grace = delayAbort(signal, GRACE_MS);
  try {
    const { ETag: etag } = await client.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        Body: body,
        ContentLength: body.length,
        ContentType: PART_TYPE,
      }),
      { abortSignal: grace.signal },
    );
    if (etag === undefined) throw new Error('S3 answered without an ETag');
    return etag;
  } catch (error) {
    signal.throwIfAborted();
    throw classifyS3Error(error, 'staging', location);
  } finally {
    grace.end();
  }
}

function delayAbort(signal: AbortSignal, delayMs: number): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => {
    timer = setTimeout(() => controller.abort(signal.reason), delayMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const end = () => {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  };
  return { signal: controller.signal, end };
}

/** Deletes what stands under one recorded staging prefix; answers how many objects that were. */
export async function deleteStagingPrefix(
  client: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): Promise<number> {
  if (!STAGING_PREFIX.test(prefix)) throw new Error(`not a staging prefix: ${prefix}`);
  const keys: string[] = [];
  for await (const { key } of listPrefix(client, 'staging', bucket, prefix, signal)) keys.push(key);
  for (let from = 0; from < keys.length; from += DELETE_BATCH) {
    await deleteKeys(client, bucket, prefix, keys.slice(from, from + DELETE_BATCH), signal);
  }
  return keys.length;
}

async function deleteKeys(
  client: S3Client,
  bucket: string,
  prefix: string,
  keys: string[],
  signal: AbortSignal,
): Promise<void> {
  const answer = await client
    .send(
      new DeleteObjectsCommand({
        Bucket: bucket,
        Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
      }),
      {
        abortSignal: signal,
      },
    )
    .catch((error: unknown) => {
      throw classifyS3Error(error, 'staging', `s3://${bucket}/${prefix}`);
    });
  const [refused] = answer.Errors ?? [];
  if (refused !== undefined) throw refusedDeletion(refused, `s3://${bucket}/${refused.Key ?? prefix}`);
}

/** S3 answers 200 to the request and names each object that it did not delete. */
function refusedDeletion({ Code: code = 'Unknown' }: _Error, location: string): CopydockError {
  if (code === 'AccessDenied') {
    return new CopydockError(
      'staging_access_denied',
      `S3 refuses to delete from the staging bucket; allow s3:DeleteObject: ${location} (${code}).`,
      { object: location },
    );
  }
  return classifyS3Error(Object.assign(new Error('refused'), { code }), 'staging', location);
}
