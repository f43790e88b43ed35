import type { Config, EnvironmentConfig } from '../../src/config/types.js';

/** An environment as the configuration leaves it where nothing is said. */
export function environment(name: string): EnvironmentConfig {
  return {
    name,
    databaseUrl: `postgres://db/${name}`,
    databaseSecret: null,
    databaseIdentity: `db:5432/${name}`,
    defaultStagingBucket: null,
    stagingBuckets: null,
    sourceBuckets: null,
    buckets: { owners: [], stagingKmsKeyId: null },
    role: null,
    targetSchemas: ['public'],
    copyEngine: 'stream',
    parallelism: 4,
    concurrency: 2,
    maxActiveLoads: 16,
    maxQueuedLoads: 1_000,
    pathLayout: 'as_given',
    minKeepShare: 0.5,
    webhook: null,
  };
}

/** development, staging and production, of which staging has no database. */
export function configuration(changes: Partial<Config> = {}): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    metricsPort: null,
    databaseUrl: 'postgres://db/control',
    queueUrl: 'redis://queue',
    logLevel: 'silent',
    shutdownTimeoutMs: 1_000,
    leaseMs: 15_000,
    s3: { endpoint: undefined, region: 'eu-west-2' },
    secretsEndpoint: undefined,
    stsEndpoint: undefined,
    tracesUrl: null,
    bucketRule: { variableBucket: null, precedence: 'argument' },
    environments: new Map([
      ['development', environment('development')],
      ['staging', { ...environment('staging'), databaseUrl: null }],
      ['production', environment('production')],
    ]),
    tables: new Map(),
    dataSets: new Map(),
    apiKeys: [],
    retention: { loadsDays: 30, committedDays: 365 },
    worker: {
      environments: null,
      partSizeBytes: 1 << 26,
      bufferBytes: 1 << 28,
      tempMaxBytes: 1 << 28,
      directMaxBytes: 1 << 26,
      directMaxMs: 60_000,
      exchangeTimeoutMs: 60_000,
    },
    ...changes,
  };
}
