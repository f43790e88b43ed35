import type { ErrorReport } from '../../loads/errors.js';
import type { BucketSource, CleanupState, LoadRequest, WaitingFor } from '../../loads/load.js';
import type { LoadStatus } from '../../loads/load-status.js';
import type { ControlConnection } from './connection.js';
import { IS_FREE } from './free-lease.js';
import { IS_HELD_UP } from './held-up.js';

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
  cleanup: CleanupState | null;
  /** W3C traceparent of the request that submitted it. */
  traceParent: string | null;
  /** Epoch milliseconds, by the control database's clock. */
  attemptAtMs: number;
  startedAtMs: number | null;
  claimedAtMs: number;
  /** Infinity while a pause holds the load up. */
  deadlineInMs: number;
}

export type LeaseRef = Pick<ClaimedLoad, 'id' | 'leaseToken'>;

/**
 * Takes the lease of a load that nobody holds, for `leaseMs` by the control database's clock. A live lease is never stolen, and an expired one not within one lease
 * of an outage of the control database. Only a takeover (a lease that ran out) counts against the load. Wake-ups from
 * now on have a new number, since the queue may still hold one of the old number, and would ignore another.
 * Answers null where there is nothing to do, which is a normal end of a wake-up.
 */
// model: claim_lease
export async function claimLoad(
  control: ControlConnection,
  loadId: string,
  owner: string,
  leaseMs: number,
): Promise<ClaimedLoad | null> {
  const { rows } = await control.query(
    `UPDATE copydock.loads l
        SET lease_token = nextval('copydock.lease_token_seq'), lease_owner = $2,
            lease_expires_at = now() + $3 * interval '1 ms',
            takeovers = takeovers + (lease_expires_at IS NOT NULL)::int,
            wake_number = wake_number + 1, unanswered_wakes = 0, wake_at = now(),
            started_at = coalesce(started_at, CASE WHEN finished_at IS NULL THEN now() END),
            waiting_for = CASE WHEN waiting_for->>'reason' = 'earlier_load' THEN waiting_for END
      WHERE id = $1
        AND ${IS_FREE}
        AND (finished_at IS NULL
             OR EXISTS (SELECT FROM copydock.plans p WHERE p.load_id = l.id AND p.cleanup_due_at <= now()))
  RETURNING id, load_order::float8 AS "loadOrder", lease_token::float8 AS "leaseToken", env, status, attempt,
            target_table AS "targetTable", target_database AS "targetDatabase", scope_table AS "scopeTable",
            scope_key AS "scopeKey", data_set AS "dataSet", request, s3_bucket AS bucket,
            s3_bucket_source AS "bucketSource", plan_id AS "planId", cancel_requested AS "cancelRequested", takeovers,
            last_error AS "lastError", cleanup, trace_parent AS "traceParent",
            (extract(epoch FROM attempt_at) * 1000)::float8 AS "attemptAtMs",
            (extract(epoch FROM started_at) * 1000)::float8 AS "startedAtMs", (extract(epoch FROM now()) * 1000)::float8 AS "claimedAtMs",
            CASE WHEN ${IS_HELD_UP} THEN 'Infinity' ELSE extract(epoch FROM deadline_at - now()) * 1000 END::float8 AS "deadlineInMs"`,
    [loadId, owner, leaseMs],
  );
  return (rows[0] as ClaimedLoad | undefined) ?? null;
}

/** Whether the newest claim of the load is this one. No clock is asked: a lease that has run out is held until another claim. */
// model: claim_recheck
export async function holdsLease(control: ControlConnection, { id, leaseToken }: LeaseRef): Promise<boolean> {
  const { rowCount } = await control.query('SELECT FROM copydock.loads WHERE id = $1 AND lease_token = $2', [
    id,
    leaseToken,
  ]);
  return rowCount === 1;
}

/** Takeovers and failures since the last progress, which this worker's own work may have reset. */
export async function readTakeovers(control: ControlConnection, { id }: LeaseRef): Promise<number> {
  const { rows } = await control.query<{ takeovers: number }>(
    'SELECT takeovers FROM copydock.loads WHERE id = $1',
    [id],
  );
  return rows[0]?.takeovers ?? 0;
}

/** Gives the lease back, so that the next wake-up can claim the load at once. */
// model: give_back
export async function releaseLease(control: ControlConnection, { id, leaseToken }: LeaseRef): Promise<void> {
  await control.query(
    'UPDATE copydock.loads SET lease_expires_at = NULL, lease_owner = NULL WHERE id = $1 AND lease_token = $2',
    [id, leaseToken],
  );
}

/** Gives the lease back; nobody takes the load for `wakeInMs` from now. Says what the load waits for. */
export async function releaseWaiting(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  waitingFor: WaitingFor,
  wakeInMs: number,
): Promise<void> {
  await control.query(
    `UPDATE copydock.loads
        SET lease_expires_at = NULL, lease_owner = NULL, waiting_for = $3,
            wake_at = now() + $4 * interval '1 ms', due_at = now() + $4 * interval '1 ms'
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, waitingFor, wakeInMs],
  );
}

/** Gives the lease back after a transient failure, which counts as a takeover until there is progress again. */
export async function releaseFailed(
  control: ControlConnection,
  { id, leaseToken }: LeaseRef,
  error: ErrorReport,
  waitingFor: WaitingFor,
  wakeInMs: number,
): Promise<void> {
  await control.query(
    `UPDATE copydock.loads
        SET lease_expires_at = NULL, lease_owner = NULL, waiting_for = $3,
            wake_at = now() + $4 * interval '1 ms', due_at = now() + $4 * interval '1 ms',
            last_error = $5, takeovers = takeovers + 1
      WHERE id = $1 AND lease_token = $2`,
    [id, leaseToken, waitingFor, wakeInMs, error],
  );
}
