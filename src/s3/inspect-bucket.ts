import { randomBytes } from 'node:crypto';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { classifyS3Error } from './errors.js';
import { readPinned } from './read.js';
import { checkStagingBucket, deleteStagingPrefix, putStagedObject, STAGING_ROOT } from './write.js';

const BODY = Buffer.from('copydock doctor\n');

export interface BucketProbe {
  /** `s3://bucket/...` of the object that is written. */
  location: string;
  list(): Promise<void>;
  write(): Promise<void>;
  /** @throws where what is read is not what was written */
  read(): Promise<void>;
  /** @throws where there is nothing to remove */
  remove(): Promise<void>;
  removeIfThere(): Promise<void>;
}

/** What a load does with its staging bucket, step by step, with one small object below a staging prefix of its own. */
export function probeStaging(client: S3Client, bucket: string, signal: AbortSignal): BucketProbe {
  const prefix = `${STAGING_ROOT}copydock-doctor-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString('hex')}/`;
  const key = `${prefix}probe`;
  const removeAll = () => deleteStagingPrefix(client, bucket, prefix, signal);
  let etag = '';
  return {
    location: `s3://${bucket}/${key}`,
    list: () => checkStagingBucket(client, bucket, signal),
    write: async () => {
      etag = await putStagedObject(client, { bucket, key, body: BODY, signal });
    },
    read: async () => {
      const object = { bucket, key, etag, sizeBytes: BODY.length };
      const chunks: Buffer[] = [];
      const range = { startByte: 0, endByte: BODY.length };
      for await (const chunk of readPinned(client, 'staging', object, range, signal)) chunks.push(chunk);
      if (!Buffer.concat(chunks).equals(BODY)) throw new Error('what was read is not what was written');
    },
    remove: async () => {
      if ((await removeAll()) === 0) throw new Error('the object that was written is not listed');
    },
    removeIfThere: async () => void (await removeAll()),
  };
}

/** @throws CopydockError where the bucket is missing or refuses */
export async function listSourceBucket(client: S3Client, bucket: string, signal: AbortSignal): Promise<void> {
  await client
    .send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal: signal })
    .catch((error: unknown) => {
      throw classifyS3Error(error, 'source', `s3://${bucket}/`);
    });
}

export interface BucketKeeping {
  isVersioned: boolean;
  /** By the rules that hold for all of the staging root. */
  expires: boolean;
  oldVersionsExpire: boolean;
  abortsUploads: boolean;
}

/** @throws where the server does not tell, or the role may not ask */
export async function readKeeping(
  client: S3Client,
  bucket: string,
  signal: AbortSignal,
): Promise<BucketKeeping> {
  const options = { abortSignal: signal };
  const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }), options);
  const rules = (await readRules(client, bucket, signal)).filter(holdsForStaging);
  return {
    isVersioned: Status === 'Enabled',
    expires: rules.some(({ Expiration: expiration }) => expiration?.Days !== undefined),
    oldVersionsExpire: rules.some((rule) => rule.NoncurrentVersionExpiration?.NoncurrentDays !== undefined),
    abortsUploads: rules.some((rule) => rule.AbortIncompleteMultipartUpload !== undefined),
  };
}

async function readRules(client: S3Client, bucket: string, signal: AbortSignal): Promise<LifecycleRule[]> {
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
    return (await client.send(command, { abortSignal: signal })).Rules ?? [];
  } catch (error) {
    if ((error as Error).name === 'NoSuchLifecycleConfiguration') return [];
    throw error;
  }
}

/** A rule with a tag, a size or a longer prefix leaves some staged objects out. */
function holdsForStaging({ Status, Filter, Prefix }: LifecycleRule): boolean {
  const isPlain = Filter === undefined || Object.keys(Filter).every((name) => name === 'Prefix');
  return Status === 'Enabled' && isPlain && STAGING_ROOT.startsWith(Filter?.Prefix ?? Prefix ?? '');
}

/** Tells `onDate` the clock of the server by each good answer, in milliseconds; S3 rounds to seconds. */
export function watchServerClock(client: S3Client, onDate: (serverMs: number) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers = {} } = result.response as { headers?: Record<string, string> };
      const serverMs = Date.parse(headers.date ?? '');
      if (!Number.isNaN(serverMs)) onDate(serverMs);
      return result;
    },
    { step: 'deserialize', name: 'copydockServerClock', priority: 'low' },
  );
}
