import type pg from 'pg';
import type { CommittedLoad, Fence } from '../../loads/reconcile.js';
import { lookUp } from './look-up.js';

/** Clocks of two servers may differ by so much. */
const CLOCK_MARGIN_HOURS = 1;

/** Whether Copydock's tables are in the target at all: a restore may have gone back beyond them. */
export async function hasOwnTables(pool: pg.Pool): Promise<boolean> {
  const rows = await lookUp<{ has: boolean }>(
    pool,
    `SELECT to_regclass('copydock.committed_loads') IS NOT NULL AS has`,
  );
  return rows[0]?.has === true;
}

/** Those of the last `recentDays`, and of these ids. */
export function readCommittedLoads(
  pool: pg.Pool,
  recentDays: number,
  ids: readonly string[],
): Promise<CommittedLoad[]> {
  return lookUp<CommittedLoad>(
    pool,
    `SELECT * FROM (
       SELECT load_id AS id, data_set AS "dataSet", scope, load_order::float8 AS "loadOrder",
              load_type <> 'delta' AS "isReplacement",
              committed_at > now() - $1 * interval '1 day' + $2 * interval '1 hour' AS "isRecent"
         FROM copydock.committed_loads) committed
      WHERE "isRecent" OR id = ANY($3) ORDER BY "loadOrder"`,
    [recentDays, CLOCK_MARGIN_HOURS, ids],
  );
}

export function readFences(pool: pg.Pool): Promise<Fence[]> {
  return lookUp<Fence>(
    pool,
    `SELECT scope, control_id AS "controlId", last_order::float8 AS "lastOrder" FROM copydock.fences ORDER BY scope`,
  );
}

/** Takes every fence over; workers of the former control database can't commit any more. Answers how many those were. */
export async function adoptFences(pool: pg.Pool, controlId: string): Promise<number> {
  const rows = await lookUp(
    pool,
    'UPDATE copydock.fences SET control_id = $1, token = token + 1 WHERE control_id <> $1 RETURNING scope',
    [controlId],
  );
  return rows.length;
}
