import type pg from 'pg';
import { lookUp } from '../look-up.js';
import { quoteLedger, quoteStaging } from '../staging-table.js';

/** A session whose snapshot may be older than rows of the new table: to it the table would be empty. */
export interface OldSnapshot {
  pid: number;
  application: string;
  since: Date | null;
}

/**
 * A snapshot that began before the last row of the new table was committed, or null: a REPEATABLE READ transaction such
 * as pg_dump's. Rows of the ledger are as old as the parts that they stand for; `newTable` is filled at one stroke. Ages
 * count in transactions, so the youngest has the smallest. Autovacuum, which has no role, is not waited for; `backend_type`
 * would tell it too, but is NULL for sessions of other roles.
 */
export async function findOldSnapshot(
  pool: pg.Pool,
  staging: string,
  newTable: string,
): Promise<OldSnapshot | null> {
  const [row] = await lookUp<OldSnapshot>(
    pool,
    `WITH last AS (SELECT min(age(xmin)) AS age FROM (
        SELECT xmin FROM ${quoteLedger(staging)} UNION ALL (SELECT xmin FROM ${quoteStaging(newTable)} LIMIT 1)) written)
     SELECT a.pid, a.application_name AS application, a.xact_start AS since FROM pg_stat_activity a, last
      WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL
        AND age(a.backend_xmin) >= last.age ORDER BY a.xact_start LIMIT 1`,
  );
  return row ?? null;
}
