import type { CommitStrategy, CopyEngine, CsvOptions } from '../loads/load.js';
import type { TerminalStatus } from '../loads/load-status.js';

/** The whole configuration, validated: environment variables plus the optional YAML file. */
export interface Config {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** For Prometheus and probes; null: none. 0 takes a free one. */
  metricsPort: number | null;
  /** The control database. */
  databaseUrl: string;
  /** `redis://`, `rediss://` or `postgres://`. */
  queueUrl: string;
  logLevel: string;
  /** How long running loads may go on after a stop was asked for. */
  shutdownTimeoutMs: number;
  /** How long a worker that is not heard of keeps its loads; the same in every process of a control database. */
  leaseMs: number;
  s3: S3Config;
  /** For another Secrets Manager than the region's. */
  secretsEndpoint: string | undefined;
  /** For another STS than the region's. */
  stsEndpoint: string | undefined;
  /** Where traces go, by OTLP over HTTP; null: nowhere. */
  tracesUrl: string | null;
  bucketRule: BucketRuleConfig;
  environments: Map<string, EnvironmentConfig>;
  /** By `schema.table`. */
  tables: Map<string, TableConfig>;
  dataSets: Map<string, DataSetConfig>;
  apiKeys: ApiKeyConfig[];
  retention: RetentionConfig;
  worker: WorkerConfig;
}

export interface RetentionConfig {
  /** How long finished loads are kept. */
  loadsDays: number;
  /** How long a target remembers which loads were applied: longer, since it must outlive a restored control database. */
  committedDays: number;
}

export interface S3Config {
  /** For other S3 servers (path style); undefined: AWS. */
  endpoint: string | undefined;
  region: string;
  /** Authorities that may sign the server's certificate, of Secrets Manager, too, a file in PEM; undefined: those that Node knows. */
  caFile?: string | undefined;
  /** Without them the AWS SDK looks where it always does. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

export interface BucketRuleConfig {
  /** The value of PYSPARK_TEMP_S3_BUCKET, if it is set and not empty. */
  variableBucket: string | null;
  /** `argument`: the request outranks the variable; `environment`: the other way round. */
  precedence: 'argument' | 'environment';
}

export interface EnvironmentConfig {
  name: string;
  /** null: the target is in `databaseSecret`, or nothing can be loaded there. */
  databaseUrl: string | null;
  /** Where the target and its credentials are read while running. */
  databaseSecret: DatabaseSecretConfig | null;
  /** host:port/database of the target, for people and for the order of loads: no credentials. */
  databaseIdentity: string;
  defaultStagingBucket: string | null;
  /** Glob patterns; null: any bucket that does not carry another environment's name. */
  stagingBuckets: string[] | null;
  /** Glob patterns; null: any bucket. */
  sourceBuckets: string[] | null;
  buckets: BucketSettings;
  /** As whom S3 and Secrets Manager are asked; null: as the process itself. */
  role: RoleConfig | null;
  /** The first is the default schema of a table named without one. */
  targetSchemas: string[];
  copyEngine: CopyEngine;
  /** Connections that copy parts of one load side by side. */
  parallelism: number;
  /** Loads of this environment that one worker process runs at once. */
  concurrency: number;
  /** Loads that all workers together run at once. */
  maxActiveLoads: number;
  /** Unfinished loads beyond those; no more are accepted. */
  maxQueuedLoads: number;
  pathLayout: 'as_given' | 'collection';
  /** A full load that leaves less than this share (0 to 1) of the scope's rows is refused. */
  minKeepShare: number;
  /** Who is told how loads end; null: nobody. */
  webhook: WebhookConfig | null;
}

export interface WebhookConfig {
  /** It may hold credentials: no log and no error shows more than its host. */
  url: string;
  /** What events are signed with, each signature beside the others. None: other processes send. */
  keys: Buffer[];
  /** The ends that are told. */
  states: TerminalStatus[];
}

/** What requests to S3 say of an environment's buckets. */
export interface BucketSettings {
  /** AWS accounts by bucket pattern; the first that matches must own the bucket. */
  owners: { pattern: string; account: string }[];
  /** The AWS KMS key that encrypts staged objects; null: as the bucket does it. */
  stagingKmsKeyId: string | null;
}

/** A role of AWS IAM, assumed by STS. */
export interface RoleConfig {
  arn: string;
  /** What its trust policy wants to hear; null: nothing. */
  externalId: string | null;
  /** How CloudTrail names its sessions. */
  sessionName: string;
}

export interface DatabaseSecretConfig {
  /** Name or ARN in AWS Secrets Manager. */
  id: string;
  /** Parameters of the connection, as in a PostgreSQL URL. */
  parameters: string;
}

export interface TableConfig {
  /** null: the table is one data set's as a whole. */
  scopeColumn: string | null;
  /** Other writers wait while a load applies its rows. */
  lockTarget: boolean;
}

export interface DataSetConfig {
  table: string | null;
  csv: CsvOptions;
  commitStrategy: CommitStrategy | null;
  /** What the planner saves: time, or write-ahead log. */
  prefer: 'time' | 'wal';
}

export interface ApiKeyConfig {
  name: string;
  /** SHA-256 of the key, hex. */
  sha256: string;
  /** null: every environment. */
  environments: string[] | null;
  access: 'read' | 'write';
}

export interface WorkerConfig {
  /** Environments that this worker serves; null: all that have a database. */
  environments: string[] | null;
  partSizeBytes: number;
  /** Memory for parts in flight, of all loads of the process together. */
  bufferBytes: number;
  /** Loads of at most this many source bytes may go straight into the target (`direct`). */
  directMaxBytes: number;
  /** A `direct` load that takes longer goes on through a staging table. */
  directMaxMs: number;
  /** Room on disk for source objects that are read from files. */
  tempMaxBytes: number;
  /** How long `swap` and `partition` try for their lock, and wait for older snapshots, before they give way. */
  exchangeTimeoutMs: number;
}
