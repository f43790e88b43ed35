import type pg from 'pg';
import type { Test } from 'tap';
import type { AcceptedLoad } from '../../../src/loads/store.js';
import { PostgresLoadStore } from '../../../src/postgres/control-database/load-store.js';
import { createPool } from '../../../src/postgres/pool.js';
import { createTestDatabase } from '../../services/database.js';

export interface ControlDatabase {
  url: string;
  pool: pg.Pool;
  store: PostgresLoadStore;
  /** Makes the server look as if it had been up for this long. */
  setServerAge(seconds: number): Promise<void>;
}

/** A control database of its own whose server has been up for an hour, as far as the store can see. */
export async function createControlDatabase(t: Test): Promise<ControlDatabase> {
  const url = new URL(await createTestDatabase(t, { migrated: true }));
  url.searchParams.set('options', '-c search_path=test,pg_catalog');
  const pool = createPool(url.href, { applicationName: 'test', max: 10 });
  t.teardown(() => pool.end());
  await pool.query('CREATE SCHEMA test');
  const setServerAge = async (seconds: number) => {
    await pool.query(
      `CREATE OR REPLACE FUNCTION test.pg_postmaster_start_time() RETURNS timestamptz
       RETURN now() - interval '${seconds} seconds'`,
    );
  };
  await setServerAge(3600);
  return { url: url.href, pool, store: new PostgresLoadStore(pool, 15_000), setServerAge };
}

let created = 0;

/** A load as the service hands it to the store; each has an id of its own. */
export function acceptedLoad(changes: Partial<AcceptedLoad> = {}): AcceptedLoad {
  created += 1;
  return {
    id: `load-${created}`,
    request: {
      load_type: 'full',
      data_set: 'tree',
      path: 's3://data/tree/',
      env: 'development',
      timeout_s: 60,
    },
    requestHash: 'a'.repeat(64),
    idempotencyKey: null,
    targetTable: 'public.tree',
    targetDatabase: 'db:5432/target',
    scopeTable: 'public.tree',
    scopeKey: '*',
    bucket: { name: 'development-staging', source: 'request', overridden: null },
    absentFields: [],
    warnings: [],
    limits: { maxActiveLoads: 16, maxQueuedLoads: 1_000 },
    webhookStates: [],
    submittedBy: 'tester',
    traceParent: null,
    logLines: ['first line', 'second line'],
    ...changes,
  };
}

/** Sets columns of a load that only a worker would set. `assignments` is SQL. */
export async function changeLoad(pool: pg.Pool, id: string, assignments: string): Promise<void> {
  await pool.query(`UPDATE copydock.loads SET ${assignments} WHERE id = $1`, [id]);
}

export const LEASED = "lease_token = 7, lease_owner = 'w', lease_expires_at = now() + interval '15 s'";
export const LEASE_EXPIRED = "lease_token = 7, lease_owner = 'w', lease_expires_at = now() - interval '1 s'";

/** Gives the load's current attempt a plan, as a worker does. */
export async function addPlan(pool: pg.Pool, id: string): Promise<string> {
  const { rows } = await pool.query<{ plan_id: string }>(
    `WITH mine AS (
       UPDATE copydock.loads SET plan_id = gen_random_uuid(), staging_prefix = 's3://b/tmp/postgres-copy/x/'
       WHERE id = $1 RETURNING id, attempt, plan_id)
     INSERT INTO copydock.plans (id, load_id, attempt, plan, staging_bucket, staging_prefix, staging_table)
     SELECT plan_id, id, attempt, '{}', 'b', 'tmp/postgres-copy/' || plan_id || '/', 'copydock_x' FROM mine
     RETURNING id AS plan_id`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`no load ${id}`);
  return row.plan_id;
}

/** The one value of a query's one row. */
export async function readValue<T>(pool: pg.Pool, sql: string, values: unknown[] = []): Promise<T> {
  const { rows } = await pool.query<[T]>({ text: sql, values, rowMode: 'array' });
  const [row] = rows;
  if (row === undefined) throw new Error(`no row: ${sql}`);
  return row[0];
}
