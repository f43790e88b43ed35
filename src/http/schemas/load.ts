import { type Static, Type } from 'typebox';
import { COMMIT_STRATEGIES, COPY_ENGINES, type Load } from '../../loads/load.js';
import { LOAD_ID_PATTERN } from '../../loads/load-id.js';
import { LOAD_STATUSES } from '../../loads/load-status.js';
import type { AcceptedRequestSchema } from '../../loads/request.js';
import { ErrorReportSchema } from './error-report.js';
import { nullable } from './nullable.js';

export const string = { type: 'string' } as const;

export const StatusSchema = Type.Enum([...LOAD_STATUSES], {
  ...string,
  description: 'The state of the current attempt. `succeeded`, `failed` and `cancelled` are terminal.',
});
export const IdSchema = Type.String({
  pattern: LOAD_ID_PATTERN,
  description: "The load's id.",
  examples: ['nightly-2026-01-01'],
});
export const AttemptSchema = Type.Integer({
  minimum: 1,
  description: 'States belong to attempts, from 1 on.',
});
export const DoneSchema = Type.Boolean({ description: 'Whether the status is terminal.' });
export const TimeSchema = Type.String({ format: 'date-time', description: 'A time in UTC.' });
export const BucketSourceSchema = Type.Enum(
  ['request', 'environment_variable', 'environment_default', 'built_in_default'],
  { ...string, description: 'What decided the staging bucket.' },
);

export const LinkSchemas = {
  status_url: Type.String({
    description: 'The whole load. Addresses are relative to the root of the service.',
  }),
  gate_url: Type.String({ description: 'For sensors: 404 until finished, 200 on success, 409 otherwise.' }),
  settled_url: Type.String({ description: 'For deferrable sensors: 404 until finished, then 200.' }),
  ui_url: Type.String({ description: 'A page for people.' }),
};

const count = Type.Integer({ minimum: 0 });
const seconds = Type.Number({ minimum: 0 });
const label = Type.String({ maxLength: 256 });

const WaitingForSchema = Type.Object(
  {
    reason: Type.Enum(['paused', 'worker', 'limit', 'earlier_load', 'target', 'retry'], string),
    detail: Type.String(),
  },
  { description: 'Why an unfinished load does not move.' },
);

const ProgressSchema = Type.Object({
  source_objects: count,
  source_bytes: count,
  bytes_read: count,
  rows_read: count,
  parts_cut: count,
  parts_staged: count,
  parts_copied: count,
  rows_rejected: Type.Optional(count),
});

const ReceiptSchema = Type.Object(
  {
    target: Type.String(),
    read: count,
    loaded: count,
    rejected: count,
    deduplicated: count,
    filtered: count,
    inserted: count,
    updated: count,
    unchanged: count,
    deleted: count,
    source_objects: count,
    source_bytes: count,
    parts: count,
    seconds: Type.Object({
      queued: seconds,
      staging: seconds,
      copying: seconds,
      committing: seconds,
      total: seconds,
    }),
  },
  {
    description:
      'The figures that prove the load: read = loaded + rejected + deduplicated + filtered, and loaded = inserted + updated + unchanged. `deleted` are rows that the target lost.',
  },
);

const CommitPlanSchema = Type.Object(
  {
    strategy: Type.Enum([...COMMIT_STRATEGIES], string),
    reason: Type.String(),
    copy_engine: Type.Optional(
      Type.Enum([...COPY_ENGINES], {
        ...string,
        description:
          'How parts get into the database: by the connection, or fetched from the staging bucket.',
      }),
    ),
    not_allowed: Type.Optional(
      Type.Array(
        Type.Object({ strategy: Type.Enum([...COMMIT_STRATEGIES], string), reason: Type.String() }),
        { description: "Strategies that this load can't use, and why." },
      ),
    ),
    create_table: Type.Optional(
      Type.String({
        description: 'Of a dry run whose target is missing: the statement that `create_table` would run.',
      }),
    ),
  },
  { description: 'How the rows are applied, and why so.' },
);

const SchemaDriftSchema = Type.Object(
  {
    since: Type.String({ description: 'The load that it is compared with.' }),
    new: Type.Array(Type.String()),
    missing: Type.Array(Type.String()),
    retyped: Type.Array(Type.Object({ column: Type.String(), from: Type.String(), to: Type.String() }), {
      description: 'Columns of the source that are staged as another type, since the target has another.',
    }),
  },
  {
    description:
      'How the columns of the source differ from those of the last load of the same environment, type, data set and table that has succeeded. null: not at all, or there is none.',
  },
);

const CleanupSchema = Type.Object(
  { status: Type.Enum(['pending', 'done', 'failed'], string), detail: nullable(Type.String()) },
  { description: 'The removal of staged objects and of the staging table. It never changes the outcome.' },
);

export const LoadSchema = Type.Object(
  {
    id: IdSchema,
    load_order: Type.Integer({
      description: 'The order of acceptance, in which loads of one scope are committed.',
    }),
    version: Type.Integer({ description: 'Rises with every change that a reader can see.' }),
    attempt: AttemptSchema,
    status: StatusSchema,
    done: DoneSchema,
    env: Type.String(),
    load_type: Type.Enum(['full', 'delta', 'sample'], string),
    data_set: Type.String(),
    path: Type.String(),
    target_table: Type.String({ description: 'The target, as `schema.table`.' }),
    s3_bucket: Type.String({ description: 'The staging bucket.' }),
    s3_bucket_source: BucketSourceSchema,
    s3_bucket_overridden: nullable(Type.String({ description: 'The bucket that was named too, and lost.' })),
    absent_fields: Type.Array(Type.String(), { description: 'Fields that held null, "" or "None".' }),
    warnings: Type.Array(Type.String()),
    labels: Type.Unsafe<Record<string, string>>(Type.Object({}, { additionalProperties: label })),
    request: Type.Unsafe<Static<typeof AcceptedRequestSchema>>(Type.Ref('AcceptedRequest#')),
    submitted_by: nullable(Type.String({ description: 'The name of the API key.' })),
    accepted_at: TimeSchema,
    attempt_at: TimeSchema,
    deadline_at: TimeSchema,
    started_at: nullable(TimeSchema),
    finished_at: nullable(TimeSchema),
    cancel_requested: Type.Boolean(),
    staging_prefix: nullable(
      Type.String({ description: 'Where the parts are staged, once that is planned.' }),
    ),
    commit_plan: nullable(CommitPlanSchema),
    schema_drift: nullable(SchemaDriftSchema),
    waiting_for: nullable(WaitingForSchema),
    progress: nullable(ProgressSchema),
    receipt: nullable(ReceiptSchema),
    error: nullable(ErrorReportSchema),
    cleanup: nullable(CleanupSchema),
    ...LinkSchemas,
    logs_url: Type.String(),
    rejects_url: Type.String(),
    events_url: Type.String(),
  },
  { $id: 'Load', description: 'One accepted request and what becomes of it.' },
);

export type LoadBody = Static<typeof LoadSchema>;

type Assigns<From extends To, To> = From;
/** Does not compile when the schema and Load drift apart. */
export type SchemaIsLoad = Assigns<LoadBody, Load>;
