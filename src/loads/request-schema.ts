import { type Static, Type } from 'typebox';
import { CsvOptionsSchema } from './csv-schema.js';
import { COMMIT_STRATEGIES, type LoadRequest } from './load.js';

const string = { type: 'string' } as const;
const TABLE_PART = '[A-Za-z0-9_$-]{1,63}';

const fields = {
  data_set: Type.String({
    pattern: '^[a-z0-9-]{1,63}$',
    description: 'The name of the body of data.',
    examples: ['transport-access-node'],
  }),
  path: Type.String({
    pattern: '^s3a?://.',
    maxLength: 2048,
    description:
      'The source: an `s3://` or `s3a://` object, prefix or glob. Without a trailing slash an object of that name, else the prefix `path/`.',
    examples: ['s3://development-collection-data/transport-access-node/'],
  }),
  env: Type.String({
    minLength: 1,
    maxLength: 63,
    description: 'The environment. It selects the database, the queue and the buckets that are allowed.',
    examples: ['development'],
  }),
  s3_bucket: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      description:
        "The staging bucket. Default: the variable `PYSPARK_TEMP_S3_BUCKET`, else the environment's default, else `{env}-pyspark-jobs-codepackage`.",
      examples: ['development-pyspark-jobs-codepackage'],
    }),
  ),
  table: Type.Optional(
    Type.String({
      pattern: `^${TABLE_PART}(\\.${TABLE_PART})?$`,
      description:
        "The target, as `table` or `schema.table`. Default: the configuration's entry for the data set, else the data set's name with `_` for `-`.",
      examples: ['entity'],
    }),
  ),
  format: Type.Optional(
    Type.Enum(['csv', 'jsonl', 'parquet'], {
      ...string,
      description:
        "The format. Default: by the first object's name and content, else CSV. CSV and JSON Lines may be compressed by gzip, zstd or bzip2.",
    }),
  ),
  csv: Type.Optional(CsvOptionsSchema),
  disposition: Type.Optional(
    Type.Enum(['append', 'upsert'], {
      ...string,
      description: 'How the rows of a delta load meet the target. Default: `upsert`, by primary key.',
    }),
  ),
  duplicates: Type.Optional(
    Type.Enum(['abort', 'last'], {
      ...string,
      description:
        'Two rows of the source with one key: fail (default), or take the last by object key, then line.',
    }),
  ),
  on_error: Type.Optional(
    Type.Enum(['abort', 'skip'], {
      ...string,
      description:
        'A record that does not load: fail (default), or leave it out, keep it with the reason for `/rejects`, and load the rest.',
    }),
  ),
  max_rejects: Type.Optional(
    Type.Unsafe<number | string>({
      type: ['integer', 'string'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      pattern: '^(100|[0-9]{1,2}(\\.[0-9]{1,6})?)%$',
      description:
        'With `on_error: skip`: more rejects than this fail the load. A count, or a percentage of the records read, such as `"5%"`. Default: no limit, but a load of which every record is rejected fails.',
      examples: [100],
    }),
  ),
  require_marker: Type.Optional(
    Type.Unsafe<boolean | string>({
      type: ['boolean', 'string'],
      pattern: '^[^/]{1,255}$',
      description:
        'An object that must stand beside the data before it is read: `true` for `_SUCCESS`, or its name.',
    }),
  ),
  expected_objects: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'How many source objects there must be.' }),
  ),
  expected_rows: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'How many rows the source must have.',
    }),
  ),
  sample_rows: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description: 'At most so many rows of a sample load. Default: 1,000.',
    }),
  ),
  allow_empty: Type.Optional(
    Type.Boolean({
      description:
        'A full load of nothing is right. Where its scope has rows, allow_shrink is needed, too. Default: it fails.',
    }),
  ),
  allow_shrink: Type.Optional(
    Type.Boolean({
      description: 'A full load may leave less than the configured share of rows. Default: it fails.',
    }),
  ),
  allow_cascade: Type.Optional(
    Type.Boolean({
      description:
        'Rows that a full load deletes may change the rows that refer to them ON DELETE CASCADE, SET NULL or SET DEFAULT. Default: it fails.',
    }),
  ),
  create_table: Type.Optional(
    Type.Boolean({
      description: 'A missing target is created, with types inferred from the data. Default: the load fails.',
    }),
  ),
  commit_strategy: Type.Optional(
    Type.Enum([...COMMIT_STRATEGIES], {
      ...string,
      description: 'How the rows are applied. Default: the planner chooses.',
    }),
  ),
  unknown_columns: Type.Optional(
    Type.Enum(['report', 'fail'], {
      ...string,
      description: 'Header columns that the target lacks: report and leave out (default), or fail.',
    }),
  ),
  missing_columns: Type.Optional(
    Type.Enum(['report', 'fail'], {
      ...string,
      description:
        'Columns that some source objects have and others lack: report, and take their default in the rows of those (default), or fail. A delta load that upserts fails always.',
    }),
  ),
  make_valid: Type.Optional(
    Type.Boolean({
      description:
        'Geometry that is not valid is mended by ST_MakeValid. Default: its record is one that does not load.',
    }),
  ),
  validate_only: Type.Optional(
    Type.Boolean({
      description:
        'A dry run: list, read, stage and cast, report the plan, the receipt and the rejects, and leave nothing. Default: false.',
    }),
  ),
  timeout_s: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 604_800,
      description: 'Seconds after which the attempt fails with `deadline_exceeded`. Default: 21,600 (6 h).',
    }),
  ),
  labels: Type.Optional(
    Type.Unsafe<Record<string, string>>(
      Type.Object(
        {},
        {
          additionalProperties: Type.String({ maxLength: 256 }),
          maxProperties: 20,
          description: 'Up to 20 names of your own, kept with the load.',
          examples: [{ dag_id: 'collection', run_id: 'scheduled__2026-01-01T00:00:00+00:00' }],
        },
      ),
    ),
  ),
};

const LOAD_TYPE_MEANING =
  "`full` replaces the scope's rows; `delta` upserts by primary key, or appends; `sample` writes some rows to `{table}_sample`.";

/** What a caller may send. `null`, `""` and `"None"` for an optional field count as absent. */
export const LoadRequestSchema = Type.Object(
  {
    load_type: Type.Enum(['full', 'delta', 'incremental', 'sample'], {
      ...string,
      description: `${LOAD_TYPE_MEANING} \`incremental\` is another word for \`delta\`.`,
    }),
    ...fields,
  },
  {
    $id: 'LoadRequest',
    additionalProperties: false,
    description:
      '`null`, `""` and `"None"` for an optional field count as absent, and the load reports it in `absent_fields`.',
    examples: [
      {
        load_type: 'full',
        data_set: 'transport-access-node',
        path: 's3://development-collection-data/transport-access-node/',
        env: 'development',
        s3_bucket: 'development-pyspark-jobs-codepackage',
      },
    ],
  },
);

/** A request as a load keeps and shows it. */
export const AcceptedRequestSchema = Type.Object(
  {
    load_type: Type.Enum(['full', 'delta', 'sample'], { ...string, description: LOAD_TYPE_MEANING }),
    ...fields,
  },
  {
    $id: 'AcceptedRequest',
    additionalProperties: false,
    description: 'The request, with absent fields left out.',
  },
);

export type SubmittedRequest = Static<typeof LoadRequestSchema>;

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Holds<T extends true> = T;
/** Does not compile when the schema and LoadRequest drift apart. */
export type SchemaIsLoadRequest = Holds<Same<Static<typeof AcceptedRequestSchema>, LoadRequest>>;
