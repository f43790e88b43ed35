import { once } from 'node:events';
import type pg from 'pg';
import t, { type Test } from 'tap';
import { type ClaimedLoad, claimLoad } from '../../../src/postgres/control-database/claims.js';
import { type Lease, LoadStopped } from '../../../src/worker/lease/lease.js';
import { LeaseKeeper } from '../../../src/worker/lease/lease-keeper.js';
import {
  acceptedLoad,
  changeLoad,
  createControlDatabase,
} from '../../postgres/control-database/control-database.js';
import { waitUntil } from '../../services/processes.js';

interface Held {
  pool: pg.Pool;
  load: ClaimedLoad;
  lease: Lease;
}

async function holdLoad(t: Test, { timeoutMs = 60_000, leaseMs = 15_000 } = {}): Promise<Held> {
  const { url, pool, store } = await createControlDatabase(t);
  const keeper = new LeaseKeeper(url, leaseMs, (error) => t.fail(error.message));
  t.teardown(() => keeper.close());
  const accepted = acceptedLoad();
  await store.accept(accepted);
  await changeLoad(pool, accepted.id, `deadline_at = now() + interval '${timeoutMs} ms'`);
  const claimedAt = process.hrtime.bigint();
  const load = await claimLoad(pool, accepted.id, 'worker-1', leaseMs);
  if (load === null) throw new Error('the load was not claimed');
  t.equal(await claimLoad(pool, accepted.id, 'worker-2', leaseMs), null, 'a live lease is not stolen');
  const lease = keeper.hold(load, claimedAt);
  t.teardown(() => lease.drop());
  return { pool, load, lease };
}

async function stopReason({ signal }: Lease): Promise<unknown> {
  if (!signal.aborted) await once(signal, 'abort');
  return signal.reason instanceof LoadStopped ? signal.reason.reason : signal.reason;
}

async function secondsLeft(pool: pg.Pool, id: string): Promise<number> {
  const { rows } = await pool.query<{ left: number }>(
    'SELECT extract(epoch FROM lease_expires_at - now())::float8 AS left FROM copydock.loads WHERE id = $1',
    [id],
  );
  return rows[0]?.left ?? 0;
}

t.test('a lease is renewed while the event loop is blocked', async (t) => {
  const { pool, load, lease } = await holdLoad(t, { leaseMs: 6_000 });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
  t.ok((await secondsLeft(pool, load.id)) > 2, 'it would have 1 s left without the thread');
  lease.assertHeld();
});

t.test('a load that another worker took over is stopped', async (t) => {
  const { pool, load, lease } = await holdLoad(t);
  await changeLoad(pool, load.id, `lease_token = lease_token + 1, lease_owner = 'worker-2'`);
  t.equal(await stopReason(lease), 'lease_lost');
  t.throws(() => lease.assertHeld(), new LoadStopped('lease_lost'));
});

t.test('a cancel reaches the worker at once', async (t) => {
  const { pool, load, lease } = await holdLoad(t);
  // LISTEN is the first that it asks; a renewal may come right after.
  await waitUntil('the thread listens', 10_000, async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'
          AND application_name = 'copydock lease' AND query <> ''`,
    );
    return rowCount === 1;
  });
  const began = performance.now();
  await changeLoad(pool, load.id, 'cancel_requested = true');
  t.equal(await stopReason(lease), 'cancelled');
  t.ok(performance.now() - began < 4_000, 'before the next renewal');
});

t.test('the time limit stops the work', async (t) => {
  const { lease } = await holdLoad(t, { timeoutMs: 1_000 });
  t.equal(await stopReason(lease), 'deadline');
});

t.test('a lease that could not be renewed is over before it runs out', async (t) => {
  const { pool, load, lease } = await holdLoad(t, { leaseMs: 6_000 });
  const blocker = await pool.connect();
  await blocker.query('BEGIN');
  await blocker.query('SELECT FROM copydock.loads WHERE id = $1 FOR UPDATE', [load.id]);
  t.equal(await stopReason(lease), 'lease_lost');
  t.ok((await secondsLeft(pool, load.id)) > 0, 'nobody can have taken it yet');
  await blocker.query('ROLLBACK');
  blocker.release();
});
