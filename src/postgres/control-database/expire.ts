import type pg from 'pg';
import { withControlErrors } from './unavailable.js';

/** So many loads go at a time, with their parts and log lines: a short transaction, and soon the next one. */
const LOADS_PER_BATCH = 100;
/** A data set that had no turn for a day is as good as one that never had any. */
const TURNS_KEPT = "interval '1 day'";

/**
 * Deletes the oldest of the loads that ended longer ago, with their attempts, plans, parts, rejects and logs, and the idempotency
 * key. One that a worker holds or whose clean-up is not done stays, or its litter would be lost sight of.
 */
export function expireLoads(pool: pg.Pool, olderThanDays: number): Promise<number> {
  return withControlErrors(async () => {
    const { rowCount } = await pool.query(
      `DELETE FROM copydock.loads WHERE id IN (
         SELECT l.id FROM copydock.loads l
         WHERE l.finished_at < now() - $1 * interval '1 day'
           AND (l.lease_expires_at IS NULL OR l.lease_expires_at < now())
           AND NOT EXISTS (SELECT FROM copydock.plans p WHERE p.load_id = l.id AND p.cleanup_due_at IS NOT NULL)
         ORDER BY l.finished_at LIMIT $2
         FOR UPDATE SKIP LOCKED)`,
      [olderThanDays, LOADS_PER_BATCH],
    );
    await pool.query(`DELETE FROM copydock.turns WHERE last_turn_at < now() - ${TURNS_KEPT}`);
    return rowCount ?? 0;
  });
}
