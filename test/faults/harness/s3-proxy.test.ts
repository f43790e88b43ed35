import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import { createTestBucket, getTestObject, listTestObjects, putTestObject } from '../../services/s3.js';
import { serviceVariable } from '../../services/service-variables.js';
import { S3Proxy, type S3Rule } from './s3-proxy.js';

const BODY = 'a line\n'.repeat(50_000);

async function startProxied(t: Test) {
  const bucket = await createTestBucket(t);
  const proxy = await S3Proxy.start(Number(new URL(serviceVariable('TEST_S3_ENDPOINT')).port));
  t.teardown(() => proxy.close());
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${proxy.port}`,
    region: 'eu-west-2',
    forcePathStyle: true,
    maxAttempts: 1,
  });
  t.teardown(() => client.destroy());
  const get = async (Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    return Body?.transformToString();
  };
  const put = (Key: string) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from(BODY) }));
  return { bucket, proxy, client, get, put };
}

t.test('without a rule requests pass as they are', async (t) => {
  const { bucket, client, get, put } = await startProxied(t);
  await put('a.csv');
  t.equal(await get('a.csv'), BODY);
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'a' }));
  t.strictSame(
    Contents?.map(({ Key }) => Key),
    ['a.csv'],
  );
});

const REFUSALS = [
  { effect: 'slow_down', name: 'SlowDown', status: 503 },
  { effect: 'forbidden', name: 'AccessDenied', status: 403 },
  { effect: 'not_found', name: 'NoSuchKey', status: 404 },
] as const;

t.test('it answers itself, as often as it was told', async (t) => {
  const { bucket, proxy, get } = await startProxied(t);
  await putTestObject(bucket, 'a.csv', BODY);
  for (const { effect, name, status } of REFUSALS) {
    const fault = proxy.at({ method: 'GET', url: /a\.csv/, effect, times: 1 });
    await t.rejects(get('a.csv'), { name, $metadata: { httpStatusCode: status } });
    t.equal(await get('a.csv'), BODY, 'the next one passes');
    t.equal(fault.fired, 1);
  }
});

t.test('a rule lets requests through first, and meets only its own', async (t) => {
  const { bucket, proxy, get } = await startProxied(t);
  await putTestObject(bucket, 'a.csv', BODY);
  const fault = proxy.at({ url: /a\.csv/, effect: 'reset', skip: 1 });
  proxy.at({ method: 'PUT', effect: 'reset' });
  await get('a.csv');
  await t.rejects(get('a.csv'));
  t.equal(fault.fired, 1);
});

t.test('a body is reset half-way', async (t) => {
  const { bucket, proxy, get } = await startProxied(t);
  await putTestObject(bucket, 'a.csv', BODY);
  const fault = proxy.at({ effect: 'reset_mid_body', times: 1 });
  await t.rejects(get('a.csv'));
  t.equal(fault.fired, 1);
});

/** Whether the server has the object afterwards. */
const UPLOADS: { effect: S3Rule['effect']; isStored: boolean }[] = [
  { effect: 'reset', isStored: false },
  { effect: 'reset_mid_body', isStored: false },
  { effect: 'slow_down', isStored: false },
  { effect: 'lose_answer', isStored: true },
];

t.test('an upload fails, and was stored only where the answer was lost', async (t) => {
  const { bucket, proxy, put } = await startProxied(t);
  for (const { effect, isStored } of UPLOADS) {
    const fault = proxy.at({ method: 'PUT', effect, times: 1 });
    await t.rejects(put(effect));
    t.equal(fault.fired, 1);
    t.strictSame(await listTestObjects(bucket, effect), isStored ? [effect] : [], effect);
  }
  t.equal(String(await getTestObject(bucket, 'lose_answer')), BODY);
});

t.test('a request that is held passes when it is released', async (t) => {
  const { bucket, proxy, put } = await startProxied(t);
  const fault = proxy.at({ method: 'PUT', effect: 'hold', times: 1 });
  const stored = put('a.csv');
  await fault.waitUntilFired();
  t.strictSame(await listTestObjects(bucket), []);
  fault.release();
  await stored;
  t.strictSame(await listTestObjects(bucket), ['a.csv']);
});
