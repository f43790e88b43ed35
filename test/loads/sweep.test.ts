import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import type { Wake } from '../../src/loads/store.js';
import { startSweep, sweepIntervalMs } from '../../src/loads/sweep.js';
import { acceptedLoad, createControlDatabase } from '../postgres/control-database/control-database.js';

const { pool, store } = await createControlDatabase(t);
const silent = pino({ level: 'silent' });
const FAR_MS = 3_600_000;

/** A queue that tells of each wake-up, and is down where a test says so. */
function recordingQueue() {
  const wakes: Wake[] = [];
  let onWake = () => {};
  return {
    wakes,
    isDown: false,
    async wake(wake: Wake) {
      if (this.isDown) throw new Error('the queue is down');
      wakes.push(wake);
      onWake();
    },
    async until(count: number) {
      while (wakes.length < count) {
        await new Promise<void>((resolve) => {
          onWake = resolve;
        });
      }
    },
  };
}

t.beforeEach(() => pool.query('DELETE FROM copydock.loads'));

t.test('sweeps at once, and again after each interval', async (t) => {
  const queue = recordingQueue();
  const { load } = await store.accept(acceptedLoad());
  const sweep = startSweep({ store, queue, intervalMs: 20, retentionDays: 30, logger: silent });
  t.teardown(() => sweep.stop());
  await queue.until(1);
  const later = await store.accept(acceptedLoad());
  await queue.until(2);
  t.same(
    queue.wakes.map(({ id }) => id),
    [load.id, later.load.id],
  );
});

t.test('runOnce answers how many loads the queue took, and how many it did not', async (t) => {
  const queue = recordingQueue();
  const sweep = startSweep({ store, queue, intervalMs: FAR_MS, retentionDays: 30, logger: silent });
  await sweep.stop();
  await store.accept(acceptedLoad());
  await store.accept(acceptedLoad());
  t.same(await sweep.runOnce(), { sent: 2, failed: 0, expired: 0 });
  t.same(await sweep.runOnce(), { sent: 0, failed: 0, expired: 0 });
  await pool.query('UPDATE copydock.loads SET wake_at = now()');
  queue.isDown = true;
  t.same(await sweep.runOnce(), { sent: 0, failed: 2, expired: 0 });
});

t.test('a queue that is down is logged, and the loads are handed out later', async (t) => {
  const queue = recordingQueue();
  const log = new PassThrough();
  queue.isDown = true;
  const { load } = await store.accept(acceptedLoad());
  const sweep = startSweep({
    store,
    queue,
    intervalMs: 20,
    retentionDays: 30,
    logger: pino({ level: 'warn' }, log),
  });
  t.teardown(() => sweep.stop());
  const [line] = await once(log, 'data');
  t.match(String(line), /wake-ups not sent/);
  queue.isDown = false;
  await pool.query('UPDATE copydock.loads SET wake_at = now()');
  await queue.until(1);
  t.same(queue.wakes, [{ id: load.id, env: 'development', wakeNumber: 1 }]);
});

t.test('a control database that is away does not end the sweep', async (t) => {
  const queue = recordingQueue();
  const log = new PassThrough();
  let isAway = true;
  const flaky = {
    sweep: () => (isAway ? Promise.reject(new Error('away')) : store.sweep()),
    expire: async () => 0,
  };
  await store.accept(acceptedLoad());
  const sweep = startSweep({
    store: flaky,
    queue,
    intervalMs: 20,
    retentionDays: 30,
    logger: pino({ level: 'warn' }, log),
  });
  t.teardown(() => sweep.stop());
  const [line] = await once(log, 'data');
  t.match(String(line), /sweep failed/);
  isAway = false;
  await queue.until(1);
  t.equal(queue.wakes.length, 1);
});

t.test('stop waits for the sweep under way, and none follows', async (t) => {
  let sweeps = 0;
  let finish = () => {};
  const slow = {
    sweep: async () => {
      sweeps += 1;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return [];
    },
    expire: async () => 0,
  };
  const sweep = startSweep({
    store: slow,
    queue: recordingQueue(),
    intervalMs: 1,
    retentionDays: 30,
    logger: silent,
  });
  let isStopped = false;
  const stopped = sweep.stop().then(() => {
    isStopped = true;
  });
  await store.isReady();
  t.equal(isStopped, false);
  finish();
  await stopped;
  t.equal(sweeps, 1);
});

t.test('loads that were kept for long enough are deleted', async (t) => {
  const sweep = startSweep({
    store,
    queue: recordingQueue(),
    intervalMs: FAR_MS,
    retentionDays: 7,
    logger: silent,
  });
  await sweep.stop();
  const [old, young] = [await store.accept(acceptedLoad()), await store.accept(acceptedLoad())];
  const end = (id: string, days: number) =>
    pool.query(
      `UPDATE copydock.loads SET status = 'failed', finished_at = now() - $2 * interval '1 day' WHERE id = $1`,
      [id, days],
    );
  await end(old.load.id, 8);
  await end(young.load.id, 6);
  t.match(await sweep.runOnce(), { expired: 1 });
  t.equal(await store.get(old.load.id), null);
  t.ok(await store.get(young.load.id));
});

t.test('a sweep comes well within a lease', async (t) => {
  t.equal(sweepIntervalMs(15_000), 5_000);
  t.equal(sweepIntervalMs(3_000), 1_000);
  t.equal(sweepIntervalMs(60_000), 5_000, 'and never later than after 5 s');
});
