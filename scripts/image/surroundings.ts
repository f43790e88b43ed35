import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createPool } from '../../src/postgres/pool.js';
import { createS3Client } from '../../src/s3/client.js';
import { startEmbeddedPostgres } from '../../src/start/embedded/postgres.js';
import { startEmbeddedS3 } from '../../src/start/embedded/s3.js';
import { makeParquet } from '../../test/worker/formats/parquet.js';

const SOURCE = 'development-source';
export const API_KEY = 'a key for the check of the image';
export const ROWS = 1_000;

/** What a container of Copydock needs around it: a database, S3 with one object to load, and its settings. */
export interface Surroundings {
  env: Record<string, string>;
  config: string;
  request: Record<string, string>;
  countRows(): Promise<number>;
  stop(): Promise<void>;
}

/** The object is Parquet: it needs the native module, and room in the temporary folder. */
export async function startSurroundings(): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'copydock-image-'));
  // PostgreSQL runs as another user where this runs as root.
  await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), persistent: false });
  const s3 = await startEmbeddedS3({ dataDir: join(folder, 's3') });
  const client = createS3Client({ ...s3, region: 'us-east-1' });
  for (const Bucket of [SOURCE, 'development-pyspark-jobs-codepackage']) {
    await client.send(new CreateBucketCommand({ Bucket }));
  }
  const Body = await makeParquet(`SELECT range AS id, 'name ' || range AS name FROM range(${ROWS})`);
  await client.send(new PutObjectCommand({ Bucket: SOURCE, Key: 'things/all.parquet', Body }));
  client.destroy();
  const pool = createPool(postgres.url, { applicationName: 'image check', max: 1 });
  await pool.query('CREATE TABLE things (id bigint PRIMARY KEY, name text NOT NULL)');
  return {
    env: {
      DATABASE_URL: postgres.url,
      QUEUE_URL: postgres.url,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.credentials.secretAccessKey,
    },
    config: JSON.stringify({
      api_keys: [
        { name: 'check', sha256: createHash('sha256').update(API_KEY).digest('hex'), access: 'write' },
      ],
    }),
    request: {
      load_type: 'full',
      data_set: 'things',
      path: `s3://${SOURCE}/things/all.parquet`,
      env: 'development',
    },
    countRows: async () => Number((await pool.query('SELECT count(*) FROM things')).rows[0]?.count),
    stop: async () => {
      await pool.end();
      await s3.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
