import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { asRole, createTestDatabase, withClient } from '../../services/database.js';
import { startPgbouncer } from '../../services/pgbouncer.js';
import { startOwnRedis } from '../../services/redis.js';
import { createTestBucket } from '../../services/s3.js';
import { examineEnvironment } from './examined.js';

t.setTimeout(120_000);

const databaseUrl = await createTestDatabase(t, { migrated: true });
const bucket = await createTestBucket(t);
const examineQueue = (t: Test, queueUrl: string) =>
  examineEnvironment(t, {
    databaseUrl,
    queueUrl,
    environment: { default_staging_bucket: bucket },
  });

t.test('a Redis that forgets, refuses or is gone is named', async (t) => {
  const server = await startOwnRedis(t);
  const well = await examineQueue(t, server.url);
  t.match(well.find('queue', 'connection'), {
    status: 'ok',
    found: /^Redis \d+\.\d+.* takes scripts and writes$/,
  });
  t.match(well.find('queue', 'maxmemory-policy'), { status: 'ok', found: 'it is noeviction' });

  const redis = new Redis(server.url);
  t.strictSame(await redis.keys('*'), [], 'nothing is left in it');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await redis.call('ACL', 'SETUSER', 'reader', 'on', '>hush', '~*', '+@read', '+info');
  const evicting = await examineQueue(t, server.url);
  t.match(evicting.find('queue', 'maxmemory-policy'), {
    status: 'failed',
    found: /allkeys-lru/,
    hint: 'set maxmemory-policy to noeviction',
  });

  const reader = await examineQueue(t, server.url.replace('//', '//reader:hush@'));
  t.match(reader.find('queue', 'connection'), {
    status: 'failed',
    found: /NOPERM/,
    hint: /writes to bull:\*/,
  });
  const wrong = await examineQueue(t, server.url.replace('//', '//reader:guess@'));
  t.match(wrong.find('queue', 'connection'), { status: 'failed', found: /WRONGPASS/ });
  t.notMatch(JSON.stringify([reader.checks, wrong.checks]), /hush|guess/);

  redis.disconnect();
  await server.kill();
  const gone = await examineQueue(t, server.url);
  t.match(gone.find('queue', 'connection'), { status: 'failed', found: /ECONNREFUSED/, hint: /start Redis/ });
});

t.test('a queue in PostgreSQL wants its tables, their rights, and sessions', async (t) => {
  const url = await createTestDatabase(t, { migrated: true });
  const well = await examineQueue(t, asRole(url, 'test_control'));
  for (const check of ['connection', 'tables', 'sessions']) {
    t.match(well.find('queue', check), { status: 'ok' }, check);
  }
  await withClient(url, (client) =>
    client.query('REVOKE INSERT ON ALL TABLES IN SCHEMA bullmq FROM copydock_control'),
  );
  const refused = await examineQueue(t, asRole(url, 'test_control'));
  t.match(refused.find('queue', 'tables'), { status: 'failed', hint: /roles\/control\.sql/ });
  const pooled = await examineQueue(t, await startPgbouncer(t, url, 'transaction'));
  t.match(pooled.find('queue', 'sessions'), { status: 'failed', hint: /in QUEUE_URL/ });
  await withClient(url, (client) => client.query('DROP SCHEMA bullmq CASCADE'));
  const empty = await examineQueue(t, asRole(url, 'test_control'));
  t.match(empty.find('queue', 'tables'), { status: 'failed', hint: /run copydock migrate/ });
});
