import type { ErrorReport } from '../../loads/errors.js';
import type { Receipt } from '../../loads/load.js';
import type { LoadStatus, TerminalStatus } from '../../loads/load-status.js';
import type { Wake } from '../../loads/store.js';
import type { ClaimedLoad, LeaseRef } from './claims.js';
import type { ControlConnection } from './connection.js';

export interface Ending {
  /** The status that the worker knows: where the load has moved on unseen, it has not the right to end it. */
  from: LoadStatus;
  status: TerminalStatus;
  receipt: Receipt | null;
  error: ErrorReport | null;
}

/**
 * Writes the terminal state. Of all who try, one wins: only that one cleans up. Answers false to the others. The
 * plan of the attempt becomes due for cleaning in the same statement, so that a crash right after leaves no litter.
 */
// model: finish
export async function finishLoad(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  ending: Ending,
): Promise<boolean> {
  const { rowCount } = await control.query(
    `WITH ended AS (
       UPDATE copydock.loads
          SET status = $3, finished_at = now(), receipt = $4, error = $5, waiting_for = NULL,
              cleanup = jsonb_build_object('status', CASE WHEN plan_id IS NULL THEN 'done' ELSE 'pending' END, 'detail', NULL)
        WHERE id = $1 AND lease_token = $2 AND status = $6
       RETURNING plan_id)
     , due AS (UPDATE copydock.plans SET cleanup_due_at = now() WHERE id = (SELECT plan_id FROM ended))
     SELECT FROM ended`,
    [id, leaseToken, ending.status, ending.receipt, ending.error, ending.from],
  );
  return rowCount === 1;
}

/** Wake-ups for loads that may have waited for this one: those of overlapping scopes, oldest first. */
export async function wakeSuccessors(control: ControlConnection, load: ClaimedLoad): Promise<Wake[]> {
  const { rows } = await control.query<Wake>(
    `UPDATE copydock.loads SET wake_number = wake_number + 1, wake_at = now() + interval '5 s'
      WHERE id IN (SELECT id FROM copydock.loads
                    WHERE target_database = $1 AND scope_table = $2 AND finished_at IS NULL AND id <> $4
                      AND lease_expires_at IS NULL AND waiting_for->>'reason' IS DISTINCT FROM 'retry'
                      AND (scope_key = '*' OR $3 = '*' OR scope_key = $3)
                    ORDER BY load_order LIMIT 8)
  RETURNING id, env, wake_number AS "wakeNumber"`,
    [load.targetDatabase, load.scopeTable, load.scopeKey, load.id],
  );
  return rows;
}
