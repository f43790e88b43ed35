import type { CommitPlan, LoadProgress, WaitingFor } from '../../loads/load.js';
import type { LoadStatus } from '../../loads/load-status.js';
import type { LeaseRef } from './claims.js';
import type { ControlConnection } from './connection.js';

/**
 * Moves the load on, if it is still this worker's, still in `from`, and nobody asked to cancel it. Answers false
 * otherwise: the caller has lost and must stop.
 */
// model: may_move
export async function transitionLoad(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  from: LoadStatus,
  to: LoadStatus,
): Promise<boolean> {
  const { rowCount } = await control.query(
    `UPDATE copydock.loads SET status = $4, takeovers = 0, last_error = NULL, waiting_for = NULL
      WHERE id = $1 AND lease_token = $2 AND status = $3 AND NOT cancel_requested`,
    [id, leaseToken, from, to],
  );
  return rowCount === 1;
}

export async function reportCommitPlan(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  commitPlan: CommitPlan,
): Promise<void> {
  await control.query('UPDATE copydock.loads SET commit_plan = $3 WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
    commitPlan,
  ]);
}

/**
 * More parts than this attempt ever had reset the count of takeovers: only a load that stands still is given up. Figures
 * that are merely reported again do not, nor parts that are copied once more after the staging table was lost, or a load
 * that fails each time would be tried for ever.
 */
export async function reportProgress(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  progress: LoadProgress,
): Promise<void> {
  await control.query(
    `UPDATE copydock.loads
        SET progress = $3, waiting_for = NULL,
            takeovers = CASE WHEN $4 > most_parts_done THEN 0 ELSE takeovers END,
            last_error = CASE WHEN $4 > most_parts_done THEN NULL ELSE last_error END,
            most_parts_done = greatest(most_parts_done, $4)
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, progress, progress.parts_staged + progress.parts_copied],
  );
}

export async function reportWaiting(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  waitingFor: WaitingFor | null,
): Promise<void> {
  await control.query(
    `UPDATE copydock.loads SET waiting_for = $3 WHERE id = $1 AND lease_token = $2
        AND waiting_for IS DISTINCT FROM $3::jsonb`,
    [id, leaseToken, waitingFor],
  );
}

export async function addWarnings(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  warnings: string[],
): Promise<void> {
  await control.query(
    `UPDATE copydock.loads SET warnings = warnings || ARRAY(SELECT unnest($3::text[]) EXCEPT SELECT unnest(warnings))
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, warnings],
  );
}
