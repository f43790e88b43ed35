import type { CleanupState } from '../../loads/load.js';
import type { LeaseRef } from './claims.js';
import type { ControlConnection } from './connection.js';
import { IS_HELD } from './held-lease.js';

/** What one plan left behind: the only names that may be deleted. */
export interface UncleanPlan {
  id: string;
  attempt: number;
  stagingBucket: string;
  stagingPrefix: string;
  stagingTable: string;
}

export async function readUncleanPlans(control: ControlConnection, loadId: string): Promise<UncleanPlan[]> {
  const { rows } = await control.query<UncleanPlan>(
    `SELECT id, attempt, staging_bucket AS "stagingBucket", staging_prefix AS "stagingPrefix",
            staging_table AS "stagingTable"
       FROM copydock.plans WHERE load_id = $1 AND cleanup_due_at <= now() ORDER BY attempt`,
    [loadId],
  );
  return rows;
}

/** Found empty twice, with a lease between, a plan is clean for good: no late upload can still arrive. */
const EMPTY_TWICE = 2;

/** Counts a pass that found nothing; after one that found something the count begins again. */
export async function recordCleanup(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  planId: string,
  wasEmpty: boolean,
  nextInMs: number,
): Promise<void> {
  await control.query(
    `UPDATE copydock.plans
        SET empty_cleanups = CASE WHEN $4 THEN empty_cleanups + 1 ELSE 0 END,
            cleanup_due_at = CASE WHEN $4 AND empty_cleanups + 1 >= $6 THEN NULL ELSE now() + $5 * interval '1 ms' END
      WHERE id = $3 AND ${IS_HELD}`,
    [id, leaseToken, planId, wasEmpty, nextInMs, EMPTY_TWICE],
  );
}

/** Shown with the load; never changes its outcome. */
export async function reportCleanup(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  state: CleanupState,
): Promise<void> {
  await control.query('UPDATE copydock.loads SET cleanup = $3 WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
    state,
  ]);
}
