import type { S3Client } from '@aws-sdk/client-s3';
import picomatch from 'picomatch';
import type { BucketSettings } from '../config/types.js';

/**
 * Every request of the client says whose bucket it must be, and every upload by which key it is to be encrypted: S3 then
 * refuses a bucket that another account has taken under the same name. Only staged objects are uploaded.
 */
export function applyBucketSettings(client: S3Client, { owners, stagingKmsKeyId }: BucketSettings): void {
  if (owners.length === 0 && stagingKmsKeyId === null) return;
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { Bucket: bucket = '' } = args.input as { Bucket?: string };
        const owner = owners.find(({ pattern }) => picomatch.isMatch(bucket, pattern));
        Object.assign(args.input, {
          ...(owner === undefined ? {} : { ExpectedBucketOwner: owner.account }),
          ...(commandName === 'PutObjectCommand' ? encryption(stagingKmsKeyId) : {}),
        });
        return next(args);
      },
    { step: 'initialize', name: 'copydockBucketSettings' },
  );
}

/** A bucket key saves most of the calls to KMS. */
function encryption(keyId: string | null) {
  return keyId === null
    ? {}
    : { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: keyId, BucketKeyEnabled: true };
}
