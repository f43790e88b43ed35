import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Wake } from '../../loads/store.js';
import { END_ATTEMPT } from './end-attempt.js';
import { readWake, type WakeRow } from './row.js';
import { withControlErrors } from './unavailable.js';

/** Length of a lease, and of the time after an outage in which nobody takes a load over. */
export const LEASE_SECONDS = 15;
const WAKES_PER_SWEEP = 500;

/**
 * A lease that has run out proves that its worker is gone only if the worker could have renewed it. Of a load `l`:
 * no lease, or one that ran out outside an outage of this database.
 */
const IS_FREE = `(l.lease_expires_at IS NULL OR (l.lease_expires_at < now()
  AND now() >= (SELECT no_takeover_until FROM copydock.control_state)))`;

/** Several processes may sweep side by side: each statement stands alone and skips rows that others hold. */
export function sweepLoads(pool: pg.Pool): Promise<Wake[]> {
  return withControlErrors(async () => {
    await advanceSweepClock(pool);
    await endCancelledLoads(pool);
    await failOverdueLoads(pool);
    return handOutWakes(pool);
  });
}

/** No sweep for one lease, or a server younger than one, means that workers may have been unable to renew. */
async function advanceSweepClock(pool: pg.Pool): Promise<void> {
  await pool.query(
    `UPDATE copydock.control_state SET
       no_takeover_until = CASE
         WHEN last_sweep_at < now() - $1 * interval '1 second'
           OR pg_postmaster_start_time() > now() - $1 * interval '1 second'
         THEN now() + $1 * interval '1 second' ELSE no_takeover_until END,
       last_sweep_at = greatest(last_sweep_at, now())`,
    [LEASE_SECONDS],
  );
}

/** A cancel was asked for, and the worker that should have ended the load is gone. */
async function endCancelledLoads(pool: pg.Pool): Promise<void> {
  await pool.query(
    `WITH ended AS (
       UPDATE copydock.loads SET status = 'cancelled', ${END_ATTEMPT}
       WHERE id IN (
         SELECT l.id FROM copydock.loads l
         WHERE l.finished_at IS NULL AND l.status <> 'committing' AND l.cancel_requested AND ${IS_FREE}
         FOR UPDATE SKIP LOCKED)
       RETURNING id, attempt)
     INSERT INTO copydock.load_logs (load_id, attempt, level, message)
     SELECT id, attempt, 'info', 'Cancelled' FROM ended`,
  );
}

/** The time limit has passed and nobody works on the load. From `committing` on only a worker may say how it ends. */
async function failOverdueLoads(pool: pg.Pool): Promise<void> {
  const { report } = new CopydockError(
    'deadline_exceeded',
    'The time limit of the load passed before it was done.',
  );
  await pool.query(
    `WITH ended AS (
       UPDATE copydock.loads SET status = 'failed', error = $1, ${END_ATTEMPT}
       WHERE id IN (
         SELECT l.id FROM copydock.loads l
         WHERE l.finished_at IS NULL AND l.status <> 'committing' AND l.deadline_at < now() AND ${IS_FREE}
         FOR UPDATE SKIP LOCKED)
       RETURNING id, attempt)
     INSERT INTO copydock.load_logs (load_id, attempt, level, message)
     SELECT id, attempt, 'error', $2 FROM ended`,
    [JSON.stringify(report), report.detail],
  );
}

/**
 * Hands out loads that need a worker: unfinished ones, and any with a plan due for clean-up. Environments take turns,
 * oldest first, so that one backlog starves no other.
 *
 * A load that stays unclaimed is handed out again after 5, 10, 20 and then every 30 s, with the same wake number: a
 * queue that still holds the job ignores it, one that lost the job takes it, and a backlog does not grow by waiting.
 * The number is raised where a job of that number may be stuck: its worker died, or it went unanswered 20 times.
 */
async function handOutWakes(pool: pg.Pool): Promise<Wake[]> {
  const { rows } = await pool.query<WakeRow>(
    `WITH due AS (
       SELECT id FROM copydock.loads WHERE finished_at IS NULL AND wake_at <= now()
       UNION
       SELECT load_id FROM copydock.plans WHERE cleanup_due_at <= now()
     ), ranked AS (
       SELECT l.id, row_number() OVER (PARTITION BY l.env ORDER BY l.wake_at, l.load_order) AS turn
       FROM copydock.loads l JOIN due USING (id)
       WHERE l.wake_at <= now() AND ${IS_FREE}
       ORDER BY turn LIMIT $1
     ), picked AS (
       SELECT l.id, l.lease_expires_at IS NOT NULL OR l.unanswered_wakes % 20 = 19 AS is_stuck
       FROM copydock.loads l JOIN ranked USING (id)
       WHERE l.wake_at <= now() AND ${IS_FREE}
       FOR UPDATE OF l SKIP LOCKED
     ), handed AS (
       UPDATE copydock.loads l SET
         wake_number = l.wake_number + picked.is_stuck::integer,
         wake_at = now() + least(30, 5 * 2 ^ least(l.unanswered_wakes, 3)) * interval '1 second',
         unanswered_wakes = l.unanswered_wakes + 1
       FROM picked WHERE l.id = picked.id
       RETURNING l.id, l.env, l.wake_number
     )
     SELECT id, env, wake_number FROM handed JOIN ranked USING (id) ORDER BY turn`,
    [WAKES_PER_SWEEP],
  );
  return rows.map(readWake);
}
