import { CopydockError } from '../loads/errors.js';
import { withControlErrors } from '../postgres/control-database/unavailable.js';
import { findPendingMigrations } from '../postgres/pending-migrations.js';
import { createPool } from '../postgres/pool.js';
import { BULLMQ_SCHEMA, isInPostgres } from '../queue/connection.js';

/**
 * Services change no database by themselves: they say what to do.
 * @throws CopydockError `unavailable` where the control database does not answer or is not up to date
 */
export async function checkControlSchema(databaseUrl: string): Promise<void> {
  const pending = await ask(databaseUrl, (pool) => findPendingMigrations(pool, 'control'));
  if (pending.length === 0) return;
  throw notMigrated(`The control database (DATABASE_URL) lacks ${pending.join(', ')} of Copydock's tables.`);
}

/**
 * The same of a queue in PostgreSQL.
 * @throws CopydockError `unavailable`
 */
export async function checkQueueSchema(queueUrl: string): Promise<void> {
  if (await hasQueueTables(queueUrl)) return;
  throw notMigrated("The queue's database (QUEUE_URL) lacks the queue's tables.");
}

/** Redis needs none. */
export async function hasQueueTables(queueUrl: string): Promise<boolean> {
  if (!isInPostgres(queueUrl)) return true;
  const { rows } = await ask(queueUrl, (pool) =>
    pool.query<{ has: boolean }>('SELECT to_regclass($1) IS NOT NULL AS has', [`${BULLMQ_SCHEMA}.migration`]),
  );
  return rows[0]?.has === true;
}

function notMigrated(detail: string): CopydockError {
  return new CopydockError('unavailable', detail, { hint: 'Run: copydock migrate' });
}

async function ask<T>(
  url: string,
  question: (pool: ReturnType<typeof createPool>) => Promise<T>,
): Promise<T> {
  const pool = createPool(url, { applicationName: 'copydock check', max: 1 });
  try {
    return await withControlErrors(() => question(pool));
  } finally {
    await pool.end();
  }
}
