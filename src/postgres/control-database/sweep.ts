import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Wake } from '../../loads/store.js';
import { CANCELLED } from './cancel.js';
import { type AttemptEnd, endAttempts } from './end-attempt.js';
import { IS_FREE } from './free-lease.js';
import { giveTimeBackBehind, IS_HELD_UP } from './held-up.js';
import { IS_PAUSED } from './pauses.js';
import { readWake, type WakeRow } from './row.js';
import { inTransaction } from './transaction.js';
import { HAS_TURN } from './turns.js';
import { withControlErrors } from './unavailable.js';

const WAKES_PER_SWEEP = 500;

const OVERDUE_REPORT = new CopydockError(
  'deadline_exceeded',
  'The time limit of the load passed before it was done.',
).report;
const OVERDUE: AttemptEnd = {
  status: 'failed',
  error: OVERDUE_REPORT,
  log: { level: 'error', message: OVERDUE_REPORT.detail },
};

/** From `committing` on only a worker may say how the load ends. */
const IS_ENDABLE = `l.finished_at IS NULL AND l.status <> 'committing' AND ${IS_FREE}`;

const IS_CANCELLED = `${IS_ENDABLE} AND l.cancel_requested`;

/** Several processes may sweep side by side: each statement stands alone and skips rows that others hold. */
export function sweepLoads(pool: pg.Pool, leaseMs: number): Promise<Wake[]> {
  return withControlErrors(async () => {
    await advanceSweepClock(pool, leaseMs);
    await endCancelledLoads(pool);
    await failOverdueLoads(pool);
    return handOutWakes(pool);
  });
}

/** No sweep for one lease, or a server younger than one, means that workers may have been unable to renew. */
async function advanceSweepClock(pool: pg.Pool, leaseMs: number): Promise<void> {
  await pool.query(
    `UPDATE copydock.control_state SET
       no_takeover_until = CASE
         WHEN last_sweep_at < now() - $1 * interval '1 ms'
           OR pg_postmaster_start_time() > now() - $1 * interval '1 ms'
         THEN now() + $1 * interval '1 ms' ELSE no_takeover_until END,
       last_sweep_at = greatest(last_sweep_at, now())`,
    [leaseMs],
  );
}

/** A cancel was asked for, and the worker that should have ended the load is gone. */
async function endCancelledLoads(pool: pg.Pool): Promise<void> {
  await endAttempts(pool, CANCELLED, `${IS_CANCELLED} AND NOT ${IS_PAUSED}`);
  const { rows } = await pool.query<{ id: string }>(
    `SELECT l.id FROM copydock.loads l WHERE ${IS_CANCELLED} AND ${IS_PAUSED}`,
  );
  for (const { id } of rows) await endCancelledInPause(pool, id);
}

/** One at a time: a transaction that holds several loads must not wait for those behind them. */
async function endCancelledInPause(pool: pg.Pool, id: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    const ended = await endAttempts(client, CANCELLED, `${IS_CANCELLED} AND l.id = $5`, [id]);
    if (ended.length > 0) await giveTimeBackBehind(client, id);
  });
}

/** The time limit has passed and nobody works on the load. The time of a pause is given back when it ends. */
async function failOverdueLoads(pool: pg.Pool): Promise<void> {
  await endAttempts(pool, OVERDUE, `${IS_ENDABLE} AND l.deadline_at < now() AND NOT ${IS_HELD_UP}`);
}

/**
 * Hands out loads that need a worker: unfinished ones that an earlier load of their scope does not hold up, and any with
 * a plan due for clean-up. Environments take turns, oldest first, so that one backlog starves no other.
 *
 * A load that stays unclaimed is handed out again after 5, 10, 20 and then every 30 s, with the same wake number: a
 * queue that still holds the job ignores it, one that lost the job takes it, and a backlog does not grow by waiting.
 * The number is raised where a job of that number may be stuck: its worker died, or it went unanswered 20 times.
 */
// model: is_worth_a_wake
async function handOutWakes(pool: pg.Pool): Promise<Wake[]> {
  const { rows } = await pool.query<WakeRow>(
    `WITH due AS (
       SELECT id FROM copydock.loads WHERE finished_at IS NULL AND wake_at <= now()
       UNION
       SELECT load_id FROM copydock.plans WHERE cleanup_due_at <= now()
     ), ranked AS (
       SELECT l.id, row_number() OVER (PARTITION BY l.env ORDER BY l.wake_at, l.load_order) AS turn
       FROM copydock.loads l JOIN due USING (id)
       WHERE l.wake_at <= now() AND ${IS_FREE} AND (l.finished_at IS NOT NULL OR (NOT ${IS_PAUSED} AND ${HAS_TURN}))
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
