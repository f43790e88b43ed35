import { Redis } from 'ioredis';
import t from 'tap';
import { createTestDatabase, withClient } from './database.js';
import { createTestRedis, startOwnRedis } from './redis.js';
import { createTestBucket, getTestObject, listTestObjects, putTestObject } from './s3.js';

t.test('a test database is UTF8, PostgreSQL 18 and gone after its test', async (t) => {
  let url = '';
  await t.test('inside', async (t) => {
    url = await createTestDatabase(t, { migrated: false });
    const { rows } = await withClient(url, (client) =>
      client.query(
        "SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding",
      ),
    );
    t.same(rows, [{ major: 18, encoding: 'UTF8' }]);
  });
  await t.rejects(
    withClient(url, (client) => client.query('SELECT 1')),
    { code: '3D000' },
  );
});

t.test('migrated test databases hold the tables of both sides and share nothing', async (t) => {
  const urls = await Promise.all([1, 2].map(() => createTestDatabase(t, { migrated: true })));
  const [first = '', second = ''] = urls;
  await withClient(first, (client) =>
    client.query("INSERT INTO copydock.workers (id, environments) VALUES ('w', '{}')"),
  );
  const { rows } = await withClient(second, (client) =>
    client.query(
      'SELECT (SELECT count(*)::int FROM copydock.workers) AS workers, (SELECT count(*)::int FROM copydock.fences) AS fences',
    ),
  );
  t.same(rows, [{ workers: 0, fences: 0 }]);
});

t.test('test Redis databases share nothing, and evict nothing', async (t) => {
  const [a = '', b = ''] = await Promise.all([createTestRedis(t), createTestRedis(t)]);
  const [first, second] = [new Redis(a), new Redis(b)];
  t.teardown(() => Promise.all([first.quit(), second.quit()]));
  await first.set('key', 'value');
  t.equal(await second.get('key'), null);
  t.same(await first.config('GET', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction']);
});

t.test('an own Redis can be killed and comes back empty on the same port', async (t) => {
  const own = await startOwnRedis(t);
  const client = new Redis(own.url);
  client.on('error', () => {});
  t.teardown(() => client.quit());
  await client.set('key', 'value');
  await own.kill();
  await own.restart();
  t.equal(await client.get('key'), null);
});

t.test('a test bucket keeps what is put into it and is gone after its test', async (t) => {
  let bucket = '';
  await t.test('inside', async (t) => {
    bucket = await createTestBucket(t);
    await putTestObject(bucket, 'folder/a', 'body');
    t.equal((await getTestObject(bucket, 'folder/a')).toString(), 'body');
    t.same(await listTestObjects(bucket, 'folder/'), ['folder/a']);
  });
  await t.rejects(listTestObjects(bucket), { name: 'NoSuchBucket' });
});
