import { Redis } from 'ioredis';
import t from 'tap';
import { startOwnRedis } from '../services/redis.js';
import { holdLock } from './hold-lock.js';
import { startStack } from './stack.js';

t.setTimeout(180_000);

t.test('a load whose wake-up was spent on another one is woken anew while that one runs', async (t) => {
  const redis = await startOwnRedis(t);
  const stack = await startStack(t, {
    queueUrl: redis.url,
    hasWorker: false,
    environment: { concurrency: 2 },
  });
  await stack.put('a.csv', 'id\n1\n');
  const post = async (name: string) => {
    await stack.sql(`CREATE TABLE ${name} (id int PRIMARY KEY)`);
    const path = `s3://${stack.source}/a.csv`;
    return stack.post({ load_type: 'full', data_set: name, path, commit_strategy: 'delete_insert' });
  };
  const forgotten = await post('forgotten');
  await stack.sql(`UPDATE copydock.loads SET wake_at = now() + interval '1 h'`);
  const client = new Redis(redis.url);
  await client.flushall();
  await client.quit();
  const lock = await holdLock(t, stack, 'forgotten', 'SHARE');
  const woken = await post('woken');
  await stack.startWorker(t);
  await stack.waitUntil(forgotten.id, ({ waiting_for }) => waiting_for?.reason === 'target');
  t.equal((await stack.waitUntilDone(woken.id)).status, 'succeeded', 'it has the other slot');
  await lock.release();
  t.equal((await stack.waitUntilDone(forgotten.id)).status, 'succeeded');
});
