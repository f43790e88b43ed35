import type pg from 'pg';
import type { ErrorReport } from '../../loads/errors.js';
import type { LogLine } from '../../loads/load.js';
import { LOAD_COLUMNS, type LoadRow, WAKE_COLUMNS, type WakeRow } from './row.js';

/** How attempts end that no live worker holds. */
export interface AttemptEnd {
  status: 'failed' | 'cancelled';
  error: ErrorReport | null;
  log: Pick<LogLine, 'level' | 'message'>;
}

/**
 * Ends the attempts of the loads `l` that meet `condition`, except those whose rows others hold; parameters of the
 * condition are numbered from $5. In one statement: the state, the log line, and the clean-up of the plan, which is due
 * from now on. The lease is taken away, so that whoever still believes to hold it stops.
 */
// model: end_attempt
export async function endAttempts(
  client: pg.ClientBase | pg.Pool,
  { status, error, log }: AttemptEnd,
  condition: string,
  values: unknown[] = [],
): Promise<(LoadRow & WakeRow)[]> {
  const { rows } = await client.query<LoadRow & WakeRow>(
    `WITH free AS (
       SELECT l.id FROM copydock.loads l WHERE ${condition} FOR UPDATE SKIP LOCKED
     ), ended AS (
       UPDATE copydock.loads SET
         status = $1, error = $2, finished_at = now(), waiting_for = NULL,
         cancel_requested = cancel_requested OR $1 = 'cancelled',
         cleanup = jsonb_build_object('status', CASE WHEN plan_id IS NULL THEN 'done' ELSE 'pending' END, 'detail', NULL),
         lease_token = NULL, lease_owner = NULL, lease_expires_at = NULL,
         wake_number = wake_number + 1, wake_at = now(), unanswered_wakes = 0
       WHERE id IN (SELECT id FROM free)
       RETURNING plan_id, ${LOAD_COLUMNS}, wake_number
     ), due AS (
       UPDATE copydock.plans SET cleanup_due_at = now() WHERE id IN (SELECT plan_id FROM ended)
     ), logged AS (
       INSERT INTO copydock.load_logs (load_id, attempt, level, message) SELECT id, attempt, $3, $4 FROM ended
     )
     SELECT ${LOAD_COLUMNS}, ${WAKE_COLUMNS} FROM ended`,
    [status, error, log.level, log.message, ...values],
  );
  return rows;
}
