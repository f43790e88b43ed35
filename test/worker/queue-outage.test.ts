import t from 'tap';
import { waitUntil } from '../services/processes.js';
import { startOwnRedis } from '../services/redis.js';
import { type Stack, startStack } from './stack.js';

t.setTimeout(240_000);

type Tap = Parameters<typeof startStack>[0];

async function startOnOwnRedis(t: Tap) {
  const redis = await startOwnRedis(t);
  const stack = await startStack(t, { queueUrl: redis.url });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY)');
  await stack.put('a.csv', 'id\n1\n2\n');
  return { redis, stack };
}

const request = (stack: Stack) => ({
  load_type: 'full',
  data_set: 'thing',
  path: `s3://${stack.source}/a.csv`,
});

t.test('with Redis down a load is accepted, and loaded once Redis is back', async (t) => {
  const { redis, stack } = await startOnOwnRedis(t);
  await redis.kill();
  const began = performance.now();
  const accepted = await stack.post(request(stack));
  t.equal(accepted.http, 202);
  t.ok(performance.now() - began < 2_000, 'the answer does not wait for the queue');
  const [load] = await stack.sql('SELECT status FROM copydock.loads');
  t.strictSame(load, { status: 'queued' });
  await redis.restart();
  t.match(await stack.waitUntilDone(accepted.id), { status: 'succeeded', receipt: { loaded: 2 } });
  t.strictSame(await stack.sql('SELECT count(*)::int AS n FROM copydock.committed_loads'), [{ n: 1 }]);
});

t.test('with Redis down everything that is read is served, and a cancel works', async (t) => {
  const { redis, stack } = await startOnOwnRedis(t);
  const done = await stack.load(request(stack));
  await redis.kill();
  const { id } = await stack.post(request(stack));
  const statusOf = async (path: string) => (await fetch(`${stack.url}${path}`)).status;
  t.strictSame(
    await Promise.all(
      [
        `/v1/loads/${id}`,
        `/v1/loads/${id}/gate`,
        `/v1/loads/${id}/settled`,
        `/v1/loads/${id}/logs`,
        '/v1/loads?env=development',
        `/v1/loads/${done.id}`,
        `/v1/loads/${done.id}/gate`,
        `/v1/loads/${done.id}/settled`,
        '/readyz',
      ].map(statusOf),
    ),
    [200, 404, 404, 200, 200, 200, 200, 200, 200],
  );
  t.match(await stack.get('/v1/loads'), { items: [{ id }, { id: done.id }] });
  t.match(await stack.tell(id, 'cancel'), { http: 200, status: 'cancelled' });
  t.match(await stack.tell(id, 'retry'), { http: 202, status: 'queued' });
  await redis.restart();
  t.match(await stack.waitUntilDone(id), { status: 'succeeded', attempt: 2 });
});

t.test('loads whose wake-ups were lost with an emptied Redis are all loaded', async (t) => {
  const redis = await startOwnRedis(t);
  const stack = await startStack(t, { queueUrl: redis.url, hasWorker: false });
  await stack.sql('CREATE TABLE thing (id int PRIMARY KEY)');
  await stack.put('a.csv', 'id\n1\n2\n');
  const accepted = [];
  for (let count = 0; count < 5; count += 1) accepted.push(await stack.post(request(stack)));
  await redis.kill();
  await redis.restart();
  await stack.startWorker(t);
  for (const { id } of accepted) t.equal((await stack.waitUntilDone(id)).status, 'succeeded');
  await waitUntil('every clean-up', 120_000, async () => (await stack.litter()).objects.length === 0);
});
