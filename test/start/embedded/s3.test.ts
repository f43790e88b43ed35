import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import t from 'tap';
import { type EmbeddedS3, startEmbeddedS3 } from '../../../src/start/embedded/s3.js';

function clientOf({ endpoint, credentials }: EmbeddedS3): S3Client {
  return new S3Client({ endpoint, credentials, region: 'eu-west-2', forcePathStyle: true, maxAttempts: 1 });
}

t.test('objects are stored, listed, read with their ETag, deleted, and kept between runs', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'copydock-s3-'));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const first = await startEmbeddedS3({ dataDir });
  const client = clientOf(first);
  const Bucket = 'development-data';
  await client.send(new CreateBucketCommand({ Bucket }));
  const { ETag } = await client.send(
    new PutObjectCommand({ Bucket, Key: 'a/b.csv', Body: Buffer.from('x|y\n') }),
  );
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/c.csv', Body: Buffer.from('gone') }));
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'a/c.csv' }));
  await first.stop();
  await t.rejects(fetch(first.endpoint), 'it has stopped');

  const second = await startEmbeddedS3({ dataDir });
  t.teardown(() => second.stop());
  const again = clientOf(second);
  const { Contents } = await again.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/' }));
  t.same(
    Contents?.map(({ Key }) => Key),
    ['a/b.csv'],
  );
  const object = await again.send(new GetObjectCommand({ Bucket, Key: 'a/b.csv', Range: 'bytes=2-' }));
  t.equal(await object.Body?.transformToString(), 'y\n');
  t.equal(object.ETag, ETag);
});

t.test('a port that is taken is named', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'copydock-s3-'));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const server = await startEmbeddedS3({ dataDir });
  t.teardown(() => server.stop());
  const port = Number(new URL(server.endpoint).port);
  await t.rejects(startEmbeddedS3({ dataDir, port }), /another process has it/);
});
