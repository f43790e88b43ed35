import { Redis } from 'ioredis';
import type pg from 'pg';
import { listTestObjects } from '../../services/s3.js';

/** What loads may leave behind; all of it empty where nothing was left. */
export interface Litter {
  /** Keys in the staging bucket. */
  objects: string[];
  /** Staging tables, ledgers and sequences. */
  tables: string[];
  /** Backends that carry a load's name, with what they do. */
  backends: string[];
  /** Transactions that are open in the target. */
  transactions: string[];
}

export async function findLitter(target: pg.Pool, stagingBucket: string): Promise<Litter> {
  const column = async (sql: string) =>
    (await target.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  return {
    objects: await listTestObjects(stagingBucket, 'tmp/postgres-copy/'),
    tables: await column(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'copydock'::regnamespace AND relname LIKE 'staging%' AND relkind IN ('r', 'S')`,
    ),
    backends: await column(
      `SELECT application_name || ' ' || state || ': ' || left(query, 80) AS name FROM pg_stat_activity
        WHERE application_name LIKE 'copydock/%' AND datname = current_database()`,
    ),
    transactions: await column(
      `SELECT state || ': ' || left(query, 80) AS name FROM pg_stat_activity
        WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
          AND backend_type = 'client backend'`,
    ),
  };
}

export function isLittered(litter: Litter): boolean {
  return Object.values(litter).some((found) => found.length > 0);
}

/** Jobs of every state in BullMQ's queues on Redis; keys that only count or mark are none. */
export async function countRedisJobs(url: string): Promise<number> {
  const client = new Redis(url);
  try {
    const keys = await client.keys('bull:copydock-*');
    const types = await Promise.all(keys.map((key) => client.type(key)));
    return keys.filter((key, index) => types[index] === 'hash' && /^bull:[^:]+:[^:]+-\d+$/.test(key)).length;
  } finally {
    client.disconnect();
  }
}

export async function countPostgresJobs(control: pg.Pool): Promise<number> {
  const { rows } = await control.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.job');
  return rows[0]?.count ?? 0;
}
