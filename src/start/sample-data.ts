import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Config } from '../config/types.js';
import { createPool } from '../postgres/pool.js';
import { createS3Client } from '../s3/client.js';

const FILES_DIR = fileURLToPath(new URL('../../demo/data/planning', import.meta.url));
const SCHEMA_FILE = fileURLToPath(new URL('../../demo/schema.sql', import.meta.url));

/** Where the sample files are, as `s3://{SAMPLE_SOURCE_BUCKET}/planning/{file}`. */
export const SAMPLE_SOURCE_BUCKET = 'development-collection-data';
export const SAMPLE_STAGING_BUCKET = 'development-pyspark-jobs-codepackage';
export const SAMPLE_PREFIX = 'planning/';

/** Makes the tables and buckets that are missing. A bucket that is there keeps what its user made of it. */
export async function addSampleData(config: Pick<Config, 'databaseUrl' | 's3'>): Promise<void> {
  await createTables(config.databaseUrl);
  const s3 = createS3Client(config.s3);
  try {
    await createBucket(s3, SAMPLE_STAGING_BUCKET);
    if (await createBucket(s3, SAMPLE_SOURCE_BUCKET)) await uploadFiles(s3);
  } finally {
    s3.destroy();
  }
}

async function createTables(databaseUrl: string): Promise<void> {
  const pool = createPool(databaseUrl, { applicationName: 'copydock sample', max: 1 });
  try {
    await pool.query(await readFile(SCHEMA_FILE, 'utf8'));
  } finally {
    await pool.end();
  }
}

/** Answers whether it was missing. */
async function createBucket(s3: S3Client, Bucket: string): Promise<boolean> {
  try {
    await s3.send(new HeadBucketCommand({ Bucket }));
    return false;
  } catch (error) {
    if ((error as Error).name !== 'NotFound') throw error;
  }
  await s3.send(new CreateBucketCommand({ Bucket }));
  return true;
}

async function uploadFiles(s3: S3Client): Promise<void> {
  for (const name of await readdir(FILES_DIR)) {
    if (!name.endsWith('.csv')) continue;
    const Body = await readFile(`${FILES_DIR}/${name}`);
    await s3.send(
      new PutObjectCommand({ Bucket: SAMPLE_SOURCE_BUCKET, Key: `${SAMPLE_PREFIX}${name}`, Body }),
    );
  }
}
