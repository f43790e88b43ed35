import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { BullLoadQueue } from '../../src/queue/load-queue.js';
import { openLoadWorker } from '../../src/queue/load-worker.js';
import { startTcpProxy } from '../http/tcp-proxy.js';
import { createTestDatabase } from '../services/database.js';
import { waitUntil } from '../services/processes.js';
import { createTestRedis, startOwnRedis } from '../services/redis.js';

const backends: Record<string, (t: Test) => Promise<string>> = {
  redis: (t) => createTestRedis(t),
  postgres: (t) => createTestDatabase(t, { migrated: true }),
};

for (const [name, makeUrl] of Object.entries(backends)) {
  t.test(`wake-ups reach the worker of their environment, once each (${name})`, async (t) => {
    const queueUrl = await makeUrl(t);
    const inbox = openInbox(t, queueUrl, 'staging');
    const others = openInbox(t, queueUrl, 'production');
    const queue = openQueue(t, queueUrl);
    await Promise.all([inbox.ready, others.ready]);

    await queue.wake({ id: 'load-a', env: 'staging', wakeNumber: 1 });
    t.equal(await inbox.next(), 'load-a');
    await waitUntil('the id of a wake-up that is done is taken again', 10_000, async () => {
      await queue.wake({ id: 'load-a', env: 'staging', wakeNumber: 1 });
      return inbox.seen.length > 1;
    });
    t.strictSame(others.seen, [], 'another environment hears nothing');
  });

  t.test(`a wake-up that is still queued is not queued twice (${name})`, async (t) => {
    const queueUrl = await makeUrl(t);
    const queue = openQueue(t, queueUrl);
    for (const id of ['first', 'first', 'last']) await queue.wake({ id, env: 'staging', wakeNumber: 1 });
    const inbox = openInbox(t, queueUrl, 'staging');
    t.equal(await inbox.next(), 'first');
    t.equal(await inbox.next(), 'last');
    t.strictSame(inbox.seen, ['first', 'last']);
  });
}

t.test(
  'a queue that is down refuses a wake-up quickly, and takes the next one when it is back',
  async (t) => {
    const redis = await startOwnRedis(t);
    const queue = openQueue(t, redis.url);
    await queue.wake({ id: 'a', env: 'staging', wakeNumber: 1 });
    await redis.kill();
    const began = performance.now();
    await t.rejects(queue.wake({ id: 'b', env: 'staging', wakeNumber: 1 }));
    t.ok(performance.now() - began < 3_000, 'it failed fast');
    await redis.restart();
    await waitUntil('a wake-up is taken again', 20_000, () =>
      queue.wake({ id: 'c', env: 'staging', wakeNumber: 1 }).then(
        () => true,
        () => false,
      ),
    );
    const inbox = openInbox(t, redis.url, 'staging');
    while ((await inbox.next()) !== 'c');
    t.ok(inbox.seen.includes('c'));
  },
);

t.test('a queue that takes connections and says nothing is given up, too', async (t) => {
  const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const queue = openQueue(t, `redis://127.0.0.1:${port}`);
  await t.rejects(queue.wake({ id: 'a', env: 'staging', wakeNumber: 1 }), /did not answer in time/);
});

t.test(
  'a consumer whose database breaks off its first connection neither spins nor stays deaf',
  async (t) => {
    const queueUrl = await createTestDatabase(t, { migrated: true });
    let isBroken = true;
    const proxy = await startTcpProxy(t, queueUrl, () => isBroken);
    const errors: Error[] = [];
    const inbox = openInbox(t, proxy.url, 'staging', (error) => errors.push(error));
    inbox.ready.catch(() => {});
    await waitUntil('the consumer reports its trouble', 20_000, async () => errors.length > 0);
    isBroken = false;
    const queue = openQueue(t, queueUrl);
    await queue.wake({ id: 'load-a', env: 'staging', wakeNumber: 1 });
    t.equal(await inbox.next(), 'load-a');
    t.ok(errors.length < 50, `${errors.length} errors`);
  },
);

function openQueue(t: Test, queueUrl: string): BullLoadQueue {
  const queue = new BullLoadQueue(queueUrl, () => {});
  t.teardown(() => queue.close());
  return queue;
}

function openInbox(t: Test, queueUrl: string, env: string, onError: (error: Error) => void = () => {}) {
  const seen: string[] = [];
  const unread: string[] = [];
  let arrived: (() => void) | null = null;
  const worker = openLoadWorker({
    queueUrl,
    env,
    concurrency: 1,
    onWake: async (loadId) => {
      seen.push(loadId);
      unread.push(loadId);
      arrived?.();
    },
    onError,
  });
  t.teardown(() => worker.close());
  const next = async (): Promise<string> => {
    while (unread.length === 0) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
    return unread.shift() ?? '';
  };
  return { seen, next, ready: worker.isReady() };
}
