import t from 'tap';
import { listSource } from '../../src/s3/list.js';
import { deleteStagingPrefix } from '../../src/s3/write.js';
import { createTestBucket, listTestObjects, putTestObject, testS3Client } from '../services/s3.js';

const NEVER = new AbortController().signal;

t.test('a path names an object, a prefix or a glob, and never its neighbours', async (t) => {
  const bucket = await createTestBucket(t);
  const keys = [
    'data/a.csv',
    'data/b.csv',
    'data/_SUCCESS',
    'data/.hidden.crc',
    'data/_temporary/part.csv',
    'data/year=2024/c.csv',
    'data-old/d.csv',
    'one.csv',
    'one.csv.bak',
  ];
  for (const key of keys) await putTestObject(bucket, key, 'x');
  const names = async (key: string) =>
    (await listSource(testS3Client(), { bucket, key }, NEVER)).objects.map((object) => object.key);

  t.strictSame(await names('one.csv'), ['one.csv'], 'an object, not what begins like it');
  t.strictSame(
    await names('data'),
    ['data/a.csv', 'data/b.csv', 'data/year=2024/c.csv'],
    'a prefix without its slash',
  );
  t.strictSame(
    await names('data/'),
    ['data/a.csv', 'data/b.csv', 'data/year=2024/c.csv'],
    'a prefix with its slash',
  );
  t.strictSame(await names('data/*.csv'), ['data/a.csv', 'data/b.csv'], 'a star stays in its folder');
  t.strictSame(
    await names('data/**/*.csv'),
    ['data/a.csv', 'data/b.csv', 'data/year=2024/c.csv'],
    'two stars do not',
  );
  t.strictSame(await names('data/[ab].csv'), ['data/a.csv', 'data/b.csv']);
  t.strictSame(await names('nothing/'), []);
});

t.test('more objects than one page are listed whole', async (t) => {
  const bucket = await createTestBucket(t);
  const keys = Array.from({ length: 1_005 }, (_, n) => `many/${String(n).padStart(5, '0')}.csv`);
  for (let from = 0; from < keys.length; from += 50) {
    await Promise.all(keys.slice(from, from + 50).map((key) => putTestObject(bucket, key, 'x')));
  }
  const { objects } = await listSource(testS3Client(), { bucket, key: 'many/' }, NEVER);
  t.strictSame(
    objects.map(({ key }) => key),
    keys,
  );
});

t.test('only a staging prefix is deleted, and only what stands under it', async (t) => {
  const bucket = await createTestBucket(t);
  const prefix = 'tmp/postgres-copy/entity-1700000000-0123abcd/';
  const neighbours = [
    'tmp/postgres-copy-2/x',
    'tmp/postgres-copy/entity-1700000000-0123abce/part-0',
    'tmp/x',
  ];
  for (const key of [`${prefix}part-000000.csv`, ...neighbours]) await putTestObject(bucket, key, 'x');

  for (const wrong of [
    '',
    'tmp/',
    'tmp/postgres-copy/',
    'tmp/postgres-copy/entity-1700000000-0123abcd',
    'data/',
  ]) {
    await t.rejects(
      deleteStagingPrefix(testS3Client(), bucket, wrong, NEVER),
      /not a staging prefix/,
      `"${wrong}"`,
    );
  }
  t.equal(await deleteStagingPrefix(testS3Client(), bucket, prefix, NEVER), 1);
  t.strictSame((await listTestObjects(bucket)).sort(), neighbours.sort());
  t.equal(await deleteStagingPrefix(testS3Client(), bucket, prefix, NEVER), 0, 'nothing is left');
});

t.test('a bucket that is not there is named', async (t) => {
  await t.rejects(listSource(testS3Client(), { bucket: 'no-such-bucket-here', key: 'x/' }, NEVER), {
    code: 'source_bucket_not_found',
  });
});
