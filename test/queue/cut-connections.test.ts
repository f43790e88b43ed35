import t from 'tap';
import { openLoadWorker } from '../../src/queue/load-worker.js';
import { prepareQueue } from '../../src/queue/prepare-queue.js';
import { TcpProxy } from '../faults/harness/tcp-proxy.js';
import { createTestDatabase } from '../services/database.js';

t.test('a connection that is cut while BullMQ looks at its tables does not end the process', async (t) => {
  const url = await createTestDatabase(t, { migrated: false });
  await prepareQueue(url);
  const proxy = await TcpProxy.start(Number(new URL(url).port), 'postgres');
  t.teardown(() => proxy.close());
  const cut = proxy.atStatement({ statement: /migration/i, effect: 'cut_before' });
  const errors: Error[] = [];
  const worker = openLoadWorker({
    queueUrl: proxy.url(url),
    env: 'development',
    concurrency: 1,
    onWake: async () => {},
    onError: (error) => void errors.push(error),
  });
  t.teardown(() => worker.close());
  await cut.waitUntilFired();
  await t.rejects(worker.isReady());
});
