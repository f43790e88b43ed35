import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { connectTo } from '../config/postgres-connection.js';
import { findPendingMigrations, MIGRATIONS_DIR } from './pending-migrations.js';
import { ignoreBrokenConnection } from './pool.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** One advisory lock for both sets of migrations, since both databases may be the same one. "copydock" in ASCII. */
const MIGRATION_LOCK = '7165069198848123755';
const SILENT = { info: silence, warn: silence, error: silence };

/** Brings the control database up to date. Safe to run from several processes at once. */
export function migrateControl(databaseUrl: string): Promise<void> {
  return migrate(databaseUrl, 'control');
}

/** Brings a target database up to date. Safe to run from several processes at once. */
export function migrateTarget(databaseUrl: string): Promise<void> {
  return migrate(databaseUrl, 'target');
}

async function migrate(databaseUrl: string, kind: 'control' | 'target'): Promise<void> {
  const client = new pg.Client({
    ...connectTo(databaseUrl),
    application_name: `copydock migrate ${kind}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', ignoreBrokenConnection);
  await client.connect();
  try {
    await runInOneTransaction(client, kind);
  } finally {
    await client.end();
  }
}

/**
 * The lock belongs to the transaction and nothing is set for the session, so that a transaction-mode pooler may sit
 * in between. The runner's own BEGIN is then a no-op and its COMMIT releases the lock. A failed run leaves a broken
 * transaction, which ends with the connection. The runner needs the owner's rights even where nothing is pending.
 */
async function runInOneTransaction(client: pg.Client, kind: 'control' | 'target'): Promise<void> {
  await client.query('BEGIN');
  await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  if ((await findPendingMigrations(client, kind)).length > 0) await runPending(client, kind);
  await client.query('COMMIT');
}

async function runPending(client: pg.Client, kind: 'control' | 'target'): Promise<void> {
  await createSchema(client);
  await runner({
    dbClient: client,
    dir: `${MIGRATIONS_DIR}/${kind}`,
    direction: 'up',
    migrationsSchema: 'copydock',
    migrationsTable: `${kind}_migrations`,
    singleTransaction: true,
    noLock: true,
    logger: SILENT,
  });
}

/** IF NOT EXISTS alone would need the right to create schemas even where an administrator has made it already. */
async function createSchema(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query("SELECT FROM pg_namespace WHERE nspname = 'copydock'");
  if (rowCount === 0) await client.query('CREATE SCHEMA copydock');
}

function silence(): void {}
