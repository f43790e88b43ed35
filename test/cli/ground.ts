import type { Test } from 'tap';
import { createTestDatabase, withClient } from '../services/database.js';
import { createTestRedis } from '../services/redis.js';
import { createTestBucket, putTestObject } from '../services/s3.js';
import type { Running } from './run-copydock.js';

export interface Ground {
  env: NodeJS.ProcessEnv;
  bucket: string;
  sql(query: string): Promise<unknown[]>;
  /** Runs `use` while nobody can write to the target, so that a load of it does not end. */
  whileLocked(use: () => Promise<void>): Promise<void>;
}

/** A migrated database with the table `licence`, a bucket with a file for it, and a Redis. */
export async function prepareServices(t: Test): Promise<Ground> {
  const databaseUrl = await createTestDatabase(t, { migrated: true });
  const bucket = await createTestBucket(t);
  await putTestObject(bucket, 'data/licence.csv', 'licence\nogl3\ncc0\n');
  const sql = (query: string) => withClient(databaseUrl, async (client) => (await client.query(query)).rows);
  await sql('CREATE TABLE licence (licence text PRIMARY KEY)');
  return {
    bucket,
    sql,
    env: { DATABASE_URL: databaseUrl, QUEUE_URL: await createTestRedis(t), PORT: '0' },
    whileLocked: (use) =>
      withClient(databaseUrl, async (blocker) => {
        await blocker.query('BEGIN; LOCK TABLE licence IN SHARE MODE');
        await use();
      }),
  };
}

export async function urlOf(service: Running): Promise<string> {
  const printed = await service.printed(/"msg":"listening"/);
  return /"url":"([^"]+)","msg":"listening"/.exec(printed)?.[1] ?? '';
}

export async function submit(url: string, bucket: string): Promise<string> {
  const body = {
    load_type: 'full',
    data_set: 'licence',
    path: `s3://${bucket}/data/`,
    env: 'development',
    s3_bucket: bucket,
  };
  const answer = await fetch(`${url}/v1/loads`, { method: 'POST', body: JSON.stringify(body) });
  return ((await answer.json()) as { id: string }).id;
}

export async function waitForStatus(url: string, id: string, wanted: RegExp): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  for (;;) {
    const { status } = (await (await fetch(`${url}/v1/loads/${id}?wait=10`)).json()) as { status: string };
    if (wanted.test(status)) return;
    if (Date.now() > giveUpAt) throw new Error(`the load is ${status}`);
  }
}
