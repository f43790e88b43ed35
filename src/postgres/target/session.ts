import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { quote } from '../identifiers.js';

/** Who works in the target: its backends are named so, and a later owner ends those of smaller tokens. */
export interface TargetIdentity {
  loadId: string;
  leaseToken: number;
}

export interface TransactionOptions {
  identity: TargetIdentity;
  /** For types and operators of extensions; names in SQL are qualified all the same. */
  schema: string;
  lockTimeoutMs: number;
  /** Rows that nobody misses after a crash (UNLOGGED) need not wait for the disk. */
  isUnlogged?: boolean;
}

const ROLLBACK_WAIT_MS = 2_000;

export function applicationName({ loadId, leaseToken }: TargetIdentity): string {
  return `copydock/${loadId}/${leaseToken}`;
}

/**
 * Runs `work` in one transaction of the target. Settings are SET LOCAL only, since a pooler may sit between:
 * row_security off makes hidden rows an error instead of letting them survive a DELETE; TimeZone and DateStyle make
 * values mean the same whatever the server's settings.
 */
export async function inTargetTransaction<T>(
  pool: pg.Pool,
  options: TransactionOptions,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let isClean = false;
  try {
    await client.query(beginStatement(options));
    const result = await work(client);
    await client.query('COMMIT');
    isClean = true;
    return result;
  } catch (error) {
    isClean = await rollBack(client);
    throw error;
  } finally {
    client.release(!isClean);
  }
}

/** A connection that doesn't come back at once (it may wait for a lock in the middle of COPY) is thrown away. */
async function rollBack(client: pg.PoolClient): Promise<boolean> {
  const rolledBack = client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
  return Promise.race([rolledBack, sleep(ROLLBACK_WAIT_MS, false, { ref: false })]);
}

function beginStatement({ identity, schema, lockTimeoutMs, isUnlogged = false }: TransactionOptions): string {
  const synchronousCommit = isUnlogged
    ? 'SET LOCAL synchronous_commit = off'
    : `SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
         WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)`;
  return [
    'BEGIN',
    `SET LOCAL application_name = '${applicationName(identity)}'`,
    synchronousCommit,
    'SET LOCAL row_security = off',
    `SET LOCAL TimeZone = 'UTC'`,
    `SET LOCAL DateStyle = 'ISO, YMD'`,
    `SET LOCAL search_path = pg_catalog, ${quote(schema)}, public`,
    `SET LOCAL lock_timeout = ${Math.round(lockTimeoutMs)}`,
    'SET LOCAL statement_timeout = 0',
    'SET LOCAL idle_in_transaction_session_timeout = 0',
  ].join(';\n');
}
