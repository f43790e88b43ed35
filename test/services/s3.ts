import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Test } from 'tap';
import { serviceVariable } from './service-variables.js';

/** A client of the test S3 server, with all rights. One for the whole process. */
export function testS3Client(): S3Client {
  sharedClient ??= new S3Client({
    endpoint: serviceVariable('TEST_S3_ENDPOINT'),
    region: 'eu-west-2',
    forcePathStyle: true,
    credentials: {
      accessKeyId: serviceVariable('TEST_S3_ACCESS_KEY'),
      secretAccessKey: serviceVariable('TEST_S3_SECRET_KEY'),
    },
  });
  return sharedClient;
}
let sharedClient: S3Client | undefined;

/** Makes a bucket and removes it with its objects at the end of `t`. A name is random unless given. */
export async function createTestBucket(
  t: Test,
  name = `test-${randomBytes(6).toString('hex')}`,
): Promise<string> {
  const bucket = { Bucket: name };
  await testS3Client().send(new CreateBucketCommand(bucket));
  t.teardown(async () => {
    await emptyBucket(name);
    await testS3Client().send(new DeleteBucketCommand(bucket));
  });
  return name;
}

/** Returns the ETag. */
export async function putTestObject(bucket: string, key: string, body: string | Buffer): Promise<string> {
  const { ETag = '' } = await testS3Client().send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body) }),
  );
  return ETag;
}

export async function getTestObject(bucket: string, key: string): Promise<Buffer> {
  const { Body } = await testS3Client().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** Keys in order. */
export async function listTestObjects(bucket: string, prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  let token: string | undefined;
  do {
    const page = await testS3Client().send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
    token = page.NextContinuationToken;
  } while (token);
  return keys;
}

async function emptyBucket(bucket: string): Promise<void> {
  const keys = await listTestObjects(bucket);
  for (let start = 0; start < keys.length; start += 1000) {
    const Objects = keys.slice(start, start + 1000).map((Key) => ({ Key }));
    await testS3Client().send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
}
