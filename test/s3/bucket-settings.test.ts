import type { IncomingHttpHeaders } from 'node:http';
import t, { type Test } from 'tap';
import type { BucketSettings } from '../../src/config/types.js';
import { createS3Client } from '../../src/s3/client.js';
import { listPrefix } from '../../src/s3/list.js';
import { putStagedObject } from '../../src/s3/write.js';
import { S3Proxy } from '../faults/harness/s3-proxy.js';
import { serviceVariable } from '../services/service-variables.js';
import { startStack } from '../worker/stack.js';

const OWNER = 'x-amz-expected-bucket-owner';
const ENCRYPTION = 'x-amz-server-side-encryption';
const NEVER = new AbortController().signal;

/** Before the S3 server, and what it saw. */
async function startRecorder(t: Test) {
  const proxy = await S3Proxy.start(Number(new URL(serviceVariable('TEST_S3_ENDPOINT')).port));
  t.teardown(() => proxy.close());
  const seen: { method: string; url: string; headers: IncomingHttpHeaders }[] = [];
  proxy.watch(({ method = '', url = '', headers }) => seen.push({ method, url, headers }));
  return { proxy, endpoint: `http://127.0.0.1:${proxy.port}`, seen };
}

t.test(
  'every request of a load says whose bucket it must be, from the listing to the clean-up',
  async (t) => {
    const { endpoint, seen } = await startRecorder(t);
    const buckets = { owners: [{ pattern: '*', account: '111122223333' }], stagingKmsKeyId: null };
    const stack = await startStack(t, { s3Endpoint: endpoint, environment: { buckets } });
    await stack.sql('CREATE TABLE things (id bigint PRIMARY KEY, name text)');
    await stack.put('things.csv', 'id,name\n1,one\n2,two\n');
    const load = await stack.load({
      load_type: 'full',
      data_set: 'things',
      path: `s3://${stack.source}/things.csv`,
      commit_strategy: 'delete_insert',
    });
    t.equal(load.status, 'succeeded', JSON.stringify(load.error));
    const said = new Set(seen.map(({ method, headers }) => `${method} ${headers[OWNER]}`));
    t.same([...said].sort(), ['GET 111122223333', 'POST 111122223333', 'PUT 111122223333']);
    t.notOk(
      seen.some(({ headers }) => ENCRYPTION in headers),
      'without a key the bucket decides',
    );
  },
);

t.test('an upload names its key, and the owner by the first pattern that matches its bucket', async (t) => {
  const { endpoint, proxy, seen } = await startRecorder(t);
  // The test's S3 server has no KMS: it is what the request says that counts.
  proxy.at({ effect: 'forbidden' });
  const settings: BucketSettings = {
    owners: [
      { pattern: 'production-*', account: '111122223333' },
      { pattern: '*-shared', account: '444455556666' },
    ],
    stagingKmsKeyId: 'alias/staging',
  };
  const client = createS3Client({ endpoint, region: 'eu-west-2' }, settings);
  t.teardown(() => client.destroy());
  for (const bucket of ['production-shared', 'staging-shared', 'another']) {
    const upload = { bucket, key: 'tmp/a', body: Buffer.from('a'), signal: NEVER };
    await t.rejects(putStagedObject(client, upload), { code: 'staging_access_denied' });
  }
  await t.rejects(listPrefix(client, 'source', 'production-shared', '', NEVER).next(), {
    code: 'source_access_denied',
  });
  t.match(
    seen.map(({ headers }) => headers[OWNER]),
    ['111122223333', '444455556666', undefined, '111122223333'],
  );
  t.match(
    seen.map(({ headers }) => [headers[ENCRYPTION], headers[`${ENCRYPTION}-aws-kms-key-id`]]),
    [...Array(3).fill(['aws:kms', 'alias/staging']), [undefined, undefined]],
  );
});
