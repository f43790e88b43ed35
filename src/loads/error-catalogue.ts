/**
 * Every way in which Copydock says no. A code is stable: callers and runbooks may match on it.
 *
 * - `status` is the HTTP status where the code refuses a request; codes that only ever end a load have 409, which
 *   is what `gate` answers for them.
 * - `retryable` says whether the same attempt is resumed by itself (a transient fault).
 * - `hint` says the way out where the thrower has nothing better.
 */
// biome-ignore format: one line per code reads as a table
export const ERROR_CATALOGUE = {
  // The request is refused.
  invalid_request: [400, false, 'The request is not valid', 'Correct the named field and send the request again.'],
  invalid_id: [400, false, 'The id is not valid', 'Ids have up to 36 letters, digits, dots, dashes and underscores.'],
  unrendered_template: [422, false, 'A template was not rendered', 'Pass the value through a templated field of the operator.'],
  environment_unknown: [422, false, 'The environment is not known', 'Use one of the known environments or add this one to the configuration.'],
  environment_not_configured: [422, false, 'The environment has no database', 'Give it a database_url in the configuration file.'],
  staging_bucket_not_allowed: [422, false, 'The staging bucket belongs to another environment', 'Correct the Airflow Variable that fills s3_bucket.'],
  source_bucket_not_allowed: [422, false, 'The source bucket is not allowed', 'Correct path, or list the bucket in the configuration.'],
  target_schema_not_allowed: [422, false, 'The target schema is not allowed', 'Correct table, or list the schema in the configuration.'],
  idempotency_conflict: [422, false, 'The key was used for another request', 'Use a new key for a new request.'],
  unsupported_media_type: [415, false, 'The body is not JSON', 'Send JSON: data=json.dumps({...}).'],
  payload_too_large: [413, false, 'The body is too large', 'A load request is small; send the path of the data, not the data.'],
  unauthorized: [401, false, 'A credential is needed', 'Send an API key: Basic (as password), Bearer or X-API-Key.'],
  forbidden: [403, false, 'The key does not allow this', 'Use a key that covers this environment and access.'],
  not_found: [404, false, 'There is no such thing here', 'Check the address.'],
  method_not_allowed: [405, false, 'This address does not take that method', 'See the Allow header.'],
  load_unknown: [404, false, 'No load has this id', 'Check the id; terminal loads are kept for a limited time.'],
  load_gone: [410, false, 'No load has this id, or it has expired', 'Submit the load again.'],
  load_not_retryable: [409, false, 'Only a failed or cancelled load can be retried', 'Wait for it, cancel it, or submit a new one.'],
  load_not_cancellable: [409, false, 'The load is past the point of no return', 'Its commit has begun; wait for its outcome.'],
  load_cancelled: [409, false, 'The load was cancelled', 'Retry it, or submit it again.'],
  too_many_loads: [429, false, 'The environment has as many loads as it takes', 'Send the request again when some have ended.'],
  unavailable: [503, true, 'The control database does not answer', 'Ask again in a few seconds.'],
  internal_error: [500, false, 'An error that Copydock did not expect', 'Report it with the load id and the time.'],

  // The load fails: its source.
  empty_source: [409, false, 'The source is empty', 'Check path; set allow_empty if nothing is right.'],
  empty_result: [409, false, 'No row is left after filtering', 'Check data_set and the scope column; set allow_empty if nothing is right.'],
  suspicious_shrink: [409, false, 'The load would remove most rows', 'Check the source; set allow_shrink if it is right.'],
  marker_missing: [409, false, 'The marker object is missing', 'Wait until the writer has finished, then retry.'],
  object_count_mismatch: [409, false, 'The number of source objects differs from expected_objects', 'Check the source, or correct expected_objects.'],
  row_count_mismatch: [409, false, 'The number of rows differs from expected_rows', 'Check the source, or correct expected_rows.'],
  too_many_objects: [409, false, 'The path names too many objects', 'Name a narrower path.'],
  source_bucket_not_found: [409, false, 'The source bucket does not exist', 'Correct path.'],
  source_access_denied: [409, false, 'S3 refuses access to the source', "Give the worker's role s3:GetObject and s3:ListBucket there."],
  source_object_changed: [409, false, 'A source object changed during the load', 'Retry once the writer has finished.'],
  unsupported_format: [409, false, 'The source object is not of a supported format', 'Write it as CSV, JSON Lines or Parquet; CSV and JSON Lines may be gzip, zstd or bzip2.'],
  archive_damaged: [409, false, 'A source object is damaged', 'Write the object again, then retry.'],
  object_too_large: [409, false, 'A source object is too large to be read', 'Write it as several objects, or raise COPYDOCK_TEMP_MAX_SIZE.'],
  unsupported_encoding: [409, false, 'The text encoding is not supported', 'Write it as UTF-8, or name its encoding in csv.encoding: UTF8, UTF16, LATIN1 or WIN1252.'],

  // The load fails: its records.
  header_invalid: [409, false, 'The header is not usable', 'Correct the header of the named object.'],
  duplicate_column: [409, false, 'A header column stands twice', 'Remove or rename one of them.'],
  unknown_column: [409, false, 'The target lacks a column of the header', 'Add it to the table, or leave unknown_columns at report.'],
  header_mismatch: [409, false, 'Source objects have different columns', 'Load them apart, or write them with one header; missing_columns: report allows for columns that some lack.'],
  required_column_missing: [409, false, 'The source lacks a column that the target needs', 'Add the column to the source, or give it a default.'],
  identity_column: [409, false, 'A delta load would update an identity column', 'Leave the column out of the source, or make it GENERATED BY DEFAULT.'],
  scope_column_missing: [409, false, 'The source lacks the scope column', 'Add the column to the source.'],
  unbalanced_quote: [409, false, 'A quote is not closed', 'Correct the record at the named line, or set csv.quote.'],
  record_too_large: [409, false, 'A record is too large', 'Look for a quote that is not closed at the named line.'],
  end_of_data_marker: [409, false, 'A line holds only \\.', 'Quote the value; this PostgreSQL would read the line as the end of the data.'],
  too_many_rejects: [409, false, 'Too many records were rejected', 'Correct the records that /rejects lists, or raise max_rejects.'],
  bad_value: [409, false, 'A value does not fit its column', 'Correct the value in the source.'],
  bad_record: [409, false, 'A record is not well formed', 'Correct the record in the source.'],
  null_value: [409, false, 'A column that must not be null is null', 'Correct the record in the source.'],
  check_violation: [409, false, 'A row breaks a constraint of the target', 'Correct the row in the source.'],
  duplicate_key: [409, false, 'Two rows have one key', 'Correct the source, or set duplicates to last.'],
  key_missing: [409, false, 'The target has no primary key to upsert by', 'Add one, or set disposition to append.'],
  key_owned_elsewhere: [409, false, "A key of this load belongs to another data set's row", 'Correct the key in the source.'],
  foreign_key_violation: [409, false, 'A foreign key would be broken', 'Load the referenced rows first.'],
  record_count_mismatch: [409, false, 'PostgreSQL took another number of records than the file holds', 'Check csv options, and triggers of the table that leave rows out.'],
  receipt_unbalanced: [409, false, 'The figures of the load do not balance', 'Nothing was changed. Look for a trigger or rule of the table that leaves rows out; else report it with the load id.'],

  // The load fails: its target.
  target_table_missing: [409, false, 'The target table does not exist', 'Create it, or set create_table.'],
  target_not_a_table: [409, false, 'The target is not a table', 'Name a table.'],
  target_access_denied: [409, false, 'The database role lacks a right on the target', 'Grant it; migrations/roles/loader.sql has the rights that the role needs.'],
  target_auth_failed: [409, false, 'The target database refuses the credentials', "Correct the environment's database credentials; a server that wants TLS needs sslmode=verify-full in its URL."],
  target_secret_unavailable: [409, true, "The secret of the target database can't be read", 'It is tried again by itself.'],
  target_secret_invalid: [409, false, 'The secret of the target database can not be used', 'Correct database_secret_id, or the secret: JSON with username, password, host, port, db_name.'],
  target_not_prepared: [409, false, "The target database lacks Copydock's tables", 'Run: copydock migrate'],
  target_foreign: [409, false, 'Another control database loads into this target', 'Run one Copydock per target, or run: copydock reconcile --adopt'],
  target_unreachable: [409, true, 'The target database does not answer', 'It is tried again by itself.'],
  target_changed: [409, false, 'The target was altered during the load', 'Retry: the load is planned anew.'],
  target_busy: [409, true, 'The target was locked for too long', 'It is tried again by itself.'],
  target_full: [409, true, 'The target database is out of space or memory', 'Free some, then retry.'],
  import_not_possible: [409, false, 'The target database can not import from S3', 'Install its extension aws_s3 and grant it to the role, or set copy_engine: stream.'],
  import_failed: [409, true, 'The target database failed to import a staged object', "It is tried again by itself; look at the database's own role for S3, at the bucket, the region and the network."],
  replace_would_cascade: [409, false, 'Other tables stand in the way of replacing these rows', 'Load as delta, or detach what refers to or inherits from the table.'],
  strategy_not_possible: [409, false, 'The commit strategy that was asked for does not fit this load', 'Leave commit_strategy out.'],
  scope_conflict: [409, false, 'Another data set has loaded into this table', 'Name a scope_column for the table in the configuration.'],
  sample_table_conflict: [409, false, "A table that is not Copydock's has the sample table's name", 'Rename or drop that table.'],
  superseded: [409, false, 'A newer load of this scope was committed first', 'Submit a new load if this data is wanted.'],

  // The load fails: its staging, its worker, its time.
  staging_bucket_not_found: [409, false, 'The staging bucket does not exist', 'Create it, or correct s3_bucket.'],
  staging_access_denied: [409, false, 'S3 refuses access to the staging bucket', "Give the worker's role s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket on tmp/postgres-copy/*."],
  role_access_denied: [409, false, "The environment's role in AWS can not be assumed", "Correct role_arn and external_id, let the role's trust policy name the worker's own role, and allow that one sts:AssumeRole."],
  role_unavailable: [409, true, 'STS does not answer as it should', 'It is tried again by itself.'],
  staged_object_changed: [409, true, 'A staged object is missing or has changed', 'It is staged again by itself.'],
  staging_lost: [409, true, 'The staging table lost rows', 'Its parts are copied again by itself; look for a crash of the target database.'],
  tls_failed: [409, false, 'A server could not be reached by TLS', 'Name the authority that signed its certificate, and the host that the certificate is for.'],
  s3_unavailable: [409, true, 'S3 does not answer as it should', 'It is tried again by itself.'],
  worker_lost: [409, false, 'Workers took this load over again and again without progress', 'Look for a crash in the worker log, then retry.'],
  deadline_exceeded: [409, false, 'The load took longer than timeout_s', 'Retry, or allow more time.'],
} as const satisfies Record<
  string,
  readonly [status: number, retryable: boolean, title: string, hint: string]
>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
