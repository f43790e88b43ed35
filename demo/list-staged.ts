import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { SAMPLE_STAGING_BUCKET } from '../src/start/sample-data.js';

/** Keys of all that loads have staged and not removed. */
export async function listStagedObjects(s3: S3Client): Promise<string[]> {
  const Prefix = 'tmp/postgres-copy/';
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: SAMPLE_STAGING_BUCKET, Prefix }));
  return (Contents ?? []).flatMap(({ Key }) => Key ?? []);
}
