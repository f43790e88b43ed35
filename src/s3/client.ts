import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { awsTls } from '../config/tls-files.js';
import type { BucketSettings, S3Config } from '../config/types.js';
import { applyBucketSettings } from './bucket-settings.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** A server that sends nothing for this long is given up; the read resumes where it stopped. */
const IDLE_TIMEOUT_MS = 60_000;
const MAX_SOCKETS = 64;
const MAX_ATTEMPTS = 4;

/**
 * Uploads carry a checksum in a header (bodies are buffers, so no streamed
 * trailer is needed); downloads are checked by length and ETag, since validating them costs as much as the transfer.
 * `assumed`: instead of the process's own credentials.
 */
export function createS3Client(
  { endpoint, region, credentials, caFile }: S3Config,
  buckets: BucketSettings = { owners: [], stagingKmsKeyId: null },
  assumed?: S3ClientConfig['credentials'],
): S3Client {
  const identity = assumed ?? credentials;
  const client = new S3Client({
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(identity === undefined ? {} : { credentials: identity }),
    maxAttempts: MAX_ATTEMPTS,
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS, ...awsTls(caFile) },
    },
  });
  applyBucketSettings(client, buckets);
  return client;
}
