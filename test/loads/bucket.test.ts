import t from 'tap';
import type { EnvironmentConfig } from '../../src/config/types.js';
import {
  bucketLogLines,
  checkSourceBucket,
  checkStagingBucket,
  chooseBucket,
} from '../../src/loads/bucket.js';

const KNOWN = ['development', 'local', 'new-env', 'production', 'staging'];

function environment(name: string, changes: Partial<EnvironmentConfig> = {}): EnvironmentConfig {
  return {
    name,
    databaseUrl: null,
    databaseSecret: null,
    databaseIdentity: 'localhost:5432/test',
    defaultStagingBucket: null,
    stagingBuckets: null,
    sourceBuckets: null,
    buckets: { owners: [], stagingKmsKeyId: null },
    role: null,
    targetSchemas: ['public'],
    copyEngine: 'stream',
    parallelism: 2,
    concurrency: 2,
    maxActiveLoads: 16,
    maxQueuedLoads: 1_000,
    pathLayout: 'as_given',
    minKeepShare: 0.5,
    webhook: null,
    ...changes,
  };
}

/** In the environment `staging`: which bucket is taken, why, and which one lost. */
const TABLE = [
  // precedence, request, variable, configured default, bucket, source, overridden
  ['argument', undefined, null, null, 'staging-pyspark-jobs-codepackage', 'built_in_default', null],
  ['argument', undefined, null, 'staging-default', 'staging-default', 'environment_default', null],
  ['argument', undefined, 'staging-variable', null, 'staging-variable', 'environment_variable', null],
  [
    'argument',
    undefined,
    'staging-variable',
    'staging-default',
    'staging-variable',
    'environment_variable',
    null,
  ],
  ['argument', 'staging-request', null, null, 'staging-request', 'request', null],
  ['argument', 'staging-request', null, 'staging-default', 'staging-request', 'request', null],
  ['argument', 'staging-request', 'staging-variable', null, 'staging-request', 'request', 'staging-variable'],
  [
    'argument',
    'staging-request',
    'staging-variable',
    'staging-default',
    'staging-request',
    'request',
    'staging-variable',
  ],
  ['argument', 'staging-same', 'staging-same', null, 'staging-same', 'request', null],
  ['argument', 'staging-same', 'staging-same', 'staging-default', 'staging-same', 'request', null],
  ['environment', undefined, null, null, 'staging-pyspark-jobs-codepackage', 'built_in_default', null],
  ['environment', undefined, null, 'staging-default', 'staging-default', 'environment_default', null],
  ['environment', undefined, 'staging-variable', null, 'staging-variable', 'environment_variable', null],
  [
    'environment',
    undefined,
    'staging-variable',
    'staging-default',
    'staging-variable',
    'environment_variable',
    null,
  ],
  ['environment', 'staging-request', null, null, 'staging-request', 'request', null],
  ['environment', 'staging-request', null, 'staging-default', 'staging-request', 'request', null],
  [
    'environment',
    'staging-request',
    'staging-variable',
    null,
    'staging-variable',
    'environment_variable',
    'staging-request',
  ],
  [
    'environment',
    'staging-request',
    'staging-variable',
    'staging-default',
    'staging-variable',
    'environment_variable',
    'staging-request',
  ],
  ['environment', 'staging-same', 'staging-same', null, 'staging-same', 'environment_variable', null],
  [
    'environment',
    'staging-same',
    'staging-same',
    'staging-default',
    'staging-same',
    'environment_variable',
    null,
  ],
] as const;

/** Allow-lists and whether they let the bucket of a row pass: `none` always does, since every name is staging's own. */
const LISTS = [
  { name: 'no list', list: () => null, allowed: true },
  { name: 'a list that names it', list: (bucket: string) => ['elsewhere-*', bucket], allowed: true },
  { name: 'a pattern that covers it', list: () => ['staging-*'], allowed: true },
  { name: 'a list without it', list: () => ['elsewhere-*'], allowed: false },
  { name: 'an empty list', list: () => [], allowed: false },
] as const;

const FIELDS = {
  request: 's3_bucket',
  environment_variable: 'PYSPARK_TEMP_S3_BUCKET',
  environment_default: 'default_staging_bucket',
  built_in_default: 's3_bucket',
};

for (const [precedence, requestBucket, variableBucket, configured, bucket, source, overridden] of TABLE) {
  const given = `request ${requestBucket ?? '-'}, variable ${variableBucket ?? '-'}, default ${configured ?? '-'}`;
  for (const { name, list, allowed } of LISTS) {
    t.test(`${precedence}, ${given}, ${name}: ${source} ${bucket}`, async (t) => {
      const stagingBuckets = list(bucket);
      const env = environment('staging', {
        defaultStagingBucket: configured,
        stagingBuckets: stagingBuckets && [...stagingBuckets],
      });
      const decision = chooseBucket({ requestBucket, env, rule: { variableBucket, precedence } });
      t.match(decision, { bucket, source, overridden, requested: requestBucket ?? null });
      if (allowed) {
        t.doesNotThrow(() => checkStagingBucket(decision, env, KNOWN));
      } else {
        const expected = { code: 'staging_bucket_not_allowed', report: { field: FIELDS[source] } };
        t.throws(() => checkStagingBucket(decision, env, KNOWN), expected);
      }
    });
  }
}

t.test('an empty request or variable counts as none', async (t) => {
  const rule = { variableBucket: '', precedence: 'environment' as const };
  const decision = chooseBucket({ requestBucket: '', env: environment('production'), rule });
  t.same(decision, {
    bucket: 'production-pyspark-jobs-codepackage',
    source: 'built_in_default',
    overridden: null,
    requested: null,
  });
});

t.test('development and local share the built-in default', async (t) => {
  const rule = { variableBucket: null, precedence: 'argument' as const };
  for (const name of ['development', 'local']) {
    const { bucket } = chooseBucket({ requestBucket: undefined, env: environment(name), rule });
    t.equal(bucket, 'development-pyspark-jobs-codepackage');
  }
  const { bucket } = chooseBucket({ requestBucket: undefined, env: environment('new-env'), rule });
  t.equal(bucket, 'new-env-pyspark-jobs-codepackage');
});

/** Whose bucket is it? Environment, bucket, allowed without a list. */
const OWNERS = [
  ['production', 'production-data', true],
  ['production', 'production', true],
  ['production', 'my-own-bucket', true],
  ['production', 'developments', true],
  ['production', 'my-development-bucket', true],
  ['production', 'development-data', false],
  ['production', 'development.data', false],
  ['production', 'development', false],
  ['production', 'staging-data', false],
  ['production', 'local-data', false],
  ['production', 'new-env-data', false],
  ['production', 'new-data', true],
  ['staging', 'development-data', false],
  ['development', 'development-data', true],
  ['development', 'local-data', true],
  ['development', 'production-data', false],
  ['development', 'my-staging-bucket', true],
  ['local', 'development-data', true],
  ['local', 'local-data', true],
  ['local', 'staging-data', false],
  ['new-env', 'new-env-pyspark-jobs-codepackage', true],
] as const;

for (const [name, bucket, allowed] of OWNERS) {
  t.test(`${bucket} is ${allowed ? 'free to' : 'refused in'} ${name}`, async (t) => {
    const decision = { bucket, source: 'request' as const, overridden: null, requested: bucket };
    const check = () => checkStagingBucket(decision, environment(name), KNOWN);
    if (allowed) t.doesNotThrow(check);
    else t.throws(check, { code: 'staging_bucket_not_allowed', status: 422, report: { field: 's3_bucket' } });
    const warning = checkSourceBucket(bucket, environment(name), KNOWN);
    t.equal(warning === null, allowed, 'as a source it is only warned of');
  });
}

t.test('a bucket belongs to the environment with the longest name that it begins with', async (t) => {
  const known = [...KNOWN, 'production-eu'];
  const decision = {
    bucket: 'production-eu-data',
    source: 'request' as const,
    overridden: null,
    requested: null,
  };
  t.doesNotThrow(() => checkStagingBucket(decision, environment('production-eu'), known));
  t.throws(
    () => checkStagingBucket(decision, environment('production'), known),
    /environment production-eu /,
  );
});

t.test('a refusal says what to correct, wherever the bucket came from', async (t) => {
  const env = environment('production', { defaultStagingBucket: 'development-x' });
  const bucket = 'development-pyspark-jobs-codepackage';
  const check = (source: 'request' | 'environment_variable' | 'environment_default') => () =>
    checkStagingBucket({ bucket, source, overridden: null, requested: null }, env, KNOWN);
  t.throws(check('request'), {
    message:
      "s3_bucket 'development-pyspark-jobs-codepackage' carries the name of the environment development and can't be used in production. " +
      'Correct the Airflow Variable s3_pyspark_jobs_codepackage, which usually fills s3_bucket; to allow it, configure ' +
      'environments.production.staging_buckets: ["development-pyspark-jobs-codepackage"]',
  });
  t.throws(
    check('environment_variable'),
    /^PYSPARK_TEMP_S3_BUCKET 'dev.*Unset or correct PYSPARK_TEMP_S3_BUCKET/,
  );
  t.throws(
    check('environment_default'),
    /^default_staging_bucket 'dev.*environments\.production\.default_staging_bucket/,
  );
});

t.test('the line that allows a bucket keeps what the list has', async (t) => {
  const env = environment('production', { stagingBuckets: ['production-*'] });
  const decision = { bucket: 'shared', source: 'request' as const, overridden: null, requested: 'shared' };
  t.throws(
    () => checkStagingBucket(decision, env, KNOWN),
    /matches none of environments\.production\.staging_buckets.*staging_buckets: \["production-\*","shared"\]$/,
  );
});

t.test('a listed source bucket may carry any name, an unlisted one none', async (t) => {
  const env = environment('production', { sourceBuckets: ['development-exports'] });
  t.equal(checkSourceBucket('development-exports', env, KNOWN), null);
  t.throws(() => checkSourceBucket('production-data', env, KNOWN), {
    code: 'source_bucket_not_allowed',
    report: { field: 'path' },
    message: /source_buckets: \["development-exports","production-data"\]/,
  });
});

t.test('a name that S3 does not allow is refused before anything else', async (t) => {
  for (const bucket of [
    'Production-data',
    'a',
    's3://production-data',
    'production_data',
    '10.0.0.1',
    'a..b',
    '-ab',
  ]) {
    const decision = { bucket, source: 'request' as const, overridden: null, requested: bucket };
    const env = environment('production', { stagingBuckets: ['*'] });
    t.throws(
      () => checkStagingBucket(decision, env, KNOWN),
      { code: 'invalid_request', report: { field: 's3_bucket' } },
      bucket,
    );
  }
});

t.test('the accepting process writes the lines that operators search for', async (t) => {
  const chosen = 'Main: Using S3 bucket for COPY protocol staging: b-1';
  const decision = { bucket: 'b-1', overridden: null };
  t.same(bucketLogLines({ ...decision, source: 'request', requested: 'b-1' }), [
    'Main: Using S3 bucket from Airflow arguments: b-1',
    chosen,
  ]);
  for (const source of ['environment_variable', 'environment_default', 'built_in_default'] as const) {
    t.same(bucketLogLines({ ...decision, source, requested: null }), [
      'Main: No S3 bucket specified in arguments, will use default',
      chosen,
    ]);
  }
  t.same(bucketLogLines({ ...decision, source: 'environment_variable', requested: 'b-2' }), [chosen]);
});
