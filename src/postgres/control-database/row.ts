import type { Load, LoadRequest, LogLine } from '../../loads/load.js';
import type { Wake } from '../../loads/store.js';

/** The columns of copydock.loads that make a Load, in a SELECT or RETURNING list. */
export const LOAD_COLUMNS = `id, load_order, version, attempt, status, env, load_type, data_set, target_table,
  s3_bucket, s3_bucket_source, s3_bucket_overridden, absent_fields, warnings, request, submitted_by,
  accepted_at, attempt_at, deadline_at, started_at, finished_at, cancel_requested, staging_prefix, commit_plan,
  schema_drift, waiting_for, progress, receipt, error, cleanup`;

/** What pg makes of those columns: bigint as text, timestamptz as Date, jsonb parsed. */
export interface LoadRow
  extends Omit<
    Load,
    | 'load_order'
    | 'version'
    | 'path'
    | 'labels'
    | 'accepted_at'
    | 'attempt_at'
    | 'deadline_at'
    | 'started_at'
    | 'finished_at'
  > {
  load_order: string;
  version: string;
  request: LoadRequest;
  accepted_at: Date;
  attempt_at: Date;
  deadline_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

export function readLoad(row: LoadRow): Load {
  return {
    id: row.id,
    load_order: Number(row.load_order),
    version: Number(row.version),
    attempt: row.attempt,
    status: row.status,
    env: row.env,
    load_type: row.load_type,
    data_set: row.data_set,
    path: row.request.path,
    target_table: row.target_table,
    s3_bucket: row.s3_bucket,
    s3_bucket_source: row.s3_bucket_source,
    s3_bucket_overridden: row.s3_bucket_overridden,
    absent_fields: row.absent_fields,
    warnings: row.warnings,
    labels: row.request.labels ?? {},
    request: row.request,
    submitted_by: row.submitted_by,
    accepted_at: row.accepted_at.toISOString(),
    attempt_at: row.attempt_at.toISOString(),
    deadline_at: row.deadline_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    cancel_requested: row.cancel_requested,
    staging_prefix: row.staging_prefix,
    commit_plan: row.commit_plan,
    schema_drift: row.schema_drift,
    waiting_for: row.waiting_for,
    progress: row.progress,
    receipt: row.receipt,
    error: row.error,
    cleanup: row.cleanup,
  };
}

/** The columns of copydock.loads that make a Wake. */
export const WAKE_COLUMNS = 'id, env, wake_number';

export interface WakeRow {
  id: string;
  env: string;
  wake_number: number;
}

export function readWake(row: WakeRow): Wake {
  return { id: row.id, env: row.env, wakeNumber: row.wake_number };
}

/** The columns of copydock.load_logs that make a LogLine. */
export const LOG_COLUMNS = 'seq, attempt, at, level, message';

export interface LogRow extends Omit<LogLine, 'seq' | 'at'> {
  seq: string;
  at: Date;
}

export function readLogLine(row: LogRow): LogLine {
  return { ...row, seq: Number(row.seq), at: row.at.toISOString() };
}
