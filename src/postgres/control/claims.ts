import type pg from 'pg';
import type { ErrorReport } from '../../loads/errors.js';
import type {
  BucketSource,
  CleanupState,
  CommitStrategy,
  LoadRequest,
  LoadStatus,
  WaitingFor,
} from '../../loads/load.js';
import type { Wake } from '../../loads/store.js';

/** A lease lasts this long by the control database's clock; see docs/commit-protocol.md. */
export const LEASE_MS = 15_000;
/** This many takeovers or transient failures without progress end a load. */
export const MAX_TAKEOVERS = 5;

/** A load that this worker may work on, as long as its lease lasts. */
export interface ClaimedLoad {
  id: string;
  loadOrder: number;
  leaseToken: number;
  env: string;
  status: LoadStatus;
  attempt: number;
  targetTable: string;
  targetDatabase: string;
  scopeTable: string;
  scopeKey: string;
  dataSet: string;
  request: LoadRequest;
  bucket: string;
  bucketSource: BucketSource;
  planId: string | null;
  cancelRequested: boolean;
  takeovers: number;
  lastError: ErrorReport | null;
  cleanupStatus: CleanupState['status'] | null;
  /** Epoch milliseconds, by the control database's clock. */
  attemptAtMs: number;
  startedAtMs: number | null;
  claimedAtMs: number;
  deadlineInMs: number;
}

export type LeaseRef = Pick<ClaimedLoad, 'id' | 'leaseToken'>;

/**
 * Takes the lease of a load that nobody holds. A live lease is never stolen, and an expired one not within one lease
 * of an outage of the control database. Only a takeover (a lease that ran out) counts against the load.
 * Answers null where there is nothing to do, which is a normal end of a wake-up.
 */
export async function claimLoad(pool: pg.Pool, loadId: string, owner: string): Promise<ClaimedLoad | null> {
  const { rows } = await pool.query(
    `UPDATE copydock.loads l
        SET lease_token = nextval('copydock.lease_token_seq'), lease_owner = $2,
            lease_expires_at = now() + $3 * interval '1 ms',
            takeovers = takeovers + (lease_expires_at IS NOT NULL)::int, unanswered_wakes = 0, wake_at = now(),
            started_at = coalesce(started_at, CASE WHEN finished_at IS NULL THEN now() END),
            waiting_for = CASE WHEN waiting_for->>'reason' = 'earlier_load' THEN waiting_for END
      WHERE id = $1
        AND (lease_expires_at IS NULL
             OR lease_expires_at < now() AND now() >= (SELECT no_takeover_until FROM copydock.control_state))
        AND (finished_at IS NULL
             OR EXISTS (SELECT FROM copydock.plans p WHERE p.load_id = l.id AND p.cleanup_due_at <= now()))
  RETURNING id, load_order::float8 AS "loadOrder", lease_token::float8 AS "leaseToken", env, status, attempt,
            target_table AS "targetTable", target_database AS "targetDatabase", scope_table AS "scopeTable",
            scope_key AS "scopeKey", data_set AS "dataSet", request, s3_bucket AS bucket,
            s3_bucket_source AS "bucketSource", plan_id AS "planId", cancel_requested AS "cancelRequested", takeovers,
            last_error AS "lastError", cleanup->>'status' AS "cleanupStatus", (extract(epoch FROM attempt_at) * 1000)::float8 AS "attemptAtMs",
            (extract(epoch FROM started_at) * 1000)::float8 AS "startedAtMs", (extract(epoch FROM now()) * 1000)::float8 AS "claimedAtMs",
            (extract(epoch FROM deadline_at - now()) * 1000)::float8 AS "deadlineInMs"`,
    [loadId, owner, LEASE_MS],
  );
  return (rows[0] as ClaimedLoad | undefined) ?? null;
}

/** Gives the lease back, so that the next wake-up can claim the load at once. */
export async function releaseLease(pool: pg.Pool, { id, leaseToken }: LeaseRef): Promise<void> {
  await pool.query(
    'UPDATE copydock.loads SET lease_expires_at = NULL, lease_owner = NULL WHERE id = $1 AND lease_token = $2',
    [id, leaseToken],
  );
}

/** Gives the lease back until `wakeInMs` from now, and says what the load waits for. */
export async function releaseWaiting(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  waitingFor: WaitingFor,
  wakeInMs: number,
): Promise<void> {
  await pool.query(
    `UPDATE copydock.loads
        SET lease_expires_at = NULL, lease_owner = NULL, waiting_for = $3, wake_at = now() + $4 * interval '1 ms'
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, waitingFor, wakeInMs],
  );
}

/** Gives the lease back after a transient failure, which counts as a takeover until there is progress again. */
export async function releaseFailed(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  error: ErrorReport,
  waitingFor: WaitingFor,
  wakeInMs: number,
): Promise<void> {
  await pool.query(
    `UPDATE copydock.loads
        SET lease_expires_at = NULL, lease_owner = NULL, waiting_for = $3, wake_at = now() + $4 * interval '1 ms',
            last_error = $5, takeovers = takeovers + 1
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, waitingFor, wakeInMs, error],
  );
}

/**
 * Moves the load on, if it is still this worker's, still in `from`, and nobody asked to cancel it. Answers false
 * otherwise: the caller has lost and must stop.
 */
export async function transitionLoad(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  from: LoadStatus,
  to: LoadStatus,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE copydock.loads SET status = $4, takeovers = 0, last_error = NULL, waiting_for = NULL
      WHERE id = $1 AND lease_token = $2 AND status = $3 AND NOT cancel_requested`,
    [id, leaseToken, from, to],
  );
  return rowCount === 1;
}

export async function reportCommitPlan(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  commitPlan: { strategy: CommitStrategy; reason: string },
): Promise<void> {
  await pool.query('UPDATE copydock.loads SET commit_plan = $3 WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
    commitPlan,
  ]);
}

/**
 * Parts that were not there before reset the count of takeovers: only a load that stands still is given up. Figures that
 * are merely reported again do not, or a load that fails at once each time would be tried for ever.
 */
export async function reportProgress(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  progress: object,
): Promise<void> {
  await pool.query(
    `UPDATE copydock.loads l
        SET progress = $3, waiting_for = NULL,
            takeovers = CASE WHEN done.now > done.before THEN 0 ELSE takeovers END,
            last_error = CASE WHEN done.now > done.before THEN NULL ELSE last_error END
       FROM (SELECT ${partsDone('$3::jsonb')} AS now, coalesce(${partsDone('progress')}, 0) AS before
               FROM copydock.loads WHERE id = $1) done
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, progress],
  );
}

function partsDone(progress: string): string {
  return `(${progress}->>'parts_staged')::bigint + (${progress}->>'parts_copied')::bigint`;
}

export async function reportWaiting(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  waitingFor: WaitingFor | null,
): Promise<void> {
  await pool.query(
    `UPDATE copydock.loads SET waiting_for = $3 WHERE id = $1 AND lease_token = $2
        AND waiting_for IS DISTINCT FROM $3::jsonb`,
    [id, leaseToken, waitingFor],
  );
}

export async function addWarnings(
  pool: pg.Pool,
  { id, leaseToken }: LeaseRef,
  warnings: string[],
): Promise<void> {
  await pool.query(
    `UPDATE copydock.loads SET warnings = warnings || ARRAY(SELECT unnest($3::text[]) EXCEPT SELECT unnest(warnings))
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, warnings],
  );
}

/** The oldest unfinished load that was accepted earlier and whose scope overlaps, or null: it is this load's turn. */
export async function findEarlierLoad(pool: pg.Pool, load: ClaimedLoad): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM copydock.loads
      WHERE target_database = $1 AND scope_table = $2 AND load_order < $3 AND finished_at IS NULL
        AND (scope_key = '*' OR $4 = '*' OR scope_key = $4)
      ORDER BY load_order LIMIT 1`,
    [load.targetDatabase, load.scopeTable, load.loadOrder, load.scopeKey],
  );
  return rows[0]?.id ?? null;
}

/** A new wake-up for a load, which the queue can't take for one that it had. */
export async function raiseWake(pool: pg.Pool, { id, env }: Pick<ClaimedLoad, 'id' | 'env'>): Promise<Wake> {
  const { rows } = await pool.query<{ wakeNumber: number }>(
    'UPDATE copydock.loads SET wake_number = wake_number + 1 WHERE id = $1 RETURNING wake_number AS "wakeNumber"',
    [id],
  );
  return { id, env, wakeNumber: rows[0]?.wakeNumber ?? 0 };
}

export async function readControlId(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ control_id: string }>('SELECT control_id FROM copydock.control_state');
  const id = rows[0]?.control_id;
  if (id === undefined) throw new Error('copydock.control_state is empty');
  return id;
}
