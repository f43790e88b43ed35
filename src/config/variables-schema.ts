import { type Static, Type } from 'typebox';

const string = { type: 'string' } as const;
const SIZE = '^[1-9][0-9]{0,15}( ?(B|KiB|MiB|GiB))?$';
const COUNT = '^[0-9]{1,9}$';
const POSTGRES_URL = '^postgres(ql)?://';

const size = (description: string) => Type.Optional(Type.String({ pattern: SIZE, description }));

/** Every environment variable that Copydock reads itself. The AWS SDK reads the other AWS_ ones. */
export const VariablesSchema = Type.Object({
  HOST: Type.Optional(Type.String({ description: 'The address to listen on. Default: 127.0.0.1.' })),
  PORT: Type.Optional(
    Type.String({ pattern: COUNT, description: 'The port to listen on; 0 takes a free one. Default: 8080.' }),
  ),
  COPYDOCK_METRICS_PORT: Type.Optional(
    Type.String({
      pattern: COUNT,
      description:
        'A port of its own for /metrics, /livez and /readyz, without a key. Default: none; /metrics of the API wants a key.',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: POSTGRES_URL,
      description:
        'The control database, not through a transaction-mode pooler; also the target of development and local where no file says otherwise.',
    }),
  ),
  QUEUE_URL: Type.Optional(
    Type.String({
      pattern: '^(rediss?|postgres(ql)?)://',
      description: 'The queue: Redis or PostgreSQL. Needed by serve, api and worker.',
    }),
  ),
  PGSSLMODE: Type.Optional(
    Type.String({ description: 'sslmode of every PostgreSQL URL that has none. Default: disable.' }),
  ),
  PGSSLROOTCERT: Type.Optional(
    Type.String({
      description:
        'sslrootcert of every PostgreSQL URL that has none and is not sslmode=disable. A file needs a mode.',
    }),
  ),
  AWS_CA_BUNDLE: Type.Optional(
    Type.String({
      description:
        'The authorities of S3 and Secrets Manager, a file in PEM. Default: those that Node knows.',
    }),
  ),
  COPYDOCK_CONFIG: Type.Optional(Type.String({ description: 'The configuration file (YAML).' })),
  PYSPARK_TEMP_S3_BUCKET: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      description: 'Stages the data of requests that name no bucket.',
    }),
  ),
  STAGING_BUCKET_PRECEDENCE: Type.Optional(
    Type.Enum(['argument', 'environment'], {
      ...string,
      description: 'environment: PYSPARK_TEMP_S3_BUCKET outranks s3_bucket. Default: argument.',
    }),
  ),
  LOG_LEVEL: Type.Optional(
    Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      ...string,
      description: 'Default: info.',
    }),
  ),
  AWS_ENDPOINT_URL_S3: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'Another S3 server than AWS, by path style.' }),
  ),
  AWS_ENDPOINT_URL_SECRETS_MANAGER: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'Another Secrets Manager than that of the region.' }),
  ),
  AWS_ENDPOINT_URL_STS: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'Another STS than that of the region.' }),
  ),
  AWS_ENDPOINT_URL: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'The same, where AWS_ENDPOINT_URL_S3 is not set.' }),
  ),
  AWS_REGION: Type.Optional(Type.String({ description: 'Default: AWS_DEFAULT_REGION, else us-east-1.' })),
  AWS_DEFAULT_REGION: Type.Optional(Type.String()),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'Where traces go, by OTLP over HTTP (JSON), with /v1/traces behind it. Default: nowhere.',
    }),
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'The same, used as it is.' }),
  ),
  OTEL_SDK_DISABLED: Type.Optional(
    Type.Enum(['true', 'false'], { ...string, description: 'true: no traces, whatever the others say.' }),
  ),
  COPYDOCK_ENVIRONMENTS: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]+( ?, ?[a-z0-9-]+)*$',
      description: 'Environments that this worker serves, by commas. Default: all that have a database.',
    }),
  ),
  COPYDOCK_PART_SIZE: size('Bytes of source data per part, such as 8MiB (default).'),
  COPYDOCK_BUFFER_MEMORY: size('Memory for parts in flight in one worker process. Default: 64MiB.'),
  COPYDOCK_TEMP_MAX_SIZE: size(
    'Room in the temporary folder for Parquet objects that are being read. Default: 10GiB.',
  ),
  COPYDOCK_DIRECT_MAX_SIZE: size(
    'Loads of at most this much source data may be copied straight into the target. Default: 1GiB.',
  ),
  COPYDOCK_DIRECT_MAX_S: Type.Optional(
    Type.String({
      pattern: COUNT,
      description:
        'Seconds that such a load may take before it goes on through a staging table. Default: 300.',
    }),
  ),
  COPYDOCK_EXCHANGE_TIMEOUT_S: Type.Optional(
    Type.String({
      pattern: COUNT,
      description:
        'Seconds that swap and partition try for their lock before another strategy is taken. Default: 60.',
    }),
  ),
  COPYDOCK_LEASE_S: Type.Optional(
    Type.String({
      pattern: COUNT,
      description:
        'Seconds after which another worker takes the load of one that is lost, 3 to 3600; the same in every process of a control database. Default: 15.',
    }),
  ),
  COPYDOCK_SHUTDOWN_TIMEOUT_S: Type.Optional(
    Type.String({
      pattern: COUNT,
      description: 'Seconds that running loads may go on after a stop was asked for. Default: 30.',
    }),
  ),
});

export type Variables = Static<typeof VariablesSchema>;
