import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DeleteBucketPolicyCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import { S3Proxy } from '../../faults/harness/s3-proxy.js';
import { createTestDatabase } from '../../services/database.js';
import { createTestRedis } from '../../services/redis.js';
import { createTestBucket, listTestObjects, testS3Client } from '../../services/s3.js';
import { serviceVariable } from '../../services/service-variables.js';
import { examineEnvironment, type Given } from './examined.js';

t.setTimeout(120_000);

const LIFECYCLE = join(import.meta.dirname, '../../../deploy/aws/staging-lifecycle.json');
const databaseUrl = await createTestDatabase(t, { migrated: true });
const queueUrl = await createTestRedis(t);
const examined = (t: Test, environment: Given['environment'], changes: Partial<Given> = {}) =>
  examineEnvironment(t, { databaseUrl, queueUrl, environment, ...changes });

/** Answers how to lift it, which the bucket's end wants. */
async function deny(bucket: string, action: string): Promise<() => Promise<unknown>> {
  const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const Statement = [{ Effect: 'Deny', Principal: '*', Action: [action], Resource }];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await testS3Client().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  return () => testS3Client().send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
}

t.test('a bucket that can be listed, written, read and emptied passes, and is left as it was', async (t) => {
  const bucket = await createTestBucket(t);
  const { Rules } = JSON.parse(await readFile(LIFECYCLE, 'utf8'));
  await testS3Client().send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }),
  );
  const { find, all } = await examined(t, { default_staging_bucket: bucket });
  for (const check of ['list', 'write', 'read', 'delete', 'lifecycle']) {
    t.match(find(`staging bucket ${bucket} of development`, check), { status: 'ok' }, check);
  }
  t.match(find('S3 for development', 'clock'), { status: 'ok' });
  t.strictSame(all('failed'), []);
  t.strictSame(await listTestObjects(bucket), []);
});

t.test('every right that a policy denies is found by name', async (t) => {
  for (const [action, check] of [
    ['s3:ListBucket', 'list'],
    ['s3:PutObject', 'write'],
    ['s3:GetObject', 'read'],
  ] as const) {
    const bucket = await createTestBucket(t);
    const lift = await deny(bucket, action);
    const { all, find } = await examined(t, { default_staging_bucket: bucket });
    t.equal(all('failed').length, 1, JSON.stringify(all('failed')));
    t.match(find(`staging bucket ${bucket} of development`, check), {
      status: 'failed',
      found: /AccessDenied/,
      hint: new RegExp(action),
    });
    await lift();
    t.strictSame(await listTestObjects(bucket), [], 'what was written is removed all the same');
  }
});

t.test('an object whose write S3 does not answer for is removed, or named', async (t) => {
  const bucket = await createTestBucket(t);
  const proxy = await S3Proxy.start(Number(new URL(serviceVariable('TEST_S3_ENDPOINT')).port));
  t.teardown(() => proxy.close());
  const variables = { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxy.port}` };
  const lost = proxy.at({ method: 'PUT', url: /copydock-doctor/, effect: 'lose_answer' });
  const first = await examined(t, { default_staging_bucket: bucket }, { variables });
  t.ok(lost.fired > 0);
  t.equal(first.all('failed').length, 1, JSON.stringify(first.all('failed')));
  t.notMatch(first.all('failed')[0], /may be left/);
  t.strictSame(await listTestObjects(bucket), []);

  proxy.at({ method: 'POST', url: /[?&]delete/, effect: 'forbidden' });
  const second = await examined(t, { default_staging_bucket: bucket }, { variables });
  const [left = 'nothing'] = await listTestObjects(bucket);
  t.match(second.all('failed')[0], `s3://${bucket}/${left} may be left`);
});

t.test('an object that may not be deleted is named, since it is left', async (t) => {
  const bucket = await createTestBucket(t);
  // The test server's policies do not hold for the deletion of several objects by one request.
  const proxy = await S3Proxy.start(Number(new URL(serviceVariable('TEST_S3_ENDPOINT')).port));
  t.teardown(() => proxy.close());
  proxy.at({ method: 'POST', url: /[?&]delete/, effect: 'forbidden' });
  const { all } = await examined(
    t,
    { default_staging_bucket: bucket },
    { variables: { AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${proxy.port}` } },
  );
  const [left = 'nothing'] = await listTestObjects(bucket);
  t.equal(all('failed').length, 1);
  t.match(all('failed')[0], `${bucket} of development, delete: S3 refuses`);
  t.match(all('failed')[0], `s3://${bucket}/${left} is left`);
});

t.test('every bucket that the configuration names is looked at, patterns are not', async (t) => {
  const [chosen, listed, source] = await Promise.all([1, 2, 3].map(() => createTestBucket(t)));
  const { checks } = await examined(
    t,
    {
      default_staging_bucket: chosen,
      staging_buckets: [chosen, listed, 'no-such-bucket-1', 'test-*'],
      source_buckets: [source, 'no-such-bucket-2'],
    },
    { variables: { PYSPARK_TEMP_S3_BUCKET: listed } },
  );
  const failed = checks.filter(({ status }) => status === 'failed').map(({ subject }) => subject);
  t.strictSame(failed, [
    'staging bucket no-such-bucket-1 of development',
    'source bucket no-such-bucket-2 of development',
  ]);
  const looked = new Set(checks.map(({ subject }) => subject).filter((subject) => / bucket /.test(subject)));
  t.equal(looked.size, 5);
});

t.test('a bucket that nobody named is only a warning', async (t) => {
  const { all } = await examined(t, {});
  t.strictSame(all('failed'), []);
  t.match(
    all('warning').filter((line) => line.startsWith('staging bucket')),
    [
      /^staging bucket development-pyspark-jobs-codepackage of development, list: .* -> set environments\.development\.default/,
    ],
  );
});

t.test(
  'a variable that names a bucket of another environment is found before a load is refused',
  async (t) => {
    const bucket = await createTestBucket(t);
    const { find } = await examined(
      t,
      { database_url: databaseUrl, default_staging_bucket: bucket },
      { name: 'production', variables: { PYSPARK_TEMP_S3_BUCKET: 'development-data' } },
    );
    t.match(find('staging bucket development-data of production', 'name'), {
      status: 'failed',
      found: /PYSPARK_TEMP_S3_BUCKET/,
    });
    t.match(find(`staging bucket ${bucket} of production`, 'write'), { status: 'ok' });
  },
);

t.test('a bucket that keeps what is deleted is a warning', async (t) => {
  const bucket = await createTestBucket(t);
  const subject = `staging bucket ${bucket} of development`;
  const bare = await examined(t, { default_staging_bucket: bucket });
  t.match(bare.find(subject, 'lifecycle'), { status: 'warning', hint: /staging-lifecycle\.json/ });
  await testS3Client().send(
    new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const versioned = await examined(t, { default_staging_bucket: bucket });
  t.match(versioned.find(subject, 'lifecycle'), {
    status: 'warning',
    found: /versions of deleted objects stay/,
  });
  t.teardown(await deny(bucket, 's3:GetBucketVersioning'));
  const unknown = await examined(t, { default_staging_bucket: bucket });
  t.match(unknown.find(subject, 'lifecycle'), { status: 'skipped', hint: /doctor-policy\.json/ });
});
