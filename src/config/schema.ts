import { type Static, Type } from 'typebox';
import { COPY_ENGINES } from '../loads/load.js';
import { TERMINAL_STATUSES } from '../loads/load-status.js';
import { LoadRequestSchema } from '../loads/request-schema.js';

/** Tables, CSV options and strategies are written as in a request. */
const { csv, table, commit_strategy } = LoadRequestSchema.properties;
const string = { type: 'string' } as const;

/** It becomes part of bucket and queue names. */
const ENVIRONMENT_NAME = '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$';
const BUCKET_PATTERN = '^[a-z0-9.*?-]{1,63}$';
const BUCKET_NAME = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';
const NAME = '^[A-Za-z0-9_$-]{1,63}$';
const TABLE_NAME = '^[A-Za-z0-9_$-]{1,63}(\\.[A-Za-z0-9_$-]{1,63})?$';
const DATA_SET_NAME = '^[a-z0-9-]{1,63}$';

const bucketPatterns = (which: string) =>
  Type.Optional(
    Type.Array(Type.String({ pattern: BUCKET_PATTERN }), {
      description: `The only ${which} buckets that are allowed; * stands for any characters, ? for one.`,
    }),
  );

const WebhookSchema = Type.Object(
  {
    url: Type.String({
      description: 'Where the ends of loads are posted, https://. Empty: nowhere.',
    }),
    secrets: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description:
          'whsec_ and base64, the current one and, while receivers change over, the former one. Required with url.',
      }),
    ),
    states: Type.Optional(
      Type.Array(Type.Enum([...TERMINAL_STATUSES], string), {
        minItems: 1,
        uniqueItems: true,
        description: 'The ends that are told. Default: all.',
      }),
    ),
    allow_http: Type.Optional(
      Type.Boolean({ description: 'Allows http:// beyond loopback. Default: false.' }),
    ),
  },
  { additionalProperties: false },
);

const EnvironmentSchema = Type.Object(
  {
    database_url: Type.Optional(
      Type.String({
        pattern: '^$|^postgres(ql)?://',
        description: 'The target database. Without one nothing can be loaded into the environment.',
      }),
    ),
    database_secret_id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9/_+=.@:-]{1,512}$',
        description:
          'Instead of database_url: name or ARN of a secret in AWS Secrets Manager, JSON with username, password, host, port, db_name.',
      }),
    ),
    database_parameters: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z_]+=[^&?#]*(&[A-Za-z_]+=[^&?#]*)*$',
        description:
          'Parameters of connections by database_secret_id, as in a URL. Default: sslmode=verify-full.',
      }),
    ),
    default_staging_bucket: Type.Optional(
      Type.String({ pattern: BUCKET_NAME, description: 'Stages the data of requests that name no bucket.' }),
    ),
    staging_buckets: bucketPatterns('staging'),
    source_buckets: bucketPatterns('source'),
    bucket_owners: Type.Optional(
      Type.Unsafe<Record<string, string>>({
        type: 'object',
        propertyNames: { pattern: BUCKET_PATTERN },
        additionalProperties: { type: 'string', pattern: '^[0-9]{12}$' },
        description:
          'AWS accounts that buckets must belong to, by bucket pattern; the first that matches counts.',
      }),
    ),
    staging_kms_key_id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9:/_-]{1,512}$',
        description:
          'Id, alias or ARN of the AWS KMS key that encrypts staged objects. Default: as the bucket does it.',
      }),
    ),
    role_arn: Type.Optional(
      Type.String({
        pattern: '^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}$',
        description:
          'ARN of the IAM role that workers assume for this environment in S3 and Secrets Manager. Default: their own.',
      }),
    ),
    external_id: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_+=,.@:/-]{2,1224}$',
        description: 'What the trust policy of role_arn wants as sts:ExternalId.',
      }),
    ),
    session_name: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_+=,.@-]{2,64}$',
        description: 'How CloudTrail names the sessions of role_arn. Default: copydock-{env}.',
      }),
    ),
    target_schemas: Type.Optional(
      Type.Array(Type.String({ pattern: NAME }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Schemas that may be loaded into; the first is the default. Default: public.',
      }),
    ),
    copy_engine: Type.Optional(
      Type.Enum([...COPY_ENGINES], {
        ...string,
        description:
          'aws_s3: the database (RDS, Aurora) fetches staged parts itself, by its extension aws_s3. Default: stream.',
      }),
    ),
    parallelism: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 32, description: 'Connections that copy one load. Default: 2.' }),
    ),
    concurrency: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 64,
        description: 'Loads that one worker runs at once. Default: 2.',
      }),
    ),
    max_active_loads: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000,
        description:
          'Loads that all workers together run at once. Default: 16, or concurrency where that is more.',
      }),
    ),
    max_queued_loads: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100_000,
        description:
          'Loads beyond the active ones that may wait; further ones are refused with 429. Default: 1000.',
      }),
    ),
    path_layout: Type.Optional(
      Type.Enum(['as_given', 'collection'], {
        ...string,
        description:
          'collection: below path, {data_set}-collection/transformed/{data_set}/*.csv. Default: as_given.',
      }),
    ),
    min_keep_share: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          "A full load that leaves less than this share of the scope's rows is refused. Default: 0.5.",
      }),
    ),
    webhook: Type.Optional(WebhookSchema),
  },
  { additionalProperties: false },
);

const TableSchema = Type.Object(
  {
    scope_column: Type.Optional(
      Type.String({ pattern: NAME, description: 'The column that holds the data set of a row.' }),
    ),
    lock_target: Type.Optional(
      Type.Boolean({
        description: 'Loads keep other writers out while they apply their rows. Default: false.',
      }),
    ),
  },
  { additionalProperties: false },
);

const DataSetSchema = Type.Object(
  {
    table,
    csv,
    commit_strategy,
    prefer: Type.Optional(
      Type.Enum(['time', 'wal'], {
        ...string,
        description: 'What the choice of a commit strategy saves: time, or write-ahead log. Default: time.',
      }),
    ),
  },
  { additionalProperties: false },
);

const ApiKeySchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[A-Za-z0-9._@-]{1,64}$',
      description: 'Who uses it; loads and logs show it.',
    }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the key, in hex.' }),
    environments: Type.Optional(
      Type.Array(Type.String(), { minItems: 1, description: 'Environments that it covers. Default: all.' }),
    ),
    access: Type.Enum(['read', 'write'], { ...string, description: 'write includes read.' }),
  },
  { additionalProperties: false },
);

/** The configuration file. */
export const FileSchema = Type.Object(
  {
    environments: Type.Optional(
      Type.Unsafe<Record<string, Static<typeof EnvironmentSchema> | null>>({
        type: 'object',
        propertyNames: { pattern: ENVIRONMENT_NAME },
        additionalProperties: orNothing(EnvironmentSchema),
      }),
    ),
    tables: Type.Optional(
      Type.Unsafe<Record<string, Static<typeof TableSchema>>>({
        type: 'object',
        propertyNames: { pattern: TABLE_NAME },
        additionalProperties: TableSchema,
      }),
    ),
    data_sets: Type.Optional(
      Type.Unsafe<Record<string, Static<typeof DataSetSchema> | null>>({
        type: 'object',
        propertyNames: { pattern: DATA_SET_NAME },
        additionalProperties: orNothing(DataSetSchema),
      }),
    ),
    webhook: Type.Optional(WebhookSchema),
    api_keys: Type.Optional(Type.Array(ApiKeySchema)),
    retention_days: Type.Optional(
      Type.Integer({
        minimum: 7,
        maximum: 36_500,
        description: 'Days that finished loads are kept, with their logs and idempotency keys. Default: 30.',
      }),
    ),
    committed_retention_days: Type.Optional(
      Type.Integer({
        minimum: 14,
        maximum: 36_500,
        description: 'Days that a target remembers which loads were applied. Default: 365.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type ConfigFile = Static<typeof FileSchema>;
export type EnvironmentEntry = Static<typeof EnvironmentSchema>;
export type WebhookEntry = Static<typeof WebhookSchema>;

/** In YAML, a name followed by nothing has the value null. */
function orNothing<T extends { type: 'object' }>(schema: T) {
  return { ...schema, type: ['object', 'null'] };
}
