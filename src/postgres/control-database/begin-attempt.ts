import type pg from 'pg';
import { CopydockError } from '../../loads/errors.js';
import type { Load } from '../../loads/load.js';
import type { Wake } from '../../loads/store.js';
import { timeLimitMs } from '../../loads/time-limit.js';
import { appendLog } from './log.js';
import { LOAD_COLUMNS, type LoadRow, readLoad, readWake, WAKE_COLUMNS, type WakeRow } from './row.js';

/**
 * Begins the next attempt of a failed or cancelled load whose row the caller has locked. The load keeps its order,
 * its bucket and its time limit, counted from now. What the ended attempt left in its plan stays due for clean-up.
 */
export async function beginAttempt(
  client: pg.ClientBase,
  { id, request }: Load,
): Promise<{ load: Load; wake: Wake }> {
  await client.query(
    `INSERT INTO copydock.attempts
       (load_id, attempt, status, attempt_at, started_at, finished_at, plan_id, receipt, error)
     SELECT id, attempt, status, attempt_at, started_at, finished_at, plan_id, receipt, error
     FROM copydock.loads WHERE id = $1`,
    [id],
  );
  const { rows } = await client.query<LoadRow & WakeRow>(
    `UPDATE copydock.loads SET
       attempt = attempt + 1, status = 'queued', attempt_at = now(), deadline_at = now() + $2 * interval '1 ms',
       started_at = NULL, finished_at = NULL, cancel_requested = false, plan_id = NULL, staging_prefix = NULL,
       commit_plan = NULL, schema_drift = NULL, waiting_for = NULL, progress = NULL, receipt = NULL, error = NULL, cleanup = NULL, rejected = NULL,
       wake_number = wake_number + 1, wake_at = now(), due_at = now(), unanswered_wakes = 0,
       lease_token = NULL, lease_owner = NULL, lease_expires_at = NULL, takeovers = 0, most_parts_done = 0,
       last_error = NULL
     WHERE id = $1
     RETURNING ${LOAD_COLUMNS}, ${WAKE_COLUMNS}`,
    [id, timeLimitMs(request)],
  );
  const [row] = rows;
  if (row === undefined) throw new CopydockError('internal_error', `Load ${id} vanished under its lock.`);
  await appendLog(client, id, 'info', [`Attempt ${row.attempt} accepted`]);
  return { load: readLoad(row), wake: readWake(row) };
}
