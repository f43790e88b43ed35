import type { ErrorReport } from './errors.js';
import type { LoadStatus } from './load-status.js';
import type { SchemaDrift } from './schema-drift.js';

export type BucketSource = 'request' | 'environment_variable' | 'environment_default' | 'built_in_default';

/** How the rows are applied, why so, and which other strategies this load can't use. */
export interface CommitPlan {
  strategy: CommitStrategy;
  reason: string;
  /** How parts get into the database. Plans of the first version don't tell: they stream. */
  copy_engine?: CopyEngine;
  not_allowed?: { strategy: CommitStrategy; reason: string }[];
  /** Of a dry run whose target is missing: the statement that would make it. */
  create_table?: string;
}

/** `stream`: the worker sends parts over its connection; `aws_s3`: the database fetches staged parts itself. */
export const COPY_ENGINES = ['stream', 'aws_s3'] as const;

export type CopyEngine = (typeof COPY_ENGINES)[number];

export const COMMIT_STRATEGIES = [
  'direct',
  'diff',
  'delete_insert',
  'swap',
  'partition',
  'upsert',
  'append',
] as const;
export type CommitStrategy = (typeof COMMIT_STRATEGIES)[number];

/** Why an unfinished load does not move: `detail` is a sentence for people. */
export interface WaitingFor {
  reason: 'paused' | 'worker' | 'limit' | 'earlier_load' | 'target' | 'retry';
  detail: string;
}

export interface LoadProgress {
  source_objects: number;
  source_bytes: number;
  bytes_read: number;
  rows_read: number;
  parts_cut: number;
  parts_staged: number;
  parts_copied: number;
  /** Records left out so far (`on_error: skip`). */
  rows_rejected?: number;
}

/** Seconds of each phase of the attempt that finished, to the millisecond. */
export interface PhaseSeconds {
  queued: number;
  staging: number;
  copying: number;
  committing: number;
  total: number;
}

/**
 * The figures that prove a finished load: `read = loaded + rejected + deduplicated + filtered` and
 * `loaded = inserted + updated + unchanged`; `deleted` are rows that the target lost.
 */
export interface Receipt {
  target: string;
  read: number;
  loaded: number;
  rejected: number;
  deduplicated: number;
  filtered: number;
  inserted: number;
  updated: number;
  unchanged: number;
  deleted: number;
  source_objects: number;
  source_bytes: number;
  parts: number;
  seconds: PhaseSeconds;
}

export interface CleanupState {
  status: 'pending' | 'done' | 'failed';
  detail: string | null;
}

/** One attempt of an accepted load, as readers see it. Times are ISO 8601 in UTC. */
export interface Load {
  id: string;
  load_order: number;
  version: number;
  attempt: number;
  status: LoadStatus;
  env: string;
  load_type: LoadType;
  data_set: string;
  path: string;
  /** `schema.table` of the target. */
  target_table: string;
  s3_bucket: string;
  s3_bucket_source: BucketSource;
  s3_bucket_overridden: string | null;
  absent_fields: string[];
  warnings: string[];
  labels: Record<string, string>;
  request: LoadRequest;
  submitted_by: string | null;
  accepted_at: string;
  attempt_at: string;
  deadline_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested: boolean;
  /** `s3://bucket/tmp/postgres-copy/.../`, once it is planned. */
  staging_prefix: string | null;
  commit_plan: CommitPlan | null;
  schema_drift: SchemaDrift | null;
  waiting_for: WaitingFor | null;
  progress: LoadProgress | null;
  receipt: Receipt | null;
  error: ErrorReport | null;
  cleanup: CleanupState | null;
}

export type LoadType = 'full' | 'delta' | 'sample';

export interface CsvOptions {
  delimiter?: string;
  quote?: string;
  escape?: string;
  null_string?: string;
  header?: boolean;
  columns?: string[];
  encoding?: string;
}

/** A request after normalisation: optional fields are present with a value or not at all. */
export interface LoadRequest {
  load_type: LoadType;
  data_set: string;
  path: string;
  env: string;
  s3_bucket?: string;
  table?: string;
  format?: 'csv' | 'jsonl' | 'parquet';
  csv?: CsvOptions;
  disposition?: 'append' | 'upsert';
  duplicates?: 'abort' | 'last';
  on_error?: 'abort' | 'skip';
  max_rejects?: number | string;
  require_marker?: boolean | string;
  expected_objects?: number;
  expected_rows?: number;
  sample_rows?: number;
  allow_empty?: boolean;
  allow_shrink?: boolean;
  allow_cascade?: boolean;
  create_table?: boolean;
  commit_strategy?: CommitStrategy;
  unknown_columns?: 'report' | 'fail';
  missing_columns?: 'report' | 'fail';
  make_valid?: boolean;
  validate_only?: boolean;
  timeout_s?: number;
  labels?: Record<string, string>;
}

/** Whether a load upserts by primary key; a delta load with `disposition: append` only adds rows. */
export function isUpsert({
  load_type,
  disposition,
}: Pick<LoadRequest, 'load_type' | 'disposition'>): boolean {
  return load_type === 'delta' && disposition !== 'append';
}

export interface LogLine {
  seq: number;
  attempt: number;
  at: string;
  level: 'info' | 'warning' | 'error';
  message: string;
}
