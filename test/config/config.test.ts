import { fileURLToPath } from 'node:url';
import t from 'tap';
import { connectTo } from '../../src/config/postgres-connection.js';
import type { Config } from '../../src/config/types.js';
import { loadConfig } from '../../src/config.js';
import { CONTROL_URL, problemsOf, writeConfig } from './config-file.js';

const QUEUE_URL = 'redis://localhost:6379';

t.test(
  'without a file the built-in environments are known, and only development and local have a database',
  async (t) => {
    const config = await loadConfig({ DATABASE_URL: CONTROL_URL });
    const databases = [...config.environments].map(([name, { databaseUrl }]) => [name, databaseUrl]);
    t.same(databases, [
      ['development', CONTROL_URL],
      ['local', CONTROL_URL],
      ['production', null],
      ['staging', null],
    ]);
    t.match(config.environments.get('development'), {
      databaseIdentity: 'db.example:5433/control',
      defaultStagingBucket: null,
      stagingBuckets: null,
      targetSchemas: ['public'],
      copyEngine: 'stream',
      pathLayout: 'as_given',
      maxActiveLoads: 16,
      maxQueuedLoads: 1_000,
      minKeepShare: 0.5,
    });
  },
);

t.test('every setting has a default', async (t) => {
  const { environments, ...config } = await loadConfig({ DATABASE_URL: CONTROL_URL });
  t.equal(environments.size, 4);
  t.same(config, {
    host: '127.0.0.1',
    port: 8080,
    metricsPort: null,
    databaseUrl: CONTROL_URL,
    queueUrl: CONTROL_URL,
    logLevel: 'info',
    shutdownTimeoutMs: 30_000,
    leaseMs: 15_000,
    s3: { endpoint: undefined, region: 'us-east-1' },
    secretsEndpoint: undefined,
    tracesUrl: null,
    bucketRule: { variableBucket: null, precedence: 'argument' },
    tables: new Map(),
    dataSets: new Map(),
    apiKeys: [],
    retention: { loadsDays: 30, committedDays: 365 },
    worker: {
      environments: null,
      partSizeBytes: 8 * 1024 ** 2,
      bufferBytes: 64 * 1024 ** 2,
      directMaxBytes: 1024 ** 3,
      directMaxMs: 300_000,
      tempMaxBytes: 10 * 1024 ** 3,
      exchangeTimeoutMs: 60_000,
    },
  });
});

t.test('variables set what they are named for', async (t) => {
  const config = await loadConfig({
    HOST: 'localhost',
    PORT: '0',
    COPYDOCK_METRICS_PORT: '9464',
    DATABASE_URL: CONTROL_URL,
    QUEUE_URL,
    PYSPARK_TEMP_S3_BUCKET: 'staging-temp',
    STAGING_BUCKET_PRECEDENCE: 'environment',
    LOG_LEVEL: 'debug',
    AWS_ENDPOINT_URL_S3: 'http://localhost:9000',
    AWS_REGION: 'eu-west-2',
    COPYDOCK_ENVIRONMENTS: 'development, staging',
    COPYDOCK_PART_SIZE: '256',
    COPYDOCK_BUFFER_MEMORY: '512 KiB',
    COPYDOCK_DIRECT_MAX_SIZE: '2GiB',
    COPYDOCK_DIRECT_MAX_S: '60',
    COPYDOCK_EXCHANGE_TIMEOUT_S: '5',
    COPYDOCK_SHUTDOWN_TIMEOUT_S: '5',
    COPYDOCK_LEASE_S: '3',
  });
  t.match(config, {
    host: 'localhost',
    port: 0,
    metricsPort: 9464,
    queueUrl: QUEUE_URL,
    logLevel: 'debug',
    shutdownTimeoutMs: 5_000,
    leaseMs: 3_000,
    s3: { endpoint: 'http://localhost:9000', region: 'eu-west-2' },
    bucketRule: { variableBucket: 'staging-temp', precedence: 'environment' },
    worker: {
      partSizeBytes: 256,
      bufferBytes: 512 * 1024,
      directMaxBytes: 2 * 1024 ** 3,
      directMaxMs: 60_000,
      tempMaxBytes: 10 * 1024 ** 3,
      exchangeTimeoutMs: 5_000,
    },
  });
  t.same(config.worker.environments, ['development', 'staging']);
});

t.test('an empty variable counts as not set', async (t) => {
  const empty = { PORT: '', QUEUE_URL: '', PYSPARK_TEMP_S3_BUCKET: '', COPYDOCK_CONFIG: '', LOG_LEVEL: '' };
  const config = await loadConfig({ DATABASE_URL: CONTROL_URL, ...empty });
  t.match(config, { port: 8080, logLevel: 'info' });
  t.equal(config.bucketRule.variableBucket, null);
});

t.test('overrides win, and give development its database', async (t) => {
  const databaseUrl = 'postgres://me@localhost/embedded';
  const config = await loadConfig({ PORT: '1' }, { databaseUrl, port: 2 }, { require: { queueUrl: false } });
  t.match(config, { port: 2, databaseUrl, queueUrl: databaseUrl });
  t.equal(config.environments.get('development')?.databaseUrl, databaseUrl);
});

t.test('a file adds environments, tables, data sets and keys', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    `
environments:
  development:
  production:
    database_url: postgres://loader:\${SECRET}@Prod.Example/pd?sslmode=verify-full
    default_staging_bucket: production-temp
    staging_buckets: ["production-*"]
    source_buckets: []
    bucket_owners: { "production-*": "111122223333", "*": "444455556666" }
    staging_kms_key_id: alias/staging
    target_schemas: [planning, public]
    copy_engine: aws_s3
    parallelism: 4
    concurrency: 8
    max_active_loads: 32
    max_queued_loads: 0
    path_layout: collection
    min_keep_share: 0.9
  new-env: { database_url: "\${MISSING:-postgres://new/db}" }
tables:
  entity: { scope_column: dataset }
  archive.entity: { scope_column: kind }
data_sets:
  tree: { table: entity, csv: { delimiter: "|" }, commit_strategy: delete_insert, prefer: wal }
  wood: { table: entity }
  plain:
api_keys:
  - { name: airflow, sha256: ${'a'.repeat(64)}, environments: [new-env], access: write }
  - { name: page, sha256: ${'b'.repeat(64)}, access: read }
`,
  );
  const config = await loadConfig({ DATABASE_URL: CONTROL_URL, SECRET: 's3cret', COPYDOCK_CONFIG });
  t.same(config.environments.get('production'), {
    name: 'production',
    databaseUrl: 'postgres://loader:s3cret@Prod.Example/pd?sslmode=verify-full',
    databaseSecret: null,
    databaseIdentity: 'prod.example:5432/pd',
    defaultStagingBucket: 'production-temp',
    stagingBuckets: ['production-*'],
    sourceBuckets: [],
    buckets: {
      owners: [
        { pattern: 'production-*', account: '111122223333' },
        { pattern: '*', account: '444455556666' },
      ],
      stagingKmsKeyId: 'alias/staging',
    },
    role: null,
    targetSchemas: ['planning', 'public'],
    copyEngine: 'aws_s3',
    parallelism: 4,
    concurrency: 8,
    maxActiveLoads: 32,
    maxQueuedLoads: 0,
    pathLayout: 'collection',
    minKeepShare: 0.9,
    webhook: null,
  });
  t.equal(config.environments.get('new-env')?.databaseUrl, 'postgres://new/db');
  t.equal(config.environments.get('development')?.databaseUrl, CONTROL_URL);
  t.same(
    [...config.tables],
    [
      ['public.entity', { scopeColumn: 'dataset', lockTarget: false }],
      ['planning.entity', { scopeColumn: 'dataset', lockTarget: false }],
      ['archive.entity', { scopeColumn: 'kind', lockTarget: false }],
    ],
  );
  t.same(
    [...config.dataSets],
    [
      ['tree', { table: 'entity', csv: { delimiter: '|' }, commitStrategy: 'delete_insert', prefer: 'wal' }],
      ['wood', { table: 'entity', csv: {}, commitStrategy: null, prefer: 'time' }],
      ['plain', { table: null, csv: {}, commitStrategy: null, prefer: 'time' }],
    ],
  );
  t.same(config.apiKeys, [
    { name: 'airflow', sha256: 'a'.repeat(64), environments: ['new-env'], access: 'write' },
    { name: 'page', sha256: 'b'.repeat(64), environments: null, access: 'read' },
  ]);
});

t.test('a database_url that expands to nothing leaves the environment without a database', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    'environments: { development: { database_url: "${MISSING:-}" } }',
  );
  const config = await loadConfig({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG });
  t.equal(config.environments.get('development')?.databaseUrl, null);
});

t.test('an empty file changes nothing', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(t, '# nothing yet\n');
  t.equal((await loadConfig({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG })).environments.size, 4);
});

t.test('the file can refer to a database that an override names', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    'environments: { new-env: { database_url: "${DATABASE_URL}" } }',
  );
  const config = await loadConfig({ COPYDOCK_CONFIG }, { databaseUrl: CONTROL_URL });
  t.equal(config.environments.get('new-env')?.databaseUrl, CONTROL_URL);
});

t.test('commands say what they need', async (t) => {
  t.same(await problemsOf({}), [
    'DATABASE_URL: it is missing; set it to the URL of the control database, postgres://...',
  ]);
  t.same(await problemsOf({ DATABASE_URL: CONTROL_URL }, { queueUrl: true }), [
    'QUEUE_URL: it is missing; set it to redis://... or to a postgres:// URL.',
  ]);
  t.same(await problemsOf({ DATABASE_URL: CONTROL_URL, QUEUE_URL }, { queueUrl: true }), []);
});

t.test('without keys a command that listens does so on loopback only', async (t) => {
  const env = { DATABASE_URL: CONTROL_URL, HOST: '0.0.0.0' };
  t.match(await problemsOf(env, { apiKeys: true }), [
    /^HOST: without api_keys .* not on 0\.0\.0\.0; configure api_keys/,
  ]);
  t.same(await problemsOf(env), [], 'a worker does not listen');
  for (const HOST of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) {
    t.same(await problemsOf({ ...env, HOST }, { apiKeys: true }), [], HOST);
  }
  const key = `{ name: a, sha256: ${'a'.repeat(64)}, access: read }`;
  const COPYDOCK_CONFIG = await writeConfig(t, `api_keys: [${key}]`);
  t.same(await problemsOf({ ...env, COPYDOCK_CONFIG }, { apiKeys: true }), []);
});

t.test('PGSSLMODE and PGSSLROOTCERT complete what URLs leave out', async (t) => {
  const COPYDOCK_CONFIG = await writeConfig(
    t,
    `environments:
  production: { database_url: "postgres://u@h/own?sslmode=disable" }
  staging: { database_secret_id: /db, database_parameters: "options=-c x=1" }
`,
  );
  const variables = { COPYDOCK_CONFIG, DATABASE_URL: CONTROL_URL, QUEUE_URL: 'redis://cache' };
  const plain = await loadConfig(variables);
  t.equal(plain.databaseUrl, CONTROL_URL);
  const authority = fileURLToPath(import.meta.url);
  const parametersOf = (config: Config, env: string) =>
    config.environments.get(env)?.databaseSecret?.parameters;
  t.equal(parametersOf(plain, 'staging'), 'options=-c+x%3D1&sslmode=verify-full');
  t.same(await problemsOf({ ...variables, PGSSLMODE: 'verify-full', PGSSLROOTCERT: authority }), [
    `DATABASE_URL: sslrootcert: the file ${authority} holds no certificate in PEM; correct the path.`,
  ]);
  const config = await loadConfig({ ...variables, PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'system' });
  t.equal(config.databaseUrl, `${CONTROL_URL}?sslmode=verify-full&sslrootcert=system`);
  t.equal(config.queueUrl, 'redis://cache');
  t.equal(config.environments.get('development')?.databaseUrl, config.databaseUrl);
  t.equal(config.environments.get('production')?.databaseUrl, 'postgres://u@h/own?sslmode=disable');
  t.equal(parametersOf(config, 'staging'), 'options=-c+x%3D1&sslmode=verify-full&sslrootcert=system');
  const verified = await loadConfig({ ...variables, PGSSLROOTCERT: 'system' });
  t.match(connectTo(verified.databaseUrl).ssl, { rejectUnauthorized: true }, 'system alone is verify-full');
  t.equal(verified.environments.get('production')?.databaseUrl, 'postgres://u@h/own?sslmode=disable');
  const withoutTls = await loadConfig({ ...variables, PGSSLMODE: 'disable', PGSSLROOTCERT: authority });
  t.equal(withoutTls.databaseUrl, `${CONTROL_URL}?sslmode=disable`);
});

t.test(
  'a role belongs to its environment; a secret of one name is another one in each account',
  async (t) => {
    const arn = (account: string) => `arn:aws:iam::${account}:role/copydock`;
    const secret = (role_arn: string, id = '/db') => ({ database_secret_id: id, role_arn });
    const environments = {
      production: { ...secret(arn('111122223333')), external_id: 'id', session_name: 'loads' },
      staging: secret(arn('444455556666')),
      late: secret(arn('444455556666'), 'arn:aws:secretsmanager:eu-west-2:111122223333:secret:db'),
    };
    const COPYDOCK_CONFIG = await writeConfig(t, JSON.stringify({ environments }));
    const config = await loadConfig({ DATABASE_URL: CONTROL_URL, COPYDOCK_CONFIG });
    t.match(config.environments.get('production'), {
      role: { arn: arn('111122223333'), externalId: 'id', sessionName: 'loads' },
      databaseIdentity: '/db in account 111122223333',
    });
    t.match(config.environments.get('staging'), {
      role: { externalId: null, sessionName: 'copydock-staging' },
      databaseIdentity: '/db in account 444455556666',
    });
    t.equal(config.environments.get('late')?.databaseIdentity, environments.late.database_secret_id);
  },
);

t.test('traces go nowhere unless an endpoint is named', async (t) => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318/';
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'http://traces/in';
  for (const [variables, url] of [
    [{}, null],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT }, 'http://collector:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT }, 'http://traces/in'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'true' }, null],
  ] as const) {
    t.equal((await loadConfig({ DATABASE_URL: CONTROL_URL, ...variables })).tracesUrl, url);
  }
});
