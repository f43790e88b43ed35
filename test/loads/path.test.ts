import t from 'tap';
import { isBucketName, layOutPath, parseSourcePath } from '../../src/loads/path.js';

const VALID = [
  ['s3://my-bucket/data/entity.csv', 'my-bucket', 'data/entity.csv'],
  ['s3a://my-bucket/data/', 'my-bucket', 'data/'],
  ['s3://my.bucket', 'my.bucket', ''],
  ['s3://my-bucket/', 'my-bucket', ''],
  ['s3://my-bucket/a/*.csv', 'my-bucket', 'a/*.csv'],
  ['s3://my-bucket/a b/ü?x=1#2.csv', 'my-bucket', 'a b/ü?x=1#2.csv'],
  ['s3://my-bucket//data', 'my-bucket', '/data'],
] as const;

for (const [path, bucket, key] of VALID) {
  t.test(`${path} is taken apart`, async (t) => {
    t.same(parseSourcePath(path), { bucket, key });
  });
}

const INVALID = [
  ['my-bucket/data', /must begin with s3:\/\//],
  ['https://my-bucket.example/data', /must begin with s3:\/\//],
  ['S3://my-bucket/data', /must begin with s3:\/\//],
  ['s3n://my-bucket/data', /must begin with s3:\/\//],
  ['/data/entity.csv', /must begin with s3:\/\//],
  ['s3://', /names the bucket ''/],
  ['s3:///data', /names the bucket ''/],
  ['s3://My_Bucket/data', /names the bucket 'My_Bucket'/],
  ['s3://my-bucket/a\nb', /line break/],
  ['s3://my-bucket/a\0b', /NUL/],
  [`s3://my-bucket/${'é'.repeat(513)}`, /more than 1024 bytes/],
] as const;

for (const [path, message] of INVALID) {
  t.test(`${JSON.stringify(path.slice(0, 40))} is refused`, async (t) => {
    t.throws(() => parseSourcePath(path), {
      code: 'invalid_request',
      status: 400,
      message,
      report: { field: 'path' },
    });
  });
}

t.test('bucket names follow the rules of S3', async (t) => {
  for (const name of ['abc', '1-a', 'a.b.c', 'x'.repeat(63)]) t.ok(isBucketName(name), name);
  const wrong = [
    '',
    'ab',
    'x'.repeat(64),
    'Abc',
    'a_b',
    '-abc',
    'abc-',
    'a..b',
    '192.168.0.1',
    'ab/c',
    'abc\n',
  ];
  for (const name of wrong) t.notOk(isBucketName(name), JSON.stringify(name));
});

t.test('a path is taken as given unless the environment lays data out by collection', async (t) => {
  t.equal(layOutPath('s3://b/data/', 'as_given', 'entity', 'sample'), 's3://b/data/');
  const full = 's3://b/data/tree-collection/transformed/tree/*.csv';
  t.equal(layOutPath('s3://b/data/', 'collection', 'tree', 'full'), full);
  t.equal(layOutPath('s3://b/data', 'collection', 'tree', 'delta'), full);
  t.equal(
    layOutPath('s3://b/data/', 'collection', 'tree', 'sample'),
    's3://b/data/tree-collection/transformed/sample-tree/*.csv',
  );
});
