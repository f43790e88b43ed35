import type pg from 'pg';
import { lookUp } from './look-up.js';

const ROWS_PER_BATCH = 1_000;

/**
 * Forgets some of the loads that were applied longer ago; answers how many. The newest of each data set of a table stays
 * for ever, so that a full load of another data set goes on to be refused (findOtherDataSet). Fences are never touched.
 */
export async function pruneCommitted(pool: pg.Pool, olderThanDays: number): Promise<number> {
  const rows = await lookUp<{ pruned: number }>(
    pool,
    `WITH pruned AS (
       DELETE FROM copydock.committed_loads WHERE load_id IN (
         SELECT c.load_id FROM copydock.committed_loads c
         WHERE c.committed_at < now() - $1 * interval '1 day'
           AND (c.load_type = 'sample' OR EXISTS (
             SELECT FROM copydock.committed_loads newer
             WHERE newer.target_table = c.target_table AND newer.data_set = c.data_set
               AND newer.load_type IN ('full', 'delta') AND newer.load_order > c.load_order))
         ORDER BY c.committed_at LIMIT $2)
       RETURNING 1)
     SELECT count(*)::int AS pruned FROM pruned`,
    [olderThanDays, ROWS_PER_BATCH],
  );
  return rows[0]?.pruned ?? 0;
}
